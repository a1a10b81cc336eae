/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Derives every time from interval, misses, drift and settle, and refuses what breaks an inequality. */
#include "timing.h"
#include "judge.h"

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
#define UPGRADE_NS (1 * S) /* enough for a process to be replaced, on a loaded machine too */
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
	if (t->misses < MISSES_MIN)
		return err_set(e, -EINVAL,
			       "misses %u breaks I4 (the peer is dropped before the lease ends, "
			       "one "
			       "loss tolerated): at least %d, with a shorter interval instead",
			       t->misses, MISSES_MIN);
	return 0;
}

/* I4 gives X; delta, sigma and D are fitted into it. */
static int derive_room(struct timing *t, uint64_t two_tq_ns, struct err *e)
{
	uint64_t wide_ns = t->interval_ns * (t->misses - 2), x_ns;
	uint64_t delta_ns = t->interval_ns / 20;

	if (delta_ns > DELTA_MAX_NS)
		delta_ns = DELTA_MAX_NS;
	if (wide_ns <= two_tq_ns + 3 * delta_ns)
		return err_set(e, -EINVAL,
			       "%u misses of %g ms at a drift of %g%% break I4: the lease of %g ms "
			       "leaves no room to drop a dead peer before it ends; raise misses or "
			       "lower drift",
			       t->misses, ms(t->interval_ns), t->rho_ppm / 1e4, ms(t->lease_ns));
	x_ns = wide_ns - two_tq_ns;
	t->delta_ns = delta_ns;
	t->sigma_ns = (x_ns - 3 * delta_ns) / 2;
	if (t->sigma_ns > SIGMA_MAX_NS)
		t->sigma_ns = SIGMA_MAX_NS;
	t->d_min_ns = two_tq_ns + t->delta_ns + t->sigma_ns;
	t->d_max_ns = t->lease_ns - t->interval_ns - 2 * t->delta_ns - t->sigma_ns;
	t->d_ns = t->d_min_ns + (t->d_max_ns - t->d_min_ns) / 2;
	return 0;
}

int timing_derive(struct timing *t, struct err *e)
{
	struct timing r = *t;
	uint64_t up = MILLION + t->rho_ppm, down;
	int err = check_ranges(t, e);

	if (err)
		return err;
	down = MILLION - t->rho_ppm;
	r.lease_ns = r.interval_ns * (r.misses - 1);
	r.g_ns = judge_g_ns(r.lease_ns, r.rho_ppm, r.settle_ns);
	r.closed_ns = (r.settle_ns * up + MILLION - 1) / MILLION;
	err = derive_room(&r, (2 * r.interval_ns * up + down - 1) / down, e);
	if (err)
		return err;
	/* I5 asks C + S <= G of a pair; it follows, since sigma took at most half of X < L. */
	r.c_ns = 2 * r.delta_ns + r.sigma_ns;
	r.s_ns = r.c_ns;
	r.f_ns = r.g_ns;
	r.x_ns = r.lease_ns > UPGRADE_NS ? r.lease_ns : UPGRADE_NS;
	r.b_ns = judge_g_ns(r.x_ns, r.rho_ppm, r.settle_ns);
	r.slack_ns = (int64_t)r.lease_ns -
		     (int64_t)((3 * r.interval_ns * up + down - 1) / down + r.c_ns);
	if (r.slack_ns < 0)
		return err_set(e, -EINVAL,
			       "%u misses of %g ms at a drift of %g%% break I3 by %g ms: one lost "
			       "round trip would end the lease of %g ms; raise misses or lower "
			       "drift",
			       r.misses, ms(r.interval_ns), r.rho_ppm / 1e4,
			       ms((uint64_t)-r.slack_ns), ms(r.lease_ns));
	*t = r;
	return 0;
}
