/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Golden traces of the pair in virtual time: what each node becomes, when, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

static struct lan l;

#define EXPECT(text) assert_string_equal(l.trace, text)
#define ONE_VOICE() assert_int_equal(l.both_steps, 0)

static int owner_n1(void **state)
{
	(void)state;
	lan_pair(&l);
	assert_true(lan_live(&l, 0));
	return 0;
}

static void cold_start_asks_then_elects(void **state)
{
	(void)state;
	lan_usual(&l);
	lan_start_both(&l, 3000 * MS);
	EXPECT("[   5.5] n1 init -> standby: gate proven closed\n"
	       "[   5.5] n2 init -> standby: gate proven closed\n"
	       "[ 300.0] n1 standby -> candidate: nobody holds it\n"
	       "[ 324.0] n1 candidate -> owner: granted by the peer\n");
	ONE_VOICE();
}

static void foreign_answer_at_cold_start_is_a_fault(void **state)
{
	(void)state;
	lan_usual(&l);
	l.node[0].probe_answered = true;
	l.node[1].probe_answered = true;
	lan_start_both(&l, 4000 * MS);
	assert_false(lan_live(&l, 0) || lan_live(&l, 1));
	lan_clear(&l);
	l.node[0].probe_answered = false;
	lan_run(&l, 3000 * MS);
	EXPECT("[1600.0] n1 fault -> standby: fault is over\n"
	       "[1600.0] n1 standby -> candidate: nobody holds it\n"
	       "[1624.0] n1 candidate -> owner: granted by the peer\n"
	       "[1624.0] n2 fault -> standby: fault is over\n");
}

static void alone_it_waits_for_g_from_its_first_frame(void **state)
{
	(void)state;
	lan_usual(&l);
	l.node[1].k.hold_us = 338334;
	lan_start(&l, 1);
	lan_run(&l, 2000 * MS);
	EXPECT("[   5.5] n2 init -> standby: gate proven closed\n"
	       "[ 370.2] n2 standby -> candidate: peer quiet\n"
	       "[ 394.2] n2 candidate -> owner: peer silent\n");
}

static void without_memory_it_waits_for_the_longest_lease(void **state)
{
	(void)state;
	lan_usual(&l);
	lan_start(&l, 1);
	lan_run(&l, 2000 * MS);
	EXPECT("[   5.5] n2 init -> standby: gate proven closed\n"
	       "[1225.8] n2 standby -> candidate: peer quiet\n"
	       "[1249.8] n2 candidate -> owner: peer silent\n");
}

static void alone_never_stays_silent(void **state)
{
	(void)state;
	lan_usual(&l);
	l.alone = false;
	lan_start(&l, 1);
	lan_run(&l, 5000 * MS);
	assert_false(lan_live(&l, 1));
}

static void alone_never_ends_with_the_standby(void **state)
{
	(void)state;
	lan_usual(&l);
	l.alone = false;
	lan_start_both(&l, 2000 * MS);
	assert_true(lan_live(&l, 0));
	lan_kill(&l, 1);
	lan_run(&l, 2000 * MS);
	assert_false(lan_live(&l, 0));
}

static void killed_owner_is_silent_before_the_peer_speaks(void **state)
{
	(void)state;
	lan_kill(&l, 0);
	lan_run(&l, 2000 * MS);
	EXPECT("[ 319.4] n2 standby -> candidate: peer quiet\n"
	       "[ 343.4] n2 candidate -> owner: peer silent\n");
	ONE_VOICE();
	assert_false(lan_live(&l, 0));
	assert_true(l.node[1].address);
}

static void slow_netlink_does_not_hold_up_a_takeover(void **state)
{
	(void)state;
	l.addr_ns = 700 * MS;
	lan_kill(&l, 0);
	lan_run(&l, 450 * MS);
	assert_true(lan_live(&l, 1));
	assert_false(l.node[1].address);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 1));
	assert_true(l.node[1].address);
	ONE_VOICE();
}

static void stopped_owner_wakes_as_standby(void **state)
{
	(void)state;
	lan_stop(&l, 0);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 1));
	lan_clear(&l);
	lan_cont(&l, 0);
	lan_run(&l, 5000 * MS);
	EXPECT("[   0.0] n1 owner -> standby: a higher epoch was heard\n");
	ONE_VOICE();
	assert_true(lan_live(&l, 1));
	assert_false(l.node[0].address);
}

static void short_stop_changes_nothing(void **state)
{
	(void)state;
	lan_stop(&l, 0);
	lan_run(&l, 150 * MS);
	lan_cont(&l, 0);
	lan_run(&l, 5000 * MS);
	EXPECT("");
	assert_int_equal(l.nobody_ns, 0);
}

static void stop_beyond_the_lease_is_a_blink_not_a_role_change(void **state)
{
	(void)state;
	lan_stop(&l, 0);
	lan_run(&l, 310 * MS);
	lan_cont(&l, 0);
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 0));
	assert_null(strstr(l.trace, "n2 candidate -> owner"));
	ONE_VOICE();
}

static void restarted_standby_never_silences_the_owner(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		lan_kill(&l, 1);
		lan_run(&l, (unsigned int)(10 + 37 * i) * MS);
		lan_start(&l, 1);
		lan_run(&l, 800 * MS);
	}
	assert_int_equal(l.nobody_ns, 0);
	assert_null(strstr(l.trace, "n1 "));
}

static void standby_that_lost_its_maps_is_taken_back(void **state)
{
	(void)state;
	lan_kill(&l, 1);
	memset(&l.node[1].k, 0, sizeof(l.node[1].k));
	lan_run(&l, 400 * MS);
	lan_start(&l, 1);
	lan_run(&l, 2000 * MS);
	assert_int_equal(l.nobody_ns, 0);
	assert_true(l.node[0].core.peer[0].proven_rx_ns > l.trace_from_ns + 2300 * MS);
	lan_kill(&l, 0);
	lan_run(&l, 1000 * MS);
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

static void restarted_owner_closes_first_and_keeps_its_role(void **state)
{
	(void)state;
	lan_kill(&l, 0);
	lan_run(&l, 20 * MS);
	lan_start(&l, 0);
	assert_false(lan_live(&l, 0));
	lan_run(&l, 3000 * MS);
	EXPECT("[  25.5] n1 init -> standby: gate proven closed\n"
	       "[  25.5] n1 standby -> candidate: nobody holds it\n"
	       "[  49.5] n1 candidate -> owner: granted by the peer\n");
	ONE_VOICE();
}

static void address_fault_does_not_mend_while_the_link_is_down(void **state)
{
	(void)state;
	l.node[0].core.group[0].addrs = CORE_ADDRS_ADDING;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_ADDRS});
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_LINK});
	lan_run(&l, 6000 * MS);
	assert_int_equal(l.node[0].core.group[0].state, HB_FAULT);
	assert_true(lan_live(&l, 1));
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_LINK, .link.up = true});
	lan_run(&l, 1000 * MS);
	assert_int_equal(l.node[0].core.group[0].state, HB_BACKUP);
	ONE_VOICE();
}

static void release_names_the_successor(void **state)
{
	(void)state;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_RELEASE});
	lan_run(&l, 3000 * MS);
	EXPECT("[   0.0] n1 owner -> release: asked to\n"
	       "[   5.5] n2 standby -> candidate: named by the peer's release\n"
	       "[   6.5] n2 candidate -> owner: named by the peer's release\n"
	       "[   6.6] n1 release -> standby: released\n"
	       "         reply: done\n"
	       "         relinquish\n");
	ONE_VOICE();
}

static void release_without_a_peer_is_refused_unless_forced(void **state)
{
	(void)state;
	lan_kill(&l, 1);
	lan_run(&l, 1000 * MS);
	lan_clear(&l);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_RELEASE});
	EXPECT("         reply: refused\n");
	assert_true(lan_live(&l, 0));
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_RELEASE, .request.force = true});
	lan_run(&l, 5000 * MS);
	assert_false(lan_live(&l, 0));
}

static void take_asks_the_owner_to_release(void **state)
{
	(void)state;
	lan_event(&l, 1, (struct core_event){.type = CORE_EV_TAKE});
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 1));
	assert_non_null(strstr(l.trace, "reply: done"));
	ONE_VOICE();
	assert_true(l.nobody_ns < 10 * MS);
}

static void sigterm_releases_and_ends(void **state)
{
	(void)state;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_STOP});
	lan_run(&l, 3000 * MS);
	assert_false(l.node[0].running);
	assert_true(lan_live(&l, 1));
	assert_true(l.nobody_ns < 10 * MS);
	ONE_VOICE();
}

static void link_down_gives_up_and_comes_back_as_standby(void **state)
{
	(void)state;
	l.cut[0] = l.cut[1] = true;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_LINK});
	assert_false(lan_live(&l, 0));
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 1));
	l.cut[0] = l.cut[1] = false;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_LINK, .link.up = true});
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

static void owner_unheard_loses_it_without_overlap(void **state)
{
	(void)state;
	l.cut[0] = true;
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

static void owner_that_hears_nothing_keeps_it(void **state)
{
	(void)state;
	l.cut[1] = true;
	lan_run(&l, 5000 * MS);
	EXPECT("");
	assert_int_equal(l.nobody_ns, 0);
}

/* Its first frames echo nothing fresh, and they are all that the owner ever hears of it. */
static void standby_restarted_deaf_silences_the_owner_before_it_claims(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		int owner = lan_live(&l, 0) ? 0 : 1;

		lan_kill(&l, 1 - owner);
		lan_run(&l, 700 * MS);
		l.cut[owner] = true;
		lan_run(&l, (355 + i) * MS);
		lan_start(&l, 1 - owner);
		lan_run(&l, 2000 * MS);
		assert_true(lan_live(&l, 1 - owner));
		ONE_VOICE();
		l.cut[owner] = false;
		lan_run(&l, 1000 * MS);
	}
}

static void healed_partition_leaves_the_higher_epoch(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		uint64_t highest;

		l.cut[0] = l.cut[1] = true;
		lan_run(&l, (2000 + 7 * i) * MS);
		assert_true(lan_live(&l, 0) && lan_live(&l, 1));
		highest = l.node[0].k.live_epoch > l.node[1].k.live_epoch ? 0 : 1;
		l.cut[0] = l.cut[1] = false;
		lan_run(&l, 60 * MS);
		l.both_steps = 0;
		lan_run(&l, 2000 * MS);
		ONE_VOICE();
		assert_true(lan_live(&l, (int)highest));
	}
}

static void quiet_network_changes_nothing(void **state)
{
	(void)state;
	lan_run(&l, 600000 * MS);
	EXPECT("");
	assert_int_equal(l.nobody_ns, 0);
	ONE_VOICE();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cold_start_asks_then_elects),
		cmocka_unit_test(foreign_answer_at_cold_start_is_a_fault),
		cmocka_unit_test(alone_it_waits_for_g_from_its_first_frame),
		cmocka_unit_test(without_memory_it_waits_for_the_longest_lease),
		cmocka_unit_test(alone_never_stays_silent),
		cmocka_unit_test(alone_never_ends_with_the_standby),
		cmocka_unit_test_setup(killed_owner_is_silent_before_the_peer_speaks, owner_n1),
		cmocka_unit_test_setup(slow_netlink_does_not_hold_up_a_takeover, owner_n1),
		cmocka_unit_test_setup(stopped_owner_wakes_as_standby, owner_n1),
		cmocka_unit_test_setup(short_stop_changes_nothing, owner_n1),
		cmocka_unit_test_setup(stop_beyond_the_lease_is_a_blink_not_a_role_change,
				       owner_n1),
		cmocka_unit_test_setup(restarted_standby_never_silences_the_owner, owner_n1),
		cmocka_unit_test_setup(standby_that_lost_its_maps_is_taken_back, owner_n1),
		cmocka_unit_test_setup(restarted_owner_closes_first_and_keeps_its_role, owner_n1),
		cmocka_unit_test_setup(address_fault_does_not_mend_while_the_link_is_down,
				       owner_n1),
		cmocka_unit_test_setup(release_names_the_successor, owner_n1),
		cmocka_unit_test_setup(release_without_a_peer_is_refused_unless_forced, owner_n1),
		cmocka_unit_test_setup(take_asks_the_owner_to_release, owner_n1),
		cmocka_unit_test_setup(sigterm_releases_and_ends, owner_n1),
		cmocka_unit_test_setup(link_down_gives_up_and_comes_back_as_standby, owner_n1),
		cmocka_unit_test_setup(owner_unheard_loses_it_without_overlap, owner_n1),
		cmocka_unit_test_setup(owner_that_hears_nothing_keeps_it, owner_n1),
		cmocka_unit_test_setup(standby_restarted_deaf_silences_the_owner_before_it_claims,
				       owner_n1),
		cmocka_unit_test_setup(healed_partition_leaves_the_higher_epoch, owner_n1),
		cmocka_unit_test_setup(quiet_network_changes_nothing, owner_n1),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
