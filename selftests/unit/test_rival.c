/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rivals: each is news once, old ones make room, and none is answered twice within RFC 5227's interval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "daemon/rival_rule.h"

#define S 1000000000ull

static const uint8_t a[6] = {2, 0, 0, 0, 0, 0xa};
static const uint8_t b[6] = {2, 0, 0, 0, 0, 0xb};

static void test_news_once(void **state)
{
	struct rivals r = {0};

	(void)state;
	assert_true(rival_seen(&r, a, 5 * S));
	assert_false(rival_seen(&r, a, 6 * S));
	assert_true(rival_seen(&r, b, 6 * S));
	assert_false(rival_seen(&r, b, 7 * S));
	/* One that never stops is no news however long it goes on; one that comes back after a while is. */
	assert_false(rival_seen(&r, a, 600 * S));
	assert_false(rival_seen(&r, a, 1190 * S));
	assert_true(rival_seen(&r, b, 1190 * S));
	assert_false(rival_seen(&r, b, 1191 * S));
}

static void test_room(void **state)
{
	struct rivals r = {0};
	uint8_t mac[6] = {2};

	(void)state;
	for (uint8_t i = 0; i < RIVALS_MAX; i++) {
		mac[5] = i;
		assert_true(rival_seen(&r, mac, (10 + i) * S));
	}
	mac[5] = 0;
	assert_false(rival_seen(&r, mac, 30 * S));
	/* The one that was seen least lately goes, and that is the second now. */
	assert_true(rival_seen(&r, a, 31 * S));
	assert_false(rival_seen(&r, mac, 32 * S));
	mac[5] = 1;
	assert_true(rival_seen(&r, mac, 33 * S));
}

static bool defend(struct rivals *r, uint32_t ip, uint32_t ifindex, uint64_t now_ns)
{
	struct ipt_addr addr = ipt_addr_v4(ip);

	return rival_defend(r, &addr, ifindex, now_ns);
}

static void test_defence(void **state)
{
	struct rivals r = {0};

	(void)state;
	assert_true(defend(&r, 1, 2, 3 * S));
	assert_false(defend(&r, 1, 2, 3 * S));
	assert_false(defend(&r, 1, 2, 13 * S - 1));
	assert_true(defend(&r, 1, 2, 13 * S));
	assert_false(defend(&r, 1, 2, 14 * S));
}

/* Each address has its own interval, as many as are remembered and no more. */
static void test_defence_of_many(void **state)
{
	struct rivals r = {0};

	(void)state;
	for (uint32_t i = 0; i < DEFENDED_MAX; i++) {
		assert_true(defend(&r, i, 2, 3 * S + i));
		assert_false(defend(&r, i, 2, 4 * S));
	}
	assert_false(defend(&r, 1, 3, 4 * S));
	assert_false(defend(&r, 1, 3, 13 * S - 1));
	assert_true(defend(&r, 1, 3, 13 * S));
	assert_false(defend(&r, 0xffff, 2, 13 * S));
	assert_false(defend(&r, 1, 2, 13 * S));
	assert_true(defend(&r, 1, 2, 13 * S + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news_once),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_defence),
		cmocka_unit_test(test_defence_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
