/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the monitoring group may ask for, and what it may not, however it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "cli/monitor_rule.h"

#define REQUEST(text) text, sizeof(text)

static bool allowed(const char *text, size_t len)
{
	char bytes[MONITOR_BYTES], *words[MONITOR_WORDS + 1];

	memcpy(bytes, text, len);
	return monitor_words(bytes, len, words);
}

static void test_allowed(void **state)
{
	char bytes[] = "events\0--last\0005\0--json", *words[MONITOR_WORDS + 1];

	(void)state;
	assert_true(allowed(REQUEST("status")));
	assert_true(allowed(REQUEST("status\0--json")));
	assert_true(allowed(REQUEST("metrics\0--text\0--instance\0one")));
	assert_true(allowed(REQUEST("status\0--instance=one")));
	assert_true(monitor_words(bytes, sizeof(bytes), words));
	assert_string_equal(words[0], "events");
	assert_string_equal(words[2], "5");
	assert_string_equal(words[3], "--json");
	assert_null(words[4]);
}

static void test_refused(void **state)
{
	(void)state;
	assert_false(allowed("", 0));
	assert_false(allowed(REQUEST("")));
	assert_false(allowed("status", 6)); /* not ended */
	assert_false(allowed(REQUEST("release\0web")));
	assert_false(allowed(REQUEST("--json\0release\0web")));
	assert_false(allowed(REQUEST("--instance\0status\0release\0web")));
	assert_false(allowed(REQUEST("status\0release")));
	assert_false(allowed(REQUEST("metrics\0--output\0/etc/x")));
	assert_false(allowed(REQUEST("metrics\0--text\0--output\0/etc/x")));
	assert_false(allowed(REQUEST("metrics\0--instance\0--output\0/etc/x")));
	assert_false(allowed(REQUEST("metrics\0--instance")));
	assert_false(allowed(REQUEST("status\0--help")));
	assert_false(allowed(REQUEST("status\0\0")));
	assert_false(allowed(REQUEST("monitor")));
	assert_false(allowed(
		REQUEST("status\0--json\0--json\0--json\0--json\0--json\0--json\0--json\0--json")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
