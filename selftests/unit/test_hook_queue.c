/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls of hooks keep their order; a queue that overflows loses what is obsolete and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "programs/hook_rule.h"

static bool put(struct hook_queue *q, uint32_t group, const char *state, uint64_t term)
{
	return hook_queue_put(q, &(struct hook_call){group, state, "why", term});
}

static bool put_next(struct hook_queue *q, uint64_t term)
{
	return put(q, 0, term % 2 ? "owner" : "standby", term);
}

static void calls_come_in_their_order(void **state)
{
	static struct hook_queue q;
	struct hook_call call;

	(void)state;
	assert_false(hook_queue_get(&q, &call));
	assert_true(put(&q, 1, "standby", 0));
	assert_true(put(&q, 0, "standby", 1));
	assert_true(put(&q, 1, "owner", 2));
	for (uint64_t i = 0; i < 3; i++) {
		assert_true(hook_queue_get(&q, &call));
		assert_int_equal(call.term, i);
	}
	assert_int_equal(call.group, 1);
	assert_string_equal(call.state, "owner");
	assert_false(hook_queue_get(&q, &call));
}

static void the_same_state_is_told_once(void **state)
{
	static struct hook_queue q;
	struct hook_call call;

	(void)state;
	assert_true(put(&q, 0, "standby", 0));
	assert_false(put(&q, 0, "standby", 1));
	assert_true(put(&q, 1, "standby", 2));
	assert_true(hook_queue_get(&q, &call));
	/* Also after it has been told. */
	assert_false(put(&q, 0, "standby", 3));
	assert_true(put(&q, 0, "owner", 4));
	assert_true(put(&q, 0, "standby", 5));
}

static void a_full_queue_loses_the_oldest_obsolete_call(void **state)
{
	static struct hook_queue q;
	struct hook_call call;
	uint64_t term = 0;

	(void)state;
	/* One call of group 7, the only one of it, is older than all others. */
	assert_true(put(&q, 7, "fault", 1000));
	while (q.n < HOOK_QUEUE)
		assert_true(put_next(&q, ++term));
	assert_int_equal(hook_queue_skipped(&q), 0);
	assert_true(put_next(&q, ++term));
	assert_true(put_next(&q, ++term));
	assert_int_equal(q.n, HOOK_QUEUE);
	assert_int_equal(hook_queue_skipped(&q), 2);
	assert_int_equal(hook_queue_skipped(&q), 0);
	assert_true(hook_queue_get(&q, &call));
	assert_int_equal(call.term, 1000);
	for (uint64_t i = 3; i <= term; i++) {
		assert_true(hook_queue_get(&q, &call));
		assert_int_equal(call.term, i);
	}
	assert_false(hook_queue_get(&q, &call));
}

/* Whatever is put in: the last call of each group comes out, and calls of one group in order. */
static void the_last_of_each_group_is_never_lost(void **state)
{
	static const char *const word[] = {"owner", "standby", "fault"};
	static struct hook_queue q;
	uint64_t last[IPT_MAX_GROUPS] = {0}, got[IPT_MAX_GROUPS] = {0};
	struct hook_call call;
	uint32_t x = 12345;

	(void)state;
	for (uint64_t term = 1; term < 5000; term++) {
		uint32_t group;

		x = x * 1103515245 + 12345;
		group = (x >> 16) % IPT_MAX_GROUPS;
		if (put(&q, group, word[(x >> 8) % 3], term))
			last[group] = term;
	}
	assert_int_equal(q.n, HOOK_QUEUE);
	while (hook_queue_get(&q, &call)) {
		assert_true(call.term > got[call.group]);
		got[call.group] = call.term;
	}
	assert_memory_equal(last, got, sizeof(last));
}

static void at_the_end_only_the_newest_stays(void **state)
{
	static struct hook_queue q;
	struct hook_call call;

	(void)state;
	assert_true(put(&q, 0, "owner", 1));
	assert_true(put(&q, 1, "owner", 2));
	assert_true(put(&q, 0, "fault", 3));
	assert_true(put(&q, 0, "standby", 4));
	hook_queue_newest(&q);
	assert_int_equal(hook_queue_skipped(&q), 0);
	assert_true(hook_queue_get(&q, &call));
	assert_int_equal(call.term, 2);
	assert_true(hook_queue_get(&q, &call));
	assert_int_equal(call.term, 4);
	assert_false(hook_queue_get(&q, &call));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_come_in_their_order),
		cmocka_unit_test(the_same_state_is_told_once),
		cmocka_unit_test(a_full_queue_loses_the_oldest_obsolete_call),
		cmocka_unit_test(the_last_of_each_group_is_never_lost),
		cmocka_unit_test(at_the_end_only_the_newest_stays),
	};

	return cmocka_run_group_tests_name("hook_queue", tests, NULL, NULL);
}
