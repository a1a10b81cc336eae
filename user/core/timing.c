/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Derives every time from interval, misses, drift and settle, and refuses what breaks an inequality. */
#include "judge.h"
#include "timing.h"

#include <errno.h>

#define US 1000ull
#define MS (1000 * US)
#define S (1000 * MS)
#define MILLION 1000000ull

#define INTERVAL_MIN_NS (100 * US)
#define INTERVAL_MAX_NS (10 * S)
#define SETTLE_MAX_NS (1 * S)
#define MISSES_MIN 5
#define MISSES_MAX 255
#define RHO_MAX_PPM 500000 /* at 50 % one clock may run three times as fast as the other */
#define DELTA_MAX_NS (2 * MS)
#define SIGMA_MAX_NS (20 * MS)

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* What the formulas and the wire can carry at all. */
static int check_ranges(const struct timing *t, struct err *e)
{
	if (t->interval_ns < INTERVAL_MIN_NS || t->interval_ns > INTERVAL_MAX_NS)
		return err_set(e, -EINVAL, "interval %g ms is outside 100us to 10s",
			       ms(t->interval_ns));
	/* The wire announces times in microseconds: a fraction cut off would make a lease outlive
	 * what the peer was told. */
	if (t->interval_ns % US || t->settle_ns % US)
		return err_set(e, -EINVAL, "%s is not a whole number of microseconds",
			       t->interval_ns % US ? "interval" : "settle");
	if (t->settle_ns == 0 || t->settle_ns > SETTLE_MAX_NS)
		return err_set(e, -EINVAL, "settle %g ms is outside 1us to 1s", ms(t->settle_ns));
	if (t->rho_ppm == 0 || t->rho_ppm >= RHO_MAX_PPM)
		return err_set(e, -EINVAL,
			       "drift %g%% is outside 0.0001%% to 49.9999%% (I1: no silence "
			       "outlasts a lease on clocks that differ more)",
			       t->rho_ppm / 1e4);
	if (t->misses > MISSES_MAX)
		return err_set(e, -EINVAL, "misses %u is more than %d", t->misses, MISSES_MAX);
	/* I3 alone asks for more than 3 T q within (M - 1) T: a quorum needs 5 as well. */
	if (t->misses < MISSES_MIN)
		return err_set(e, -EINVAL,
			       "misses %u breaks %s: at least %d, with a shorter interval instead",
			       t->misses,
			       t->members ? "I3 (one loss does not end the lease)"
					  : "I4 (the peer is dropped before the lease ends, one "
					    "loss tolerated)",
			       MISSES_MIN);
	return 0;
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* `n` intervals as the slowest clock of one and the fastest of another see them, rounded up. */
static uint64_t drifted_ns(const struct timing *t, uint32_t n)
{
	uint64_t down = MILLION - t->rho_ppm;

	return (n * t->interval_ns * (MILLION + t->rho_ppm) + down - 1) / down;
}

/* I4 gives X; sigma and D are fitted into it. */
static int derive_pair(struct timing *t, struct err *e)
{
	uint64_t wide_ns = t->interval_ns * (t->misses - 2), two_tq_ns = drifted_ns(t, 2);

	if (wide_ns <= two_tq_ns + 3 * t->delta_ns)
		return err_set(e, -EINVAL,
			       "%u misses of %g ms at a drift of %g%% break I4: the lease of %g ms "
			       "leaves no room to drop a dead peer before it ends; raise misses or "
			       "lower drift",
			       t->misses, ms(t->interval_ns), t->rho_ppm / 1e4, ms(t->lease_ns));
	/* I5 asks C + S <= G of a pair; it follows, since sigma takes at most half of X < L. */
	t->sigma_ns = min_of(SIGMA_MAX_NS, (wide_ns - two_tq_ns - 3 * t->delta_ns) / 2);
	t->d_min_ns = two_tq_ns + t->delta_ns + t->sigma_ns;
	t->d_max_ns = t->lease_ns - t->interval_ns - 2 * t->delta_ns - t->sigma_ns;
	t->d_ns = t->d_min_ns + (t->d_max_ns - t->d_min_ns) / 2;
	return 0;
}

/*
 * A quorum drops nobody, so sigma is what I3 leaves, and no more than lets the last of all ranks claim
 * within G (I5, with C = S = 2 delta + sigma). No rule reads D; it lies where a pair's would.
 */
static void derive_quorum(struct timing *t)
{
	uint64_t need_ns = drifted_ns(t, 3) + 2 * t->delta_ns;

	t->sigma_ns = t->lease_ns > need_ns ? t->lease_ns - need_ns : 1;
	t->sigma_ns = min_of(t->sigma_ns, t->g_ns / t->members - 2 * t->delta_ns);
	t->sigma_ns = min_of(t->sigma_ns, SIGMA_MAX_NS);
	t->d_min_ns = drifted_ns(t, 2) + t->delta_ns + t->sigma_ns;
	t->d_max_ns = t->lease_ns;
	t->d_ns = t->d_min_ns + (t->d_max_ns - t->d_min_ns) / 2;
}

static int check_i3(struct timing *t, struct err *e)
{
	t->slack_ns =
		(int64_t)t->lease_ns - (int64_t)(drifted_ns(t, 3) + 2 * t->delta_ns + t->sigma_ns);
	if (t->slack_ns >= 0)
		return 0;
	return err_set(e, -EINVAL,
		       "%u misses of %g ms at a drift of %g%% break I3 by %g ms: one lost round "
		       "trip would end the lease of %g ms; raise misses or lower drift",
		       t->misses, ms(t->interval_ns), t->rho_ppm / 1e4, ms((uint64_t)-t->slack_ns),
		       ms(t->lease_ns));
}

int timing_derive(struct timing *t, struct err *e)
{
	struct timing r = *t;
	int err = check_ranges(t, e);

	if (err)
		return err;
	r.lease_ns = r.interval_ns * (r.misses - 1);
	r.g_ns = judge_g_ns(r.lease_ns, r.rho_ppm, r.settle_ns);
	r.closed_ns = (r.settle_ns * (MILLION + r.rho_ppm) + MILLION - 1) / MILLION;
	r.delta_ns = min_of(DELTA_MAX_NS, r.interval_ns / 20);
	if (r.members)
		derive_quorum(&r);
	else
		err = derive_pair(&r, e);
	if (!err)
		err = check_i3(&r, e);
	if (err)
		return err;
	r.c_ns = 2 * r.delta_ns + r.sigma_ns;
	r.s_ns = r.c_ns;
	r.f_ns = r.g_ns;
	r.x_ns = r.lease_ns > TIMING_X_MIN_NS ? r.lease_ns : TIMING_X_MIN_NS;
	r.b_ns = judge_g_ns(r.x_ns, r.rho_ppm, r.settle_ns);
	/* More than a frame may say: the others would take it for nonsense. */
	if (judge_hold_us(r.x_ns, r.rho_ppm, r.settle_ns) > JUDGE_HOLD_MAX_US)
		return err_set(e, -EINVAL,
			       "%u misses of %g ms at a drift of %g%%: a lease of %g ms is relied "
			       "on "
			       "for more than %u s of real time; lower interval, misses or drift",
			       r.misses, ms(r.interval_ns), r.rho_ppm / 1e4, ms(r.lease_ns),
			       JUDGE_HOLD_MAX_US / 1000000);
	*t = r;
	return 0;
}

uint64_t timing_round_trip_ns(const struct timing *t)
{
	return 2 * t->delta_ns + (uint64_t)t->slack_ns;
}
