/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is UTF-8 stays, each byte of what is not becomes a question mark (RFC 3629, section 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/utf8.h"

static void becomes(const char *text, const char *expected)
{
	char copy[64];

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	utf8_clean(copy);
	assert_string_equal(copy, expected);
}

static void stays(const char *text)
{
	becomes(text, text);
}

static void test_well_formed(void **state)
{
	(void)state;
	stays("");
	stays("plain text\n\t\x7f");
	stays("\xc2\x80 \xdf\xbf");
	stays("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf");
	stays("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
}

static void test_malformed(void **state)
{
	(void)state;
	becomes("\x80 \xbf \xfe \xff", "? ? ? ?");
	becomes("\xc0\xaf \xc1\xbf", "?? ??"); /* overlong */
	becomes("\xe0\x9f\xbf", "???");
	becomes("\xf0\x8f\xbf\xbf", "????");
	becomes("\xed\xa0\x80", "???"); /* a surrogate */
	becomes("\xf4\x90\x80\x80", "????"); /* beyond U+10FFFF */
	becomes("\xf5\x80\x80\x80", "????");
}

static void test_cut(void **state)
{
	(void)state;
	becomes("a\xc3", "a?");
	becomes("a\xe2\x82", "a??");
	becomes("a\xf0\x9f\x98", "a???");
	becomes("\xe2\x82z\xe2\x82\xac", "??z\xe2\x82\xac");
}

/* What a terminal obeys, as ASCII, as C1 and in UTF-8; what only looks like it stays. */
static void test_plain(void **state)
{
	char text[] =
		"a\033[2J\n\x7f \x9b \xc2\x9b \xc2\x80 \xc2\xa0 \xc3\x9f \xe2\x82\xac \xe2\x82";

	(void)state;
	utf8_plain(text);
	assert_string_equal(text, "a?[2J?? ? ? ? \xc2\xa0 \xc3\x9f \xe2\x82\xac ??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
