/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every value of every enum has a word of its own, and no other number has one. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "config/config.h"
#include "config/words.h"
#include "core/names.h"

typedef const char *(*name_fn)(uint32_t);

/* Words for first..last, all different; "?" on both sides. */
static void assert_words(name_fn name, uint32_t first, uint32_t last)
{
	uint32_t i, j;

	for (i = first; i <= last; i++) {
		assert_string_not_equal(name(i), "?");
		for (j = first; j < i; j++)
			assert_string_not_equal(name(i), name(j));
	}
	if (first)
		assert_string_equal(name(first - 1), "?");
	assert_string_equal(name(last + 1), "?");
	assert_string_equal(name(UINT32_MAX), "?");
}

static void test_all_named(void **state)
{
	(void)state;
	assert_words(names_state, 0, HB_STATES - 1);
	assert_words(names_counter, 0, CNT_MAX - 1);
	assert_words(names_counter_text, 0, CNT_MAX - 1);
	assert_words(names_selftest, SELFTEST_NONE, SELFTEST_FOREIGN);
	assert_words(names_announce, ANNOUNCE_NONE, ANNOUNCE_LIVE);
	assert_words(words_alone, ALONE_ALWAYS, ALONE_GATEWAY);
	assert_words(words_rollout, ROLLOUT_RECEIVE_ONLY, ROLLOUT_ENFORCE);
	assert_words(words_address, ADDRESS_OWNER, ADDRESS_NONE);
}

/* Words that the contract of `status --json` and of the configuration file fixes. */
static void test_fixed_words(void **state)
{
	uint32_t s;

	(void)state;
	for (s = 0; s < HB_STATES; s++)
		assert_string_equal(names_status(s), s == HB_OWNER   ? "owner"
						     : s == HB_FAULT ? "fault"
								     : "standby");
	assert_string_equal(names_status(HB_STATES), "?");
	assert_string_equal(names_state(HB_CAND), "candidate");
	assert_string_equal(names_counter(CNT_arp_answer), "arp_answer");
	assert_string_equal(names_counter(CNT_announce_stale), "announce_stale");
	assert_string_equal(names_counter_text(CNT_hb_accept), "heartbeats accepted");
	assert_string_equal(names_selftest(SELFTEST_FOREIGN), "foreign");
	assert_string_equal(names_announce(ANNOUNCE_LIVE), "live");
	assert_string_equal(words_alone(ALONE_NEVER), "never");
	assert_string_equal(words_alone(ALONE_GATEWAY), "gateway");
	assert_string_equal(words_rollout(ROLLOUT_RECEIVE_ONLY), "receive-only");
	assert_string_equal(words_address(ADDRESS_STANDING), "standing");
	assert_string_equal(words_mode(MODE_GENERIC), "generic");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_named),
		cmocka_unit_test(test_fixed_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
