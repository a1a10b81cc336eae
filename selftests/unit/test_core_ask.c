/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two requests for one group at once: each hears its own outcome, and no other's; and what is not known yet. */
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
	ask(1, CORE_EV_STAY_OUT, 2);
	assert_string_equal(l.trace, "         reply take: refused\n"
				     "         reply to 2: done\n");
}

static void checks_wait(int node, bool waits)
{
	lan_event(&l, node,
		  (struct core_event){.type = CORE_EV_TRACK,
				      .track = {.pass = true, .waits = waits}});
}

/* Neither here nor there: nobody claims, and nobody gives up. */
static void before_its_checks_are_known_it_claims_nothing(void **state)
{
	(void)state;
	lan_kill(&l, 0);
	lan_kill(&l, 1);
	lan_run(&l, 3000 * MS);
	lan_clear(&l);
	lan_start(&l, 0);
	checks_wait(0, true);
	lan_run(&l, 5000 * MS);
	assert_int_equal(l.node[0].core.group[0].state, HB_BACKUP);
	checks_wait(0, false);
	lan_run(&l, 1000 * MS);
	assert_int_equal(l.node[0].core.group[0].state, HB_OWNER);
	checks_wait(0, true);
	lan_run(&l, 1000 * MS);
	assert_int_equal(l.node[0].core.group[0].state, HB_OWNER);
}

static void before_its_checks_are_known_nothing_is_handed_to_it(void **state)
{
	(void)state;
	checks_wait(1, true);
	lan_run(&l, 500 * MS);
	ask(0, CORE_EV_RELEASE, 1);
	assert_true(said("refused"));
	checks_wait(1, false);
	lan_run(&l, 500 * MS);
	ask(0, CORE_EV_RELEASE, 2);
	lan_run(&l, 500 * MS);
	assert_int_equal(l.node[1].core.group[0].state, HB_OWNER);
}

static void fence(int node, bool there)
{
	lan_event(&l, node, (struct core_event){.type = CORE_EV_FENCE, .fence.there = there});
}

/* Without its egress filter nothing fences what it sends: it gives the group away, and is ready again with the filter. */
static void without_its_egress_filter_it_serves_no_more(void **state)
{
	(void)state;
	fence(0, true);
	assert_true(lan_live(&l, 0));
	fence(0, false);
	fence(0, false);
	lan_run(&l, 3000 * MS);
	assert_string_equal(l.trace,
			    "[   0.0] n1 owner -> release: our egress filter is gone\n"
			    "[   5.5] n2 standby -> candidate: named by the peer's release\n"
			    "[   6.5] n2 candidate -> owner: named by the peer's release\n"
			    "[   6.6] n1 release -> fault: our egress filter is gone\n"
			    "         reply: done\n"
			    "         relinquish\n");
	lan_kill(&l, 1);
	lan_run(&l, 2000 * MS);
	assert_false(lan_live(&l, 0));
	fence(0, true);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 0));
	assert_int_equal(l.both_steps, 0);
}

/* What nobody has been seen to own is left alone at first, unless somebody asks for it. */
static void held_off_but_for_who_asks(void **state)
{
	(void)state;
	lan_usual(&l);
	l.hold_off_ns = 5000 * MS;
	lan_start_both(&l, 4900 * MS);
	assert_false(lan_live(&l, 0) || lan_live(&l, 1));
	lan_run(&l, 500 * MS);
	assert_true(lan_live(&l, 0));
	lan_usual(&l);
	l.hold_off_ns = 5000 * MS;
	lan_start_both(&l, 2000 * MS);
	ask(1, CORE_EV_TAKE, 1);
	lan_run(&l, 500 * MS);
	assert_true(lan_live(&l, 1));
}

/* Whoever answered before may be gone: the LAN is asked at once, and not when the fault would be looked at again. */
static void take_asks_again_who_answered(void **state)
{
	(void)state;
	lan_usual(&l);
	l.node[0].probe_answered = true;
	l.node[1].probe_answered = true;
	lan_start_both(&l, 1000 * MS);
	lan_clear(&l);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_TAKE});
	lan_run(&l, 200 * MS);
	assert_string_equal(l.trace, "         reply take: refused\n");
	assert_false(lan_live(&l, 0) || lan_live(&l, 1));
	lan_clear(&l);
	l.node[0].probe_answered = false;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_TAKE});
	lan_run(&l, 200 * MS);
	assert_string_equal(l.trace, "[  60.0] n1 fault -> standby: fault is over\n"
				     "[  60.0] n1 standby -> candidate: nobody holds it\n"
				     "[  84.0] n1 candidate -> owner: granted by the peer\n"
				     "         reply take: done\n"
				     "[  84.0] n2 fault -> standby: fault is over\n");
	assert_int_equal(l.both_steps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_take_outlives_the_release_before_it, pair),
		cmocka_unit_test_setup(a_release_that_is_refused_ends_no_take, pair),
		cmocka_unit_test_setup(a_second_release_does_not_refuse_the_first, pair),
		cmocka_unit_test_setup(a_drain_refuses_the_take_that_waits, pair),
		cmocka_unit_test_setup(before_its_checks_are_known_it_claims_nothing, pair),
		cmocka_unit_test_setup(before_its_checks_are_known_nothing_is_handed_to_it, pair),
		cmocka_unit_test_setup(without_its_egress_filter_it_serves_no_more, pair),
		cmocka_unit_test(held_off_but_for_who_asks),
		cmocka_unit_test(take_asks_again_who_answered),
	};

	return cmocka_run_group_tests_name("core_ask", tests, NULL, NULL);
}
