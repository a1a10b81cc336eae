/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two requests for one group at once: each hears its own outcome, and no other's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

static struct lan l;

static int pair(void **state)
{
	(void)state;
	lan_pair(&l);
	lan_clear(&l);
	return 0;
}

static void ask(int node, enum core_event_type type, uint32_t number)
{
	lan_event(&l, node, (struct core_event){.type = type, .request.ask = number});
}

static bool said(const char *text)
{
	return strstr(l.trace, text) != NULL;
}

static void a_take_outlives_the_release_before_it(void **state)
{
	(void)state;
	ask(0, CORE_EV_RELEASE, 1);
	ask(0, CORE_EV_TAKE, 2);
	lan_run(&l, 8 * MS);
	/* Released, and nobody has told the one who wants it back that it has it. */
	assert_true(said("reply: done\n"));
	assert_false(said("reply take"));
	lan_run(&l, 3000 * MS);
	assert_true(said("reply take: done\n"));
	assert_true(lan_live(&l, 0));
}

static void a_release_that_is_refused_ends_no_take(void **state)
{
	(void)state;
	ask(1, CORE_EV_TAKE, 1);
	ask(1, CORE_EV_RELEASE, 2);
	assert_string_equal(l.trace, "         reply to 2: refused\n");
	lan_run(&l, 3000 * MS);
	assert_true(said("reply take: done\n"));
	assert_true(lan_live(&l, 1));
}

static void a_second_release_does_not_refuse_the_first(void **state)
{
	(void)state;
	ask(0, CORE_EV_RELEASE, 1);
	ask(0, CORE_EV_RELEASE, 2);
	assert_true(said("reply to 2: refused\n"));
	assert_false(said("reply: "));
	lan_run(&l, 20 * MS);
	assert_true(said("reply: done\n"));
}

static void a_drain_refuses_the_take_that_waits(void **state)
{
	(void)state;
	ask(1, CORE_EV_TAKE, 1);
	ask(1, CORE_EV_DRAIN, 2);
	assert_string_equal(l.trace, "         reply take: refused\n"
				     "         reply to 2: done\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_take_outlives_the_release_before_it, pair),
		cmocka_unit_test_setup(a_release_that_is_refused_ends_no_take, pair),
		cmocka_unit_test_setup(a_second_release_does_not_refuse_the_first, pair),
		cmocka_unit_test_setup(a_drain_refuses_the_take_that_waits, pair),
	};

	return cmocka_run_group_tests_name("core_ask", tests, NULL, NULL);
}
