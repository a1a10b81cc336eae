/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A group with addresses on two interfaces: who is asked on each, from where, and what the answers come to. */
#include "jobs_doors.h"

static enum ipt_selftest tested(uint8_t first, uint8_t second)
{
	apart = true;
	d.cfg.groups[1].nifaces = 2;
	answer_mac[0] = first;
	answer_mac[1] = second;
	nasked = 0;
	effect(CORE_FX_SELFTEST);
	posted.job.run(&posted.job, &d);
	return posted.selftest.verdict;
}

/* Its heartbeats come by both, with another MAC each. */
static void the_owner_is_tested_on_each_interface(void **state)
{
	(void)state;
	assert_int_equal(tested(5, 6), SELFTEST_OK);
	assert_int_equal(nasked, 2);
	assert_int_equal(posted.selftest.probe.answers, 2);
	assert_int_equal(tested(5, 5), SELFTEST_FOREIGN);
	assert_int_equal(posted.selftest.probe.mac[0], 5);
	assert_int_equal(tested(9, 6), SELFTEST_FOREIGN);
	assert_int_equal(posted.selftest.probe.mac[0], 9);
	assert_int_equal(tested(5, 0), SELFTEST_SILENT);
	assert_int_equal(tested(0, 6), SELFTEST_SILENT);
}

/* From the own address that is on each; where there is none, as whoever has none asks. */
static void each_question_comes_from_an_own_address(void **state)
{
	(void)state;
	d.plan.npaths = 1;
	d.plan.paths[0].ifindex = 5;
	d.plan.paths[0].from.ip = ipt_addr_v4(55);
	d.plan.found.nown = 1;
	d.plan.found.own[0].ifindex = 6;
	d.plan.found.own[0].addr.ip = ipt_addr_v4(66);
	effect(CORE_FX_AUDIT);
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 55);
	apart = true;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.ifindex, 6);
	assert_int_equal(asked.from_be32, 66);
	d.plan.found.nown = 0;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 0);
	effect(CORE_FX_PROBE);
	d.plan.found.nown = 1;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 0);
}

/* Both jobs, in that order; what the core hears of them. */
static enum core_probed probed(uint8_t first, uint8_t second)
{
	apart = true;
	d.cfg.groups[1].nifaces = 2;
	answer_mac[0] = first;
	answer_mac[1] = second;
	nposted = ntold = 0;
	room = 2;
	effect(CORE_FX_PROBE);
	assert_int_equal(nposted, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(ntold, 0);
		nasked = 0;
		probes[i].job.run(&probes[i].job, &d);
		assert_int_equal(nasked, 1);
		assert_int_equal(asked.ifindex, 5 + i);
		probes[i].asked_ns = 200 - 100 * i;
		probes[i].job.done(&probes[i].job, &d);
	}
	outcome_is(CORE_EV_PROBED);
	assert_int_equal(told[0].probed.asked_ns, 100);
	return told[0].probed.found;
}

static void all_interfaces_are_probed_at_the_same_time(void **state)
{
	(void)state;
	assert_int_equal(probed(0, 0), CORE_PROBED_NOBODY);
	assert_int_equal(probed(0, 9), CORE_PROBED_OTHER);
	assert_int_equal(probed(9, 0), CORE_PROBED_OTHER);
}

/* Of two who answer for two addresses, the one that is no member counts, whichever is heard last. */
static void the_worst_answer_counts(void **state)
{
	static const uint8_t pair[2][2] = {{9, MEMBER_MAC}, {MEMBER_MAC, 9}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		answer_mac[0] = pair[i][0];
		answer_next = pair[i][1];
		ntold = 0;
		effect(CORE_FX_PROBE);
		posted.job.run(&posted.job, &d);
		posted.job.done(&posted.job, &d);
		outcome_is(CORE_EV_PROBED);
		assert_int_equal(told[0].probed.found, CORE_PROBED_OTHER);
	}
	answer_next = 0;
}

/* Where one could not be asked somebody may have the group. */
static void a_probe_of_one_interface_is_none(void **state)
{
	(void)state;
	apart = true;
	d.cfg.groups[1].nifaces = 2;
	room = 1;
	effect(CORE_FX_PROBE);
	assert_int_equal(ntold, 0);
	posted.job.run(&posted.job, &d);
	posted.job.done(&posted.job, &d);
	outcome_is(CORE_EV_PROBED);
	assert_int_equal(told[0].probed.found, CORE_PROBED_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_owner_is_tested_on_each_interface, begin),
		cmocka_unit_test_setup(each_question_comes_from_an_own_address, begin),
		cmocka_unit_test_setup(all_interfaces_are_probed_at_the_same_time, begin),
		cmocka_unit_test_setup(the_worst_answer_counts, begin),
		cmocka_unit_test_setup(a_probe_of_one_interface_is_none, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
