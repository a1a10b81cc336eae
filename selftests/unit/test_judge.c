/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules that kernel and user space share: when a lease ends, and which of a peer's its silence is judged by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../within.h"
#include "judge.h"

#define MS 1000000ull
#define RHO 100000
#define SETTLE (5 * MS)

/* At the deadline itself the lease has ended: the promise rests on it. */
static void test_lease_ends(void **state)
{
	const uint64_t deadline_ns = 77 * MS;

	(void)state;
	assert_true(lease_live(lease_word(deadline_ns, 0), deadline_ns - 1));
	assert_false(lease_live(lease_word(deadline_ns, 0), deadline_ns));
	assert_false(lease_live(lease_word(deadline_ns, 1), deadline_ns));
	assert_false(lease_live(lease_word(deadline_ns, 1), deadline_ns + 1));
	/* The slot is no nanosecond. */
	assert_true(lease_live(lease_word(deadline_ns + 1, 1), deadline_ns - 1));
	assert_false(lease_live(lease_word(deadline_ns + 1, 1), deadline_ns));
	assert_true(lease_live(LEASE_MANUAL, UINT64_MAX / 2));
}

static void test_lease_words(void **state)
{
	(void)state;
	assert_int_equal(lease_word(77 * MS + 1, 3), 77 * MS + 1);
	assert_int_equal(lease_word(77 * MS + 1, 2), 77 * MS);
	assert_int_equal(lease_deadline_ns(77 * MS + 1), 77 * MS);
	assert_int_equal(lease_slot(77 * MS + 1), 1);
	assert_int_equal(lease_slot(77 * MS), 0);
	assert_true(lease_is_manual(lease_word(LEASE_MANUAL, 1)));
	assert_false(lease_is_manual(lease_word(77 * MS, 1)));
}

/* Never a deadline, never 0, never the word of the number before, not even where the numbers begin anew. */
static void test_generations(void **state)
{
	static const uint64_t counters[] =
		{0, 1, 2, 3, LEASE_GEN_LIMIT / 2 - 1, LEASE_GEN_LIMIT / 2, UINT64_MAX};
	uint64_t word;

	(void)state;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		word = lease_generation(counters[i]);
		assert_within(word, 1, LEASE_GEN_LIMIT - 1);
		assert_false(lease_live(word, LEASE_GEN_LIMIT));
		assert_int_not_equal(word, lease_generation(counters[i] - 1));
	}
	assert_int_equal(lease_generation(5), 11);
}

static void test_silence(void **state)
{
	(void)state;
	assert_false(peer_silent(5, 14, 10));
	assert_true(peer_silent(5, 15, 10));
	assert_false(peer_silent(5, 5, 0));
	/* A stamp from the future. */
	assert_false(peer_silent(6, 5, 0));
	assert_true(seq_newer(8, 7));
	assert_false(seq_newer(7, 7));
	assert_false(look_late(5, 15, 10));
	assert_true(look_late(5, 16, 10));
	assert_false(look_late(5, 5, 0));
	assert_false(look_late(5, 4, 0));
}

struct noted {
	uint32_t max_us, next_us;
	__u64 max_ns;
};

static void note(struct noted *n, uint32_t hold_us, uint64_t now_ns, bool proven)
{
	hold_note(&n->max_us, &n->next_us, &n->max_ns, hold_us, now_ns, RHO, proven);
}

/* The longest that was announced counts until G of it has passed since a shorter one was announced. */
static void test_hold_note(void **state)
{
	const uint64_t at_ns = 77 * MS, g_ns = judge_g_of_hold_ns(5000000, RHO);
	struct noted n = {0};

	(void)state;
	note(&n, 300000, at_ns, true);
	assert_true(n.max_us == 300000 && n.max_ns == at_ns);
	note(&n, 300000, at_ns + 5, true);
	assert_true(n.max_us == 300000 && n.max_ns == at_ns + 5);
	note(&n, 5000000, at_ns, true);
	note(&n, 300000, at_ns + 1, true);
	note(&n, 300000, at_ns + g_ns - 1, true);
	/* A stamp that another CPU wrote a moment later; and one that proves nothing. */
	note(&n, 300000, at_ns - 1, true);
	note(&n, 300000, at_ns + 2 * g_ns, false);
	assert_true(n.max_us == 5000000 && n.max_ns == at_ns + 1 && n.next_us == 300000);
	note(&n, 300000, at_ns + g_ns, true);
	assert_int_equal(n.max_us, 5000000);
	note(&n, 300000, at_ns + g_ns + 1, true);
	assert_true(n.max_us == 300000 && n.max_ns == at_ns + g_ns + 1 && n.next_us == 0);
}

/* The longest may have been announced in frames that were lost, up to the first one that says less. */
static void test_hold_unheard(void **state)
{
	const uint64_t g_ns = judge_g_of_hold_ns(5000000, RHO), late_ns = MS + 9 * g_ns;
	struct noted n = {0};

	(void)state;
	note(&n, 5000000, MS, true);
	note(&n, 300000, late_ns - 1, false);
	assert_true(n.max_us == 5000000 && n.max_ns == MS && n.next_us == 0);
	assert_int_equal(hold_longest_us(n.max_us, n.next_us, n.max_ns, late_ns, RHO), 5000000);
	note(&n, 300000, late_ns, true);
	assert_true(n.max_us == 5000000 && n.max_ns == late_ns && n.next_us == 300000);
	/* One between them that proves nothing counts from here on. */
	note(&n, 2000000, late_ns + 1, false);
	note(&n, 300000, late_ns + g_ns - 1, true);
	assert_int_equal(n.max_us, 5000000);
	note(&n, 300000, late_ns + g_ns, true);
	assert_true(n.max_us == 2000000 && n.next_us == 300000);
}

/* Of several, each: what was announced while a longer one counted is not forgotten with that one. */
static void test_hold_between(void **state)
{
	const uint64_t g_ns = judge_g_of_hold_ns(5000000, RHO);
	struct noted n = {0};

	(void)state;
	note(&n, 5000000, MS, true);
	note(&n, 2000000, MS + g_ns - 1, true);
	assert_true(n.max_us == 5000000 && n.max_ns == MS + g_ns - 1 && n.next_us == 2000000);
	note(&n, 300000, MS + 2 * g_ns, true);
	assert_true(n.max_us == 2000000 && n.max_ns == MS + 2 * g_ns && n.next_us == 300000);
	assert_int_equal(hold_longest_us(n.max_us, n.next_us, n.max_ns, MS + 2 * g_ns, RHO),
			 2000000);
	assert_int_equal(hold_longest_us(n.max_us, n.next_us, n.max_ns, MS + 3 * g_ns, RHO),
			 300000);
	assert_int_equal(hold_longest_us(n.max_us, 0, n.max_ns, MS + 9 * g_ns, RHO), 2000000);
}

/* I1 with the bounds of two hosts: the holder's in the hold, the waiting one's in G. */
static void test_hold_of_another(void **state)
{
	(void)state;
	/* 300 ms on a clock that may lose 10 %, and 5 ms to the wire: 338.3 ms of real time. */
	assert_int_equal(judge_hold_us(300 * MS, 100000, 5 * MS), 338334);
	/* Waited for on a clock that may gain 50 %. */
	assert_int_equal(judge_g_of_hold_ns(338334, 500000), 507501 * 1000ull);
	assert_int_equal(judge_g_of_hold_ns(1, 1), 1001);
	/* Said, or by a build from before the field. */
	assert_int_equal(judge_hold_said_us(7, 300000, 100000, 5 * MS), 7);
	assert_int_equal(judge_hold_said_us(0, 300000, 100000, 5 * MS), 338334);
	/* A microsecond of settle that is not whole counts as one. */
	assert_int_equal(judge_hold_us(MS, 0, 1), 1001);
}

/* Ten seconds, or 8 G where that is more; never without a beginning. */
static void test_unproven_spent(void **state)
{
	const uint64_t at_ns = 77 * MS, ten_ns = 10000 * MS;

	(void)state;
	assert_false(unproven_spent(0, ~0ull, MS));
	assert_false(unproven_spent(at_ns, at_ns + ten_ns - 1, MS));
	assert_true(unproven_spent(at_ns, at_ns + ten_ns, MS));
	assert_false(unproven_spent(at_ns, at_ns + ten_ns, 1250 * MS + 1));
	assert_true(unproven_spent(at_ns, at_ns + ten_ns, 1250 * MS));
	assert_false(unproven_spent(at_ns, at_ns + 16000 * MS - 1, 2000 * MS));
	assert_true(unproven_spent(at_ns, at_ns + 16000 * MS, 2000 * MS));
	assert_false(unproven_spent(at_ns + 1, at_ns, MS));
}

static void test_epoch_too_far(void **state)
{
	const uint64_t first = EPOCH_FIRST_TERMS << 8 | 0xff, seen = 1000 << 8 | 7;

	(void)state;
	assert_false(epoch_too_far(first, 0));
	assert_true(epoch_too_far(first + 1, 0));
	assert_false(epoch_too_far(((1000 + EPOCH_JUMP_TERMS) << 8) | 0xff, seen));
	assert_true(epoch_too_far((1001 + EPOCH_JUMP_TERMS) << 8, seen));
	assert_false(epoch_too_far(seen, ~0ull));
	assert_false(epoch_too_far(EPOCH_LAST_TERM << 8, (EPOCH_LAST_TERM - 1) << 8));
	assert_true(epoch_too_far((EPOCH_LAST_TERM + 1) << 8, EPOCH_LAST_TERM << 8));
	assert_true(epoch_too_far(~0ull, ~0ull));
}

static void test_times_too_far(void **state)
{
	(void)state;
	assert_false(times_too_far(2540000000u, 10000000, 4000000000u));
	assert_false(times_too_far(0, 100, 0));
	assert_true(times_too_far(2540000001u, 50000, 0));
	assert_true(times_too_far(1000, 50000, 4000000001u));
	assert_true(times_too_far(1000, 50000, 999));
	assert_true(times_too_far(1000, 99, 1000));
	assert_true(times_too_far(1000, 10000001, 1000));
	/* The longest of all, on the worst clock: it fits, and does not wrap. */
	assert_int_equal(judge_hold_said_us(0, UINT32_MAX, 499999, ~0u), JUDGE_HOLD_MAX_US);
	assert_int_equal(judge_hold_said_us(0, 1990000000u, 499999, 0), 3979992041u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease_ends),     cmocka_unit_test(test_lease_words),
		cmocka_unit_test(test_generations),    cmocka_unit_test(test_silence),
		cmocka_unit_test(test_hold_note),      cmocka_unit_test(test_hold_between),
		cmocka_unit_test(test_hold_unheard),   cmocka_unit_test(test_hold_of_another),
		cmocka_unit_test(test_unproven_spent), cmocka_unit_test(test_epoch_too_far),
		cmocka_unit_test(test_times_too_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
