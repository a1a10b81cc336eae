/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Derived times against the table of protocol 10, the inequalities on a grid, and what is refused. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../within.h"
#include <errno.h>
#include <string.h>
#include "core/timing.h"
#include "judge.h"

#define US 1000ull
#define MS 1000000ull

/* One row of the table, in milliseconds as printed there. */
struct row {
	double interval, misses, drift_percent, settle;
	double lease, g, delta, sigma, d, c, slack;
	double rounding; /* half of the last digit printed, and a little */
};

static const struct row table[] = {
	{50, 7, 10, 5, 300, 372.2, 2, 20, 185.1, 24, 92.7, 0.055},
	{50, 5, 10, 5, 200, 249.9, 2, 10.9, 135.1, 14.9, 1.8, 0.055},
	{10, 5, 0.1, 0.2, 40, 40.28, 0.5, 4.23, 24.77, 5.23, 4.71, 0.0055},
	{1, 5, 0.1, 0.2, 4, 4.21, 0.05, 0.423, 2.477, 0.523, 0.47, 0.0055},
	{0.5, 5, 0.1, 0.2, 2, 2.20, 0.025, 0.212, 1.239, 0.262, 0.24, 0.0055},
};

static struct timing given(uint64_t interval_ns, uint32_t misses, uint32_t rho_ppm,
			   uint64_t settle_ns)
{
	return (struct timing){.interval_ns = interval_ns,
			       .misses = misses,
			       .rho_ppm = rho_ppm,
			       .settle_ns = settle_ns};
}

static struct timing given_row(const struct row *r)
{
	return given((uint64_t)(r->interval * 1e6 + 0.5), (uint32_t)r->misses,
		     (uint32_t)(r->drift_percent * 1e4 + 0.5), (uint64_t)(r->settle * 1e6 + 0.5));
}

static void assert_ms(int64_t ns, double ms, double rounding)
{
	double got = (double)ns / 1e6, off = got < ms ? ms - got : got - ms;

	if (off > rounding)
		fail_msg("%.4f ms instead of %g ms", got, ms);
}

static void test_table(void **state)
{
	const struct row *r;
	struct timing t;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		r = &table[i];
		t = given_row(r);
		assert_int_equal(timing_derive(&t, &e), 0);
		assert_ms((int64_t)t.lease_ns, r->lease, r->rounding);
		/* judge_g_ns() rounds up by as much as 2 us. */
		assert_ms((int64_t)t.g_ns, r->g, r->rounding + 0.002);
		assert_ms((int64_t)t.delta_ns, r->delta, r->rounding);
		assert_ms((int64_t)t.sigma_ns, r->sigma, r->rounding);
		assert_ms((int64_t)t.d_ns, r->d, r->rounding);
		assert_ms((int64_t)t.c_ns, r->c, r->rounding);
		assert_ms((int64_t)t.s_ns, r->c, r->rounding);
		assert_ms(t.slack_ns, r->slack, r->rounding);
	}
}

/* To the nanosecond, worked out by hand: q = 11/9. */
static void test_default_exactly(void **state)
{
	struct timing t = given(50 * MS, 7, 100000, 5 * MS);
	struct err e;

	(void)state;
	assert_int_equal(timing_derive(&t, &e), 0);
	assert_int_equal(t.lease_ns, 300 * MS);
	assert_int_equal(t.g_ns, judge_g_ns(300 * MS, 100000, 5 * MS));
	/* 300 ms * 11/9 + 5.5 ms = 372.16666... ms; one microsecond and two nanoseconds of rounding. */
	assert_within(t.g_ns, 372166667, 372168669);
	assert_int_equal(t.delta_ns, 2 * MS);
	assert_int_equal(t.sigma_ns, 20 * MS);
	assert_int_equal(t.d_min_ns, 144222223);
	assert_int_equal(t.d_max_ns, 226 * MS);
	assert_int_equal(t.d_ns, 185111111);
	assert_int_equal(t.c_ns, 24 * MS);
	assert_int_equal(t.s_ns, 24 * MS);
	assert_int_equal(t.f_ns, t.g_ns);
	assert_int_equal(t.x_ns, 1000 * MS);
	assert_int_equal(t.b_ns, judge_g_ns(1000 * MS, 100000, 5 * MS));
	assert_int_equal(t.closed_ns, 5500 * US);
	assert_int_equal(t.slack_ns, 92666666);
}

/* I1 to I5 as they stand in protocol 10, in long double, so that no rounding of ours is shared. It has its own, which
 * is another one on each architecture: where both sides are equal, either may come out a hair above. */
#define HAIR_NS 1e-6L

static void assert_inequalities(const struct timing *t)
{
	long double rho = t->rho_ppm / 1e6L, q = (1 + rho) / (1 - rho), T = t->interval_ns;
	long double lease = t->lease_ns, delta = t->delta_ns, sigma = t->sigma_ns, d = t->d_ns;

	assert_true(t->g_ns + HAIR_NS >= lease * q + (1 + rho) * t->settle_ns);
	assert_true(t->x_ns >= t->lease_ns && t->b_ns >= t->g_ns);
	assert_true(t->b_ns + HAIR_NS >= t->x_ns * q + (1 + rho) * t->settle_ns);
	assert_true(lease + HAIR_NS >= 3 * T * q + 2 * delta + sigma);
	assert_true(2 * T * q + delta + sigma <= d + HAIR_NS);
	assert_true(d <= (t->members ? lease : lease - T - 2 * delta - sigma));
	assert_true(t->c_ns >= 2 * delta + sigma && t->s_ns >= 2 * delta + sigma);
	/* The last of all ranks claims within G. */
	assert_true(t->c_ns + t->s_ns * (t->members ? t->members - 1 : 1) <= t->g_ns);
	assert_true(t->f_ns <= t->g_ns);
	assert_true(t->closed_ns + HAIR_NS >= (1 + rho) * t->settle_ns);
	assert_true(t->slack_ns >= 0 && sigma > 0 && delta > 0);
}

static uint32_t assert_grid(uint32_t members)
{
	static const uint64_t intervals[] = {100 * US, 101 * US, 777 * US, 50 * MS, 9999999 * US};
	static const uint32_t drifts[] = {1, 999, 100000, 333333, 499999};
	uint32_t misses, i, j, taken = 0;
	struct timing t, before;
	struct err e;

	for (misses = 1; misses <= 255; misses++) {
		for (i = 0; i < 25; i++) {
			j = i % 5;
			t = given(intervals[i / 5], misses, drifts[j], 5 * MS);
			t.members = members;
			before = t;
			if (timing_derive(&t, &e)) {
				assert_memory_equal(&t, &before, sizeof(t));
				continue;
			}
			assert_inequalities(&t);
			taken++;
		}
	}
	return taken;
}

static void test_grid(void **state)
{
	uint32_t members;

	(void)state;
	assert_within(assert_grid(0), 5000, 255 * 25);
	for (members = 3; members <= 8; members++)
		assert_within(assert_grid(members), 5000, 255 * 25);
}

/* By hand: 3 T q = 30.06006 ms of the lease of 40 ms, delta 0.5 ms; a quorum of 8 shares G. */
static void test_quorum_exactly(void **state)
{
	struct timing t = given(10 * MS, 5, 1000, 200 * US);
	struct err e;

	(void)state;
	t.members = 3;
	assert_int_equal(timing_derive(&t, &e), 0);
	assert_int_equal(t.sigma_ns, 8939939);
	assert_int_equal(t.slack_ns, 0);
	t.members = 8;
	assert_int_equal(timing_derive(&t, &e), 0);
	/* G is 40.281 ms or so: an eighth of it is C. */
	assert_int_equal(t.c_ns, t.g_ns / 8);
	assert_true(t.slack_ns > 0);
	/* The default has room for all ranks: sigma is at its limit in every mode. */
	t = given(50 * MS, 7, 100000, 5 * MS);
	t.members = 8;
	assert_int_equal(timing_derive(&t, &e), 0);
	assert_int_equal(t.sigma_ns, 20 * MS);
	assert_int_equal(t.slack_ns, 92666666);
}

struct refusal {
	uint32_t members;
	uint64_t interval_ns;
	uint32_t misses, rho_ppm;
	uint64_t settle_ns;
	const char *text; /* how the error begins */
};

static const struct refusal refusals[] = {
	{0, 99 * US, 7, 1000, MS, "interval 0.099 ms is outside 100us to 10s"},
	{0, 10001 * MS, 7, 1000, MS, "interval 10001 ms is outside 100us to 10s"},
	{0, 100001, 7, 1000, MS, "interval is not a whole number of microseconds"},
	{0, MS, 7, 1000, 1500, "settle is not a whole number of microseconds"},
	{0, MS, 7, 1000, 0, "settle 0 ms is outside 1us to 1s"},
	{0, MS, 7, 1000, 1001 * MS, "settle 1001 ms is outside 1us to 1s"},
	{0, MS, 7, 0, MS, "drift 0% is outside 0.0001% to 49.9999% (I1:"},
	{0, MS, 7, 500000, MS, "drift 50% is outside 0.0001% to 49.9999% (I1:"},
	{0, MS, 256, 1000, MS, "misses 256 is more than 255"},
	{0, MS, 4, 1000, MS, "misses 4 breaks I4 ("},
	{0, MS, 0, 1000, MS, "misses 0 breaks I4 ("},
	/* X = T (M - 2 - 2q): with q = 2, M = 7 leaves one interval, M = 6 none. */
	{0, MS, 6, 333333, MS, "6 misses of 1 ms at a drift of 33.3333% break I4:"},
	/* Room for D, but three round trips do not fit into the lease. */
	{0, MS, 5, 110000, MS, "5 misses of 1 ms at a drift of 11% break I3 by "},
	{3, MS, 4, 1000, MS, "misses 4 breaks I3 ("},
	{3, MS, 5, 150000, MS, "5 misses of 1 ms at a drift of 15% break I3 by "},
	/* X = 290 - 284 ms is 3 delta exactly: nothing is left for sigma. A millisecond more, and I3 refuses. */
	{0, 58 * MS, 7, 420000, MS, "7 misses of 58 ms at a drift of 42% break I4:"},
	{0, 59 * MS, 7, 420000, MS, "7 misses of 59 ms at a drift of 42% break I3 by "},
	/* 288 ms is 3 T q + 2 delta exactly: again nothing is left for sigma. */
	{3, 72 * MS, 5, 136000, 5 * MS, "5 misses of 72 ms at a drift of 13.6% break I3 by "},
	{8, 50 * MS, 7, 400000, 5 * MS, "7 misses of 50 ms at a drift of 40% break I3 by "},
	/* 2,540 s / 0.64 are 3,969 s and a settle; / 0.63 are 4,032. */
	{0, 10000 * MS, 255, 370000, MS,
	 "255 misses of 10000 ms at a drift of 37%: a lease of 2.54e+06 ms is "},
};

static void test_refused(void **state)
{
	const struct refusal *r;
	struct timing t, before;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		r = &refusals[i];
		t = given(r->interval_ns, r->misses, r->rho_ppm, r->settle_ns);
		t.members = r->members;
		before = t;
		assert_int_equal(timing_derive(&t, &e), -EINVAL);
		e.text[strlen(r->text)] = '\0';
		assert_string_equal(e.text, r->text);
		assert_memory_equal(&t, &before, sizeof(t));
	}
}

static void test_limits_taken(void **state)
{
	struct timing t = given(100 * US, 5, 1, US);
	struct err e;

	(void)state;
	assert_int_equal(timing_derive(&t, &e), 0);
	t = given(10000 * MS, 255, 360000, 1000 * MS);
	assert_int_equal(timing_derive(&t, &e), 0);
	/* The wire carries the lease as 32 bits of microseconds. */
	assert_true(t.lease_ns / 1000 <= UINT32_MAX);
	/* The steepest drift of all. */
	t = given(MS, 50, 499999, MS);
	assert_int_equal(timing_derive(&t, &e), 0);
	t = given(MS, 9, 333333, MS);
	assert_int_equal(timing_derive(&t, &e), 0);
	/* A pair would need room for D as well. */
	t = given(MS, 5, 110000, MS);
	t.members = 3;
	assert_int_equal(timing_derive(&t, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_default_exactly),
		cmocka_unit_test(test_quorum_exactly), cmocka_unit_test(test_grid),
		cmocka_unit_test(test_refused),	       cmocka_unit_test(test_limits_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
