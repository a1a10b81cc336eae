/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread's queue is full: whoever waits for an outcome has one all the same, and what nobody waits for is made up for. */
#include "jobs_doors.h"

/* Runs the last one. It asks, if at all, for so many addresses, so many times; the group is the kernel's. */
static void posted_is(int what, uint32_t n, unsigned int count)
{
	did = NOTHING;
	memset(&asked, 0, sizeof(asked));
	posted.job.run(&posted.job, &d);
	assert_int_equal(did, what);
	assert_int_equal(asked.n, n);
	assert_int_equal(asked.count, count);
}

static void there_is_room(void **state)
{
	static const struct {
		enum core_effect_type effect;
		int does;
		uint32_t n;
		unsigned int count;
	} kinds[] = {
		{CORE_FX_ADDR_ADD, INSTALLED, 0, 0}, {CORE_FX_ADDR_DEL, UNINSTALLED, 0, 0},
		{CORE_FX_PROBE, ASKED, 2, 3},	     {CORE_FX_AUDIT, ASKED, 2, 1},
		{CORE_FX_SELFTEST, ASKED, 1, 1},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		effect(kinds[i].effect);
		assert_int_equal(nposted, i + 1);
		posted_is(kinds[i].does, kinds[i].n, kinds[i].count);
	}
	assert_int_equal(posted.selftest.nowner, 1);
	assert_int_equal(posted.selftest.owner[0].ifindex, 5);
	assert_int_equal(posted.selftest.owner[0].mac[0], 5);
	assert_int_equal(posted.selftest.epoch, 3);
	jobs_owed(&d);
	assert_int_equal(nposted, 5);
	assert_int_equal(ntold, 0);
}

static void addresses_that_cannot_be_added_have_failed(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_ADD);
	outcome_is(CORE_EV_ADDRS);
	assert_false(told[0].addrs.there);
}

/* No route, no gate: and the addresses that were put there for it go. */
static void routes_that_cannot_be_added_take_the_addresses_along(void **state)
{
	(void)state;
	effect(CORE_FX_ADDR_ADD);
	route_error = -17;
	posted.job.run(&posted.job, &d);
	assert_int_equal(did, UNINSTALLED);
	posted.job.done(&posted.job, &d);
	outcome_is(CORE_EV_ADDRS);
	assert_false(told[0].addrs.there);
	assert_string_equal(d.groups[1].watch.route_failed, "no route");
	route_error = 0;
	effect(CORE_FX_ADDR_ADD);
	posted.job.run(&posted.job, &d);
	posted.job.done(&posted.job, &d);
	assert_true(told[1].addrs.there);
	assert_string_equal(d.groups[1].watch.route_failed, "");
	effect(CORE_FX_ADDR_DEL);
	posted.job.run(&posted.job, &d);
	assert_int_equal(last_routes, UNINSTALLED);
}

static void a_probe_that_cannot_be_made_has_failed(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_PROBE);
	outcome_is(CORE_EV_PROBED);
	assert_int_equal(told[0].probed.found, CORE_PROBED_NOT);
}

static void addresses_that_cannot_be_removed_are_removed_later(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_DEL);
	jobs_owed(&d);
	full = false;
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
	posted_is(UNINSTALLED, 0, 0);
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
}

/* The group is owned again: what is owed would take away what it serves. */
static void addresses_that_are_wanted_again_stay(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_DEL);
	full = false;
	d.core.group[1].addrs = CORE_ADDRS_ADDING;
	jobs_owed(&d);
	d.core.group[1].addrs = CORE_ADDRS_OFF;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
}

static void a_test_that_cannot_be_made_is_bad_and_made_later(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_SELFTEST);
	outcome_is(CORE_EV_TESTED);
	assert_false(told[0].tested.well);
	full = false;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
	d.groups[1].retest_ns = 1;
	d.core.group[1].tested_epoch = 5;
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
	posted_is(ASKED, 1, 1);
	assert_int_equal(posted.selftest.epoch, 5);
	assert_true(posted.selftest.again);
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
}

static void an_owner_tests_nobody(void **state)
{
	(void)state;
	d.groups[1].retest_ns = 1;
	d.core.group[1].state = HB_OWNER;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
}

/* Asks the owner, who answers or does not; so many alarms, and ends of one, have been told by then. */
static void tested(bool answers, bool again, unsigned int alarms, unsigned int over)
{
	answer_mac[0] = answers ? 5 : 0;
	if (again) {
		d.groups[1].retest_ns = 1;
		jobs_owed(&d);
	} else {
		effect(CORE_FX_SELFTEST);
	}
	posted.job.run(&posted.job, &d);
	posted.job.done(&posted.job, &d);
	ntold = 0;
	assert_int_equal(nalarms, alarms);
	assert_int_equal(nover, over);
}

/* Nothing is over for who heard of no alarm: that of the owner before was his. */
static void an_alarm_is_over_when_the_same_owner_answers(void **state)
{
	(void)state;
	d.core.group[1].tested_epoch = 3;
	tested(true, false, 0, 0);
	tested(true, true, 0, 0);
	tested(false, true, 1, 0);
	tested(false, true, 1, 0);
	tested(true, true, 1, 1);
	tested(false, false, 2, 1);
	tested(true, false, 2, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_is_room, begin),
		cmocka_unit_test_setup(addresses_that_cannot_be_added_have_failed, begin),
		cmocka_unit_test_setup(routes_that_cannot_be_added_take_the_addresses_along, begin),
		cmocka_unit_test_setup(a_probe_that_cannot_be_made_has_failed, begin),
		cmocka_unit_test_setup(addresses_that_cannot_be_removed_are_removed_later, begin),
		cmocka_unit_test_setup(addresses_that_are_wanted_again_stay, begin),
		cmocka_unit_test_setup(a_test_that_cannot_be_made_is_bad_and_made_later, begin),
		cmocka_unit_test_setup(an_owner_tests_nobody, begin),
		cmocka_unit_test_setup(an_alarm_is_over_when_the_same_owner_answers, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
