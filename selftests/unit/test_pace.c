/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The schedule of announcements in virtual time: burst rounds, pacing, refresh, retries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../within.h"
#include "addr/announce_rule.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define START (77 * SECOND)
#define MOST_STEPS 4096

struct left {
	uint64_t at_ns; /* since START */
	enum pace_what what;
	uint64_t first;
	uint32_t frames;
};

/* What a caller that is always in time would have sent. */
struct run {
	struct pace *plan;
	uint64_t now_ns;
	uint32_t chunk;
	uint64_t load_mpps;
	struct left left[MOST_STEPS];
	unsigned int n;
};

static void run_until(struct run *r, uint64_t end_ns)
{
	while (r->now_ns < end_ns) {
		struct pace_step step = pace_next(r->plan, r->now_ns, r->chunk, r->load_mpps);

		if (step.what == PACE_IDLE) {
			assert_true(step.next_ns > r->now_ns);
			r->now_ns = step.next_ns < end_ns ? step.next_ns : end_ns;
			continue;
		}
		assert_true(step.frames > 0);
		assert_true(r->n < MOST_STEPS);
		r->left[r->n++] =
			(struct left){r->now_ns - START, step.what, step.first, step.frames};
		pace_sent(r->plan, &step, step.frames, r->now_ns, r->load_mpps);
	}
}

static struct pace plan_of(uint32_t addrs, uint32_t pps, uint64_t refresh_ns)
{
	struct pace p = {.addrs = addrs,
			 .forms = 2,
			 .burst_pps = pps,
			 .refresh_ns = refresh_ns,
			 .rounds = PACE_ROUNDS};

	pace_begin(&p, START);
	return p;
}

static struct run run_of(struct pace *p, uint32_t chunk)
{
	return (struct run){.plan = p,
			    .now_ns = START,
			    .chunk = chunk,
			    .load_mpps = pace_load_mpps(p)};
}

static void one_address_follows_p12(void **state)
{
	static const uint64_t at_ms[] = {0, 20, 100, 500, 1100, 2200};
	struct pace p = plan_of(1, 10000, 0);
	struct run r = run_of(&p, 64);
	unsigned int i;

	(void)state;
	run_until(&r, START + 60 * SECOND);
	assert_int_equal(r.n, 6);
	for (i = 0; i < 6; i++) {
		assert_int_equal(r.left[i].at_ns, at_ms[i] * MS);
		assert_int_equal(r.left[i].what, PACE_BURST);
		assert_int_equal(r.left[i].first, 0);
		assert_int_equal(r.left[i].frames, 2); /* request form and reply form */
	}
	assert_true(pace_next(&p, r.now_ns, 64, 1).next_ns == PACE_NEVER);
}

/* One advertisement says all that two forms of ARP do: half the frames, at the same rate. */
static void one_form_is_one_frame_an_address(void **state)
{
	struct pace p = plan_of(1000, 10000, 10 * SECOND);
	struct run r = run_of(&p, 64);
	uint64_t frames = 0, last_ns = 0;
	unsigned int i;

	(void)state;
	p.forms = 1;
	run_until(&r, START + 19 * MS);
	assert_int_equal(r.left[0].frames, PACE_HEAD);
	run_until(&r, START + 150 * MS);
	for (i = 0; i < r.n && r.left[i].first == frames; i++) {
		frames += r.left[i].frames;
		last_ns = r.left[i].at_ns;
	}
	assert_int_equal(frames, 1000);
	/* 744 after the head at 10,000 a second; each batch is paid for before the next. */
	assert_within(last_ns, 60 * MS, 100 * MS);
	/* A refresh is the same for both. */
	assert_true(pace_refresh_takes_ns(&p, r.load_mpps) == 10 * SECOND);
	p = plan_of(3, 10000, 0);
	p.forms = 1;
	assert_int_equal(pace_next(&p, START, 64, 1).frames, 3);
}

static void single_round_ends(void **state)
{
	struct pace p = plan_of(3, 10000, 0);
	struct run r = run_of(&p, 64);

	(void)state;
	p.rounds = 1;
	run_until(&r, START + 60 * SECOND);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.left[0].frames, 6);
}

static void no_address_says_nothing(void **state)
{
	struct pace p = plan_of(0, 10000, SECOND);

	(void)state;
	assert_true(pace_next(&p, START, 64, 1).next_ns == PACE_NEVER);
}

static void head_leaves_at_once_the_rest_is_paced(void **state)
{
	struct pace p = plan_of(1000, 10000, 0);
	struct run r = run_of(&p, 64);
	uint64_t frames = 0;
	unsigned int i;

	(void)state;
	run_until(&r, START + 210 * MS);
	assert_int_equal(r.left[0].frames, PACE_HEAD);
	assert_int_equal(r.left[0].at_ns, 0);
	for (i = 0; i < r.n && r.left[i].first == frames; i++) {
		/* Never more than the head and the rate allow. */
		assert_true(frames <= PACE_HEAD + r.left[i].at_ns / (SECOND / 10000));
		if (i > 0)
			assert_true(r.left[i].frames <= 64);
		frames += r.left[i].frames;
	}
	assert_int_equal(frames, 2000);
	/* 2,000 frames at 10,000/s: the last batch starts before 200 ms, not much sooner. */
	assert_true(r.left[i - 1].at_ns > 180 * MS);
}

static void a_long_round_makes_up_for_those_it_outlasted(void **state)
{
	/* 20,000 frames at 10,000/s: 2 s. Rounds at 20 to 1,100 ms are past by then. */
	struct pace p = plan_of(10000, 10000, 0);
	struct run r = run_of(&p, 64);
	unsigned int i, rounds = 0;
	uint64_t second_ns = 0;

	(void)state;
	run_until(&r, START + 60 * SECOND);
	for (i = 0; i < r.n; i++) {
		if (r.left[i].first != 0)
			continue;
		if (rounds++ == 1)
			second_ns = r.left[i].at_ns;
	}
	assert_int_equal(rounds, 3);
	assert_within(second_ns, 1900 * MS, 2100 * MS);
	assert_int_equal(p.round, PACE_ROUNDS);
}

static void refresh_is_spread_evenly(void **state)
{
	struct pace p = plan_of(10, 10000, 10 * SECOND);
	struct run r = run_of(&p, 64);
	unsigned int i;

	(void)state;
	run_until(&r, START + 23 * SECOND);
	/* Six rounds, then one address a second, in turn. */
	assert_int_equal(r.n, 6 + 20);
	for (i = 6; i < r.n; i++) {
		assert_int_equal(r.left[i].what, PACE_REFRESH);
		assert_int_equal(r.left[i].frames, 1);
		assert_int_equal(r.left[i].first, (i - 6) % 10);
		assert_int_equal(r.left[i].at_ns, 2200 * MS + (i - 5) * SECOND);
	}
}

static void refresh_keeps_to_1000_per_second(void **state)
{
	struct pace p = plan_of(30000, 1000000, 10 * SECOND);
	struct run r = run_of(&p, 50000);
	uint64_t frames = 0;
	unsigned int i;

	(void)state;
	run_until(&r, START + 10 * SECOND);
	for (i = 0; i < r.n; i++)
		if (r.left[i].what == PACE_REFRESH)
			frames += r.left[i].frames;
	assert_within(frames, 7700, 7820); /* 7.8 s of refresh */
	assert_true(pace_refresh_takes_ns(&p, r.load_mpps) == 30 * SECOND);
}

static void plans_share_the_rate_by_what_they_want(void **state)
{
	struct pace big = plan_of(3000, 10000, 2 * SECOND), small = plan_of(5, 10000, SECOND / 100);
	uint64_t load_mpps = pace_load_mpps(&big) + pace_load_mpps(&small);

	(void)state;
	/* 1,500 and 500 frames a second are wanted: both get half. */
	assert_true(load_mpps == 2000 * 1000);
	assert_true(pace_refresh_takes_ns(&big, load_mpps) == 4 * SECOND);
	assert_true(pace_refresh_takes_ns(&small, load_mpps) == SECOND / 50);
	/* Where the rate is enough nobody is slowed down. */
	assert_true(pace_refresh_takes_ns(&small, pace_load_mpps(&small)) == SECOND / 100);
}

static void what_did_not_leave_is_planned_again(void **state)
{
	struct pace p = plan_of(4, 10000, 0);
	struct pace_step step = pace_next(&p, START, 64, 1);

	(void)state;
	assert_int_equal(step.frames, 8);
	pace_sent(&p, &step, 3, START, 1);
	assert_true(pace_next(&p, START, 64, 1).next_ns == START + PACE_RETRY_NS);
	step = pace_next(&p, START + PACE_RETRY_NS, 64, 1);
	assert_int_equal(step.first, 3);
	assert_int_equal(step.frames, 5);
	pace_sent(&p, &step, 5, START + PACE_RETRY_NS, 1);
	assert_int_equal(p.round, 1);
}

static void refresh_that_did_not_leave_is_planned_again(void **state)
{
	struct pace p = plan_of(2, 10000, 2 * SECOND);
	struct run r = run_of(&p, 64);
	struct pace_step step;

	(void)state;
	run_until(&r, START + 3200 * MS);
	step = pace_next(&p, r.now_ns, 64, 1);
	assert_int_equal(step.what, PACE_REFRESH);
	assert_int_equal(step.first, 0);
	pace_sent(&p, &step, 0, r.now_ns, 1);
	assert_true(pace_next(&p, r.now_ns, 64, 1).next_ns == r.now_ns + PACE_RETRY_NS);
	assert_int_equal(pace_next(&p, r.now_ns + PACE_RETRY_NS, 64, 1).first, 0);
}

static void claims_bring_one_burst_a_second(void **state)
{
	struct pace p = plan_of(1, 10000, 10 * SECOND);
	struct run r = run_of(&p, 64);

	(void)state;
	run_until(&r, START + 900 * MS);
	assert_false(pace_again(&p, START + 900 * MS));
	assert_true(pace_again(&p, START + PACE_AGAIN_NS));
	assert_false(pace_again(&p, START + PACE_AGAIN_NS + 1));
	assert_int_equal(pace_next(&p, START + PACE_AGAIN_NS, 64, 1).what, PACE_BURST);
}

static void claims_do_not_starve_a_long_round(void **state)
{
	struct pace p = plan_of(30000, 10000, 0);
	struct run r = run_of(&p, 64);

	(void)state;
	run_until(&r, START + 2 * SECOND);
	assert_false(pace_again(&p, r.now_ns));
	run_until(&r, START + 7 * SECOND);
	assert_true(pace_again(&p, r.now_ns));
}

/* In the middle of a round: from its first frame on. */
static void a_burst_begins_from_the_start(void **state)
{
	struct pace p = plan_of(10000, 10000, 0);
	struct run r = run_of(&p, 64);
	struct pace_step step;

	(void)state;
	run_until(&r, START + 2500 * MS);
	assert_true(p.round > 0 && p.done > 0);
	assert_true(pace_again(&p, r.now_ns));
	step = pace_next(&p, r.now_ns, 64, 1);
	assert_int_equal(step.what, PACE_BURST);
	assert_int_equal(step.first, 0);
	assert_int_equal(step.frames, PACE_HEAD);
}

/* Nobody configures it, and nobody divides by it. */
static void no_rate_is_one_a_second(void **state)
{
	struct pace p = plan_of(1000, 0, 0);
	struct pace_step step = pace_next(&p, START, 64, 1);

	(void)state;
	pace_sent(&p, &step, step.frames, START, 1);
	assert_true(p.due_ns == START + step.frames * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_follows_p12),
		cmocka_unit_test(one_form_is_one_frame_an_address),
		cmocka_unit_test(single_round_ends),
		cmocka_unit_test(no_address_says_nothing),
		cmocka_unit_test(head_leaves_at_once_the_rest_is_paced),
		cmocka_unit_test(a_long_round_makes_up_for_those_it_outlasted),
		cmocka_unit_test(refresh_is_spread_evenly),
		cmocka_unit_test(refresh_keeps_to_1000_per_second),
		cmocka_unit_test(plans_share_the_rate_by_what_they_want),
		cmocka_unit_test(what_did_not_leave_is_planned_again),
		cmocka_unit_test(refresh_that_did_not_leave_is_planned_again),
		cmocka_unit_test(claims_bring_one_burst_a_second),
		cmocka_unit_test(claims_do_not_starve_a_long_round),
		cmocka_unit_test(a_burst_begins_from_the_start),
		cmocka_unit_test(no_rate_is_one_a_second),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
