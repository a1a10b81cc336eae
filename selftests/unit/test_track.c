/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What results of checks come to (rise, fall, weights), and when a link that flapped is well again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "daemon/link_rule.h"
#include "programs/track_rule.h"

#define MS 1000000ull
#define S 1000000000ull

static void zeroed_it_succeeds(void **state)
{
	struct config cfg = {.ntracks = 1};
	struct config_group g = {.ntracks = 1};
	struct track_verdict v[1] = {0};
	struct track_sum sum = track_sum(&cfg, &g, v, 100);

	(void)state;
	assert_true(sum.ok);
	assert_int_equal(sum.priority, 100);
	assert_int_equal(sum.failed, 0);
}

/* Its weight counts neither way, and whatever rise and fall are, the first result decides. */
static void the_first_result_is_waited_for(void **state)
{
	const struct config_track t = {.rise = 3, .fall = 3};
	struct config cfg = {.ntracks = 2, .tracks = {{.weight = 20}, {.weight = -30}}};
	struct config_group g = {.ntracks = 2, .track = {0, 1}};
	struct track_verdict v[2] = {track_initial(&t), track_initial(&t)};
	struct track_sum sum = track_sum(&cfg, &g, v, 100);

	(void)state;
	assert_true(sum.ok && sum.waits);
	assert_int_equal(sum.priority, 100);
	assert_true(track_judge(&v[0], &t, true));
	assert_true(track_judge(&v[1], &t, false));
	sum = track_sum(&cfg, &g, v, 100);
	assert_false(sum.waits);
	assert_int_equal(sum.failed, 1);
	assert_int_equal(sum.priority, 90);
	/* From now on as ever. */
	assert_false(track_judge(&v[0], &t, false));
	assert_false(v[0].failed);
}

static void what_it_counts_as_before_can_be_said(void **state)
{
	const struct config_track good = {.initial = INITIAL_GOOD},
				  fail = {.initial = INITIAL_FAIL};

	(void)state;
	assert_false(track_initial(&good).failed || track_initial(&good).waits);
	assert_true(track_initial(&fail).failed && !track_initial(&fail).waits);
}

static void results_in_a_row_change_the_verdict(void **state)
{
	const struct config_track t = {.rise = 3, .fall = 2};
	struct track_verdict v = {0};

	(void)state;
	assert_false(track_judge(&v, &t, false));
	assert_false(v.failed);
	/* Not in a row. */
	assert_false(track_judge(&v, &t, true));
	assert_false(track_judge(&v, &t, false));
	assert_false(v.failed);
	assert_true(track_judge(&v, &t, false));
	assert_true(v.failed);
	assert_false(track_judge(&v, &t, true));
	assert_false(track_judge(&v, &t, true));
	assert_false(track_judge(&v, &t, false));
	assert_false(track_judge(&v, &t, true));
	assert_false(track_judge(&v, &t, true));
	assert_true(v.failed);
	assert_true(track_judge(&v, &t, true));
	assert_false(v.failed);
}

/* Tracks 0: a fault; 1: -30 while it fails; 2: +20 while it does not. */
static const struct config weighty = {
	.tracks = {{.weight = 0}, {.weight = -30}, {.weight = 20}},
	.ntracks = 3,
};

static struct track_sum sum_of(bool fails0, bool fails1, bool fails2, uint8_t base)
{
	const struct config_group g = {.ntracks = 3, .track = {2, 0, 1}};
	const struct track_verdict v[3] = {{.failed = fails0},
					   {.failed = fails1},
					   {.failed = fails2}};

	return track_sum(&weighty, &g, v, base);
}

static void weights_add_up(void **state)
{
	(void)state;
	assert_int_equal(sum_of(false, false, false, 100).priority, 120);
	assert_int_equal(sum_of(false, true, false, 100).priority, 90);
	assert_int_equal(sum_of(false, false, true, 100).priority, 100);
	assert_int_equal(sum_of(false, true, true, 100).priority, 70);
	assert_int_equal(sum_of(true, true, true, 100).priority, 70);
	assert_int_equal(sum_of(true, true, true, 100).failed, 3);
}

static void only_weight_0_is_a_fault(void **state)
{
	(void)state;
	assert_true(sum_of(false, true, true, 100).ok);
	assert_false(sum_of(true, false, false, 100).ok);
}

static void priority_stays_in_range(void **state)
{
	(void)state;
	assert_int_equal(sum_of(false, true, true, 10).priority, 1);
	assert_int_equal(sum_of(false, false, false, 250).priority, 254);
}

static void another_groups_tracks_do_not_count(void **state)
{
	const struct config_group g = {.ntracks = 1, .track = {1}};
	const struct track_verdict v[3] = {{.failed = true}, {0}, {.failed = true}};
	struct track_sum sum = track_sum(&weighty, &g, v, 100);

	(void)state;
	assert_true(sum.ok);
	assert_int_equal(sum.priority, 100);
}

static void a_link_is_well_from_the_start(void **state)
{
	struct link_hold h = {0};

	(void)state;
	link_hold_note(&h, true, 5 * S);
	assert_true(link_hold_well(&h, 5 * S));
	assert_true(link_hold_due_ns(&h, 5 * S) == UINT64_MAX);
}

static void after_a_fault_it_waits(void **state)
{
	struct link_hold h = {0};

	(void)state;
	link_hold_note(&h, false, 100 * S);
	assert_false(link_hold_well(&h, 100 * S));
	assert_false(link_hold_well(&h, 500 * S));
	assert_true(link_hold_due_ns(&h, 100 * S) == UINT64_MAX);
	link_hold_note(&h, true, 101 * S);
	assert_false(link_hold_well(&h, 101 * S));
	assert_true(link_hold_due_ns(&h, 101 * S) == 101 * S + 200 * MS);
	assert_false(link_hold_well(&h, 101 * S + 199 * MS));
	assert_true(link_hold_well(&h, 101 * S + 200 * MS));
	assert_true(link_hold_due_ns(&h, 102 * S) == UINT64_MAX);
}

/* 10 Hz: once at fault it stays so until the flapping ends. */
static void a_flapping_link_stays_at_fault(void **state)
{
	struct link_hold h = {0};
	uint64_t now_ns = 100 * S;

	(void)state;
	for (int i = 0; i < 100; i++, now_ns += 100 * MS) {
		link_hold_note(&h, false, now_ns);
		assert_false(link_hold_well(&h, now_ns));
		link_hold_note(&h, true, now_ns + 50 * MS);
		assert_false(link_hold_well(&h, now_ns + 99 * MS));
	}
	assert_true(link_hold_due_ns(&h, now_ns) == now_ns - 50 * MS + 30 * S);
	assert_true(link_hold_well(&h, now_ns + 30 * S));
}

static void a_slow_flap_moves_less_and_less(void **state)
{
	struct link_hold h = {0};
	uint64_t now_ns = 100 * S;
	int well = 0;

	(void)state;
	for (int i = 0; i < 30; i++, now_ns += 2 * S) {
		link_hold_note(&h, false, now_ns);
		link_hold_note(&h, true, now_ns + S);
		well += link_hold_well(&h, now_ns + 2 * S - 1);
	}
	assert_int_equal(well, 3);
}

static void a_calm_link_is_forgiven(void **state)
{
	struct link_hold h = {0};

	(void)state;
	for (uint64_t i = 0; i < 10; i++) {
		link_hold_note(&h, false, 100 * S + i * MS);
		link_hold_note(&h, true, 100 * S + i * MS);
	}
	link_hold_note(&h, false, 161 * S);
	link_hold_note(&h, true, 161 * S);
	assert_true(link_hold_well(&h, 161 * S + 200 * MS));
}

static void tries_come_at_growing_distances(void **state)
{
	static const uint64_t wait_s[] = {1, 2, 4, 8, 16, 30, 30};
	struct link_retry r = {0};
	uint64_t now_ns = 100 * S;

	(void)state;
	for (unsigned int i = 0; i < sizeof(wait_s) / sizeof(*wait_s); i++) {
		assert_false(link_retry_due(&r, now_ns));
		assert_false(link_retry_due(&r, now_ns + wait_s[i] * S - 1));
		now_ns += wait_s[i] * S;
		assert_true(link_retry_due(&r, now_ns));
	}
}

static void a_try_that_worked_is_the_last(void **state)
{
	struct link_retry r = {0};

	(void)state;
	assert_false(link_retry_due(&r, 99 * S));
	assert_true(link_retry_due(&r, 100 * S));
	link_retry_done(&r);
	/* The next trouble waits anew, and longer, since it is the same again. */
	assert_false(link_retry_due(&r, 102 * S));
	assert_false(link_retry_due(&r, 104 * S - 1));
	assert_true(link_retry_due(&r, 104 * S));
	/* Long after, it is another. */
	link_retry_done(&r);
	assert_false(link_retry_due(&r, 200 * S));
	assert_true(link_retry_due(&r, 201 * S));
}

static void what_must_not_wait_is_tried_at_once(void **state)
{
	struct link_retry r = {0};

	(void)state;
	assert_true(link_retry_soon(&r, 100 * S));
	/* Somebody keeps undoing it: from then on as others are. */
	assert_false(link_retry_soon(&r, 100 * S + 1));
	assert_false(link_retry_soon(&r, 101 * S));
	assert_true(link_retry_soon(&r, 101 * S + 1));
	link_retry_done(&r);
	assert_false(link_retry_soon(&r, 102 * S));
	assert_false(link_retry_soon(&r, 104 * S - 1));
	assert_true(link_retry_soon(&r, 104 * S));
	link_retry_done(&r);
	assert_true(link_retry_soon(&r, 164 * S + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_it_succeeds),
		cmocka_unit_test(the_first_result_is_waited_for),
		cmocka_unit_test(what_it_counts_as_before_can_be_said),
		cmocka_unit_test(results_in_a_row_change_the_verdict),
		cmocka_unit_test(weights_add_up),
		cmocka_unit_test(only_weight_0_is_a_fault),
		cmocka_unit_test(priority_stays_in_range),
		cmocka_unit_test(another_groups_tracks_do_not_count),
		cmocka_unit_test(a_link_is_well_from_the_start),
		cmocka_unit_test(after_a_fault_it_waits),
		cmocka_unit_test(a_flapping_link_stays_at_fault),
		cmocka_unit_test(a_slow_flap_moves_less_and_less),
		cmocka_unit_test(a_calm_link_is_forgiven),
		cmocka_unit_test(tries_come_at_growing_distances),
		cmocka_unit_test(a_try_that_worked_is_the_last),
		cmocka_unit_test(what_must_not_wait_is_tried_at_once),
	};

	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
