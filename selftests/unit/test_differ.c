/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Members that do not agree: in what, and when that is news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/differ.h"

static const struct differ_ours ours = {
	.cfg_hash = 7,
	.cfg_prev = 6,
	.ngroups = 3,
	.group = {{"a", 1, 10}, {"b", 2, 20}, {"c", 3, 0}},
};

static struct beat agreeing(void)
{
	return (struct beat){
		.cfg_hash = 7,
		.ngroups = 3,
		.group = {{.group = 3, .addr_mark = 30},
			  {.group = 2, .addr_mark = 20},
			  {.group = 1, .addr_mark = 10}},
	};
}

static void expect(const struct beat *said, uint64_t members, uint64_t missing, uint64_t addresses,
		   uint32_t more)
{
	struct differ d;

	differ_find(&ours, said, &d);
	assert_int_equal(d.bits[DIFFER_MEMBERS], members);
	assert_int_equal(d.bits[DIFFER_MISSING], missing);
	assert_int_equal(d.bits[DIFFER_ADDRESSES], addresses);
	assert_int_equal(d.bits[DIFFER_MORE], more != 0);
	assert_int_equal(d.more, more);
}

static void test_find(void **state)
{
	struct beat said = agreeing();

	(void)state;
	expect(&said, 0, 0, 0, 0);
	said.group[2].addr_mark = 0; /* an older build, or a witness */
	expect(&said, 0, 0, 0, 0);
	said.group[2].addr_mark = 11;
	said.group[1].addr_mark = 21;
	expect(&said, 0, 0, 3, 0);
	said.group[1].group = 99;
	expect(&said, 0, 2, 1, 1);
	said.ngroups = 0;
	expect(&said, 0, 7, 0, 0);
	said.cfg_hash = 8;
	expect(&said, 1, 7, 0, 0);
	said.cfg_prev = 6; /* both come from there: they are no neighbours */
	expect(&said, 1, 7, 0, 0);
	said.cfg_prev = 7;
	expect(&said, 0, 7, 0, 0);
	said.cfg_hash = 6;
	said.cfg_prev = 0;
	expect(&said, 0, 7, 0, 0);
}

/* A look at a member that lacks these of our groups: what has begun, and what has ended. */
static void look(struct differ_told *t, uint64_t missing, uint64_t begun, uint64_t ended)
{
	struct differ now = {.bits[DIFFER_MISSING] = missing}, b, e;

	differ_news(t, &now, &b, &e);
	assert_int_equal(b.bits[DIFFER_MISSING], begun);
	assert_int_equal(e.bits[DIFFER_MISSING], ended);
	assert_int_equal(b.bits[DIFFER_MEMBERS] | e.bits[DIFFER_MEMBERS], 0);
}

static void test_news(void **state)
{
	struct differ_told t = {0};

	(void)state;
	look(&t, 1, 0, 0);
	look(&t, 0, 0, 0); /* for a moment: nothing */
	look(&t, 1, 0, 0);
	look(&t, 3, 1, 0);
	look(&t, 3, 2, 0);
	look(&t, 3, 0, 0); /* told once */
	look(&t, 2, 0, 1);
	look(&t, 3, 0, 0);
	look(&t, 0, 0, 2);
	look(&t, 0, 0, 0);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_true(differ_is_of_group(DIFFER_MISSING) && differ_is_of_group(DIFFER_ADDRESSES));
	assert_false(differ_is_of_group(DIFFER_MEMBERS) || differ_is_of_group(DIFFER_MORE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
