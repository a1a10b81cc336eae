/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is planned: drains, checks, preemption, adoption, upgrades, keys; and the gateway's word, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

static struct lan l;

#define EXPECT(text) assert_string_equal(l.trace, text)
#define ONE_VOICE() assert_int_equal(l.both_steps, 0)

static void ask(int node, enum core_event_type type, bool force)
{
	lan_event(&l, node, (struct core_event){.type = type, .request.force = force});
}

static void checks(int node, bool pass)
{
	lan_event(&l, node, (struct core_event){.type = CORE_EV_TRACK, .track.pass = pass});
}

static int owner_n1(void **state)
{
	(void)state;
	lan_usual(&l);
	l.drain_ns = 2000 * MS;
	lan_start_both(&l, 3000 * MS);
	lan_clear(&l);
	return 0;
}

static void released_it_serves_until_the_drain_ends(void **state)
{
	(void)state;
	ask(0, CORE_EV_RELEASE, false);
	assert_int_equal(l.node[0].k.drain_ns, l.now_ns + 2000 * MS);
	lan_run(&l, 1990 * MS);
	EXPECT("[   0.0] n1 owner -> release: asked to\n"
	       "[   5.5] n2 standby -> candidate: named by the peer's release\n"
	       "[   6.5] n2 candidate -> owner: named by the peer's release\n"
	       "[   6.6] n1 release -> standby: released\n"
	       "         reply: done\n"
	       "         relinquish\n");
	assert_true(l.node[0].address && l.node[1].address);
	lan_run(&l, 20 * MS);
	assert_false(l.node[0].address);
	assert_true(l.node[1].address);
	ONE_VOICE();
}

static void asked_to_end_again_it_drains_no_more(void **state)
{
	(void)state;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_STOP});
	lan_run(&l, 100 * MS);
	assert_true(l.node[0].k.drain_ns > l.now_ns);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_STOP});
	assert_true(l.node[0].k.drain_ns == l.now_ns);
	lan_run(&l, 2000 * MS);
	assert_false(l.node[0].running);
	ONE_VOICE();
}

static void a_failed_check_hands_over_and_stays_out(void **state)
{
	(void)state;
	checks(0, false);
	lan_run(&l, 3000 * MS);
	EXPECT("[   0.0] n1 owner -> release: a check failed\n"
	       "[   5.5] n2 standby -> candidate: named by the peer's release\n"
	       "[   6.5] n2 candidate -> owner: named by the peer's release\n"
	       "[   6.6] n1 release -> fault: a check failed\n"
	       "         reply: done\n"
	       "         relinquish\n");
	lan_clear(&l);
	lan_kill(&l, 1);
	lan_run(&l, 2000 * MS);
	assert_false(lan_live(&l, 0));
	checks(0, true);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 0));
}

static void drained_it_stays_out_whatever_happens(void **state)
{
	(void)state;
	ask(0, CORE_EV_STAY_OUT, false);
	lan_run(&l, 1000 * MS);
	assert_true(lan_live(&l, 1));
	lan_kill(&l, 1);
	lan_run(&l, 3000 * MS);
	assert_false(lan_live(&l, 0) || lan_live(&l, 1));
	ask(0, CORE_EV_COME_BACK, false);
	lan_run(&l, 1000 * MS);
	assert_true(lan_live(&l, 0));
	ONE_VOICE();
}

static void without_a_ready_peer_nothing_is_drained(void **state)
{
	(void)state;
	ask(1, CORE_EV_STAY_OUT, false);
	lan_run(&l, 200 * MS);
	lan_clear(&l);
	ask(0, CORE_EV_STAY_OUT, false);
	lan_run(&l, 1000 * MS);
	EXPECT("         reply: refused\n");
	assert_true(lan_live(&l, 0));
}

static void undrain_ends_a_drain_by_force_as_well(void **state)
{
	(void)state;
	lan_kill(&l, 1);
	lan_run(&l, 1000 * MS);
	ask(0, CORE_EV_STAY_OUT, true);
	lan_run(&l, 3000 * MS);
	assert_false(lan_live(&l, 0));
	ask(0, CORE_EV_COME_BACK, false);
	lan_run(&l, 1000 * MS);
	assert_true(lan_live(&l, 0));
}

static void a_link_that_is_lost_ends_the_release(void **state)
{
	(void)state;
	ask(0, CORE_EV_RELEASE, false);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_LINK, .link.up = false});
	EXPECT("[   0.0] n1 owner -> release: asked to\n"
	       "         reply: done\n"
	       "[   0.0] n1 release -> fault: link down\n");
}

static void a_check_that_fails_outlasts_another_fault(void **state)
{
	struct core_group *g = &l.node[1].core.group[0];

	(void)state;
	g->state = HB_FAULT;
	g->why = CORE_R_ADDRESS;
	checks(1, false);
	lan_run(&l, 100 * MS);
	assert_int_equal(g->state, HB_FAULT);
	assert_int_equal(g->why, CORE_R_TRACK);
	checks(1, true);
	assert_int_equal(g->state, HB_BACKUP);
}

static void the_better_priority_asks_only_with_preempt_and_after_its_delay(void **state)
{
	(void)state;
	ask(0, CORE_EV_RELEASE, false);
	lan_run(&l, 20000 * MS);
	assert_true(lan_live(&l, 1)); /* the roles stay reversed */
	lan_usual(&l);
	l.preempt_delay_ns = 4000 * MS;
	lan_start_both(&l, 3000 * MS);
	ask(0, CORE_EV_RELEASE, false);
	lan_run(&l, 3900 * MS);
	assert_true(lan_live(&l, 1));
	lan_run(&l, 500 * MS);
	assert_true(lan_live(&l, 0));
	lan_clear(&l);
	lan_run(&l, 20000 * MS);
	EXPECT("");
	ONE_VOICE();
}

static void priority_can_change_while_it_runs(void **state)
{
	(void)state;
	lan_usual(&l);
	l.preempt_delay_ns = 4000 * MS;
	lan_start_both(&l, 10000 * MS);
	assert_true(lan_live(&l, 0));
	lan_event(&l, 1, (struct core_event){.type = CORE_EV_PRIORITY, .priority.now = 200});
	lan_run(&l, 500 * MS);
	assert_true(lan_live(&l, 1));
	lan_event(&l, 1, (struct core_event){.type = CORE_EV_PRIORITY});
	lan_run(&l, 6000 * MS);
	assert_true(lan_live(&l, 0));
}

static void an_heir_adopts_the_gate(void **state)
{
	uint64_t epoch = l.node[0].k.live_epoch;

	(void)state;
	for (int i = 0; i < 20; i++) {
		lan_adopt(&l, 0);
		lan_run(&l, 130 * MS);
	}
	assert_int_equal(l.node[0].k.live_epoch, epoch);
	assert_int_equal(l.nobody_ns, 0);
	assert_null(strstr(l.trace, "n2"));
	ONE_VOICE();
}

static void what_the_peer_says_ends_an_adoption(void **state)
{
	(void)state;
	lan_stop(&l, 0);
	lan_run(&l, 1000 * MS);
	assert_true(lan_live(&l, 1));
	lan_adopt(&l, 0);
	lan_run(&l, 1000 * MS);
	assert_false(lan_live(&l, 0));
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

static void an_upgrade_makes_room_first(void **state)
{
	uint64_t epoch = l.node[0].k.live_epoch;

	(void)state;
	ask(0, CORE_EV_UPGRADE, false);
	lan_run(&l, 100 * MS);
	assert_true(l.node[0].upgrade_ns > 0);
	assert_true(lease_deadline_ns(l.node[0].k.word) >= l.node[0].upgrade_ns + 850 * MS);
	lan_stop(&l, 0); /* the process is being replaced, and takes its time */
	lan_run(&l, 700 * MS);
	assert_true(lan_live(&l, 0));
	lan_adopt(&l, 0);
	lan_run(&l, 3000 * MS);
	assert_int_equal(l.node[0].k.live_epoch, epoch);
	assert_int_equal(l.nobody_ns, 0);
	ONE_VOICE();
}

static void the_key_changes_when_all_know_it(void **state)
{
	(void)state;
	l.node[0].nkeys = 2;
	lan_adopt(&l, 0);
	lan_run(&l, 3000 * MS);
	assert_int_equal(l.node[1].k.proven.key_id, 1);
	l.node[1].nkeys = 2;
	lan_adopt(&l, 1);
	lan_run(&l, 300 * MS);
	assert_int_equal(l.node[0].k.proven.key_id, 2);
	assert_int_equal(l.node[1].k.proven.key_id, 2);
	assert_int_equal(l.node[0].key_min, 0);
	lan_run(&l, 1000 * MS);
	assert_int_equal(l.node[0].key_min, 2);
	assert_int_equal(l.node[1].key_min, 2);
}

static void a_group_that_only_one_host_has_is_served(void **state)
{
	(void)state;
	lan_kill(&l, 1);
	l.node[1].no_group = true;
	lan_start(&l, 1);
	lan_run(&l, 500 * MS);
	lan_clear(&l);
	lan_run(&l, 5000 * MS);
	EXPECT("");
	assert_true(lan_live(&l, 0));
	lan_kill(&l, 0);
	lan_run(&l, 1000 * MS);
	lan_start(&l, 0);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 0));
}

static void alone_it_needs_the_gateways_word(void **state)
{
	(void)state;
	lan_usual(&l);
	l.gateway = true;
	lan_start_both(&l, 3000 * MS);
	assert_true(lan_live(&l, 0));
	lan_kill(&l, 1);
	lan_run(&l, 1000 * MS);
	assert_false(lan_live(&l, 0)); /* deaf and dumb, for all it knows */
	l.gateway_answers = true;
	lan_run(&l, 1500 * MS);
	assert_true(lan_live(&l, 0));
	lan_clear(&l);
	lan_run(&l, 5000 * MS);
	EXPECT("");
}

static void alone_it_looks_whether_the_address_is_served(void **state)
{
	(void)state;
	lan_usual(&l);
	l.gateway = l.gateway_answers = true;
	lan_start_both(&l, 3000 * MS);
	l.cut[0] = l.cut[1] = true; /* heartbeats only: the gateway and ARP pass */
	l.node[1].probe_answered = true;
	lan_run(&l, 5000 * MS);
	assert_true(lan_live(&l, 0));
	assert_false(lan_live(&l, 1));
	/* Asked again and again, told once. */
	assert_int_equal(l.served_alarms, 1);
	l.node[1].probe_answered = false;
	lan_kill(&l, 0);
	lan_run(&l, 1500 * MS);
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

static void what_could_not_be_asked_is_not_free(void **state)
{
	(void)state;
	lan_usual(&l);
	l.node[0].probe_fails = l.node[1].probe_fails = true;
	lan_start_both(&l, 3000 * MS);
	assert_false(lan_live(&l, 0) || lan_live(&l, 1));
	l.node[0].probe_fails = l.node[1].probe_fails = false;
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 0));
}

static void alone_it_does_not_take_what_it_could_not_ask_for(void **state)
{
	(void)state;
	lan_usual(&l);
	l.gateway = l.gateway_answers = true;
	lan_start_both(&l, 3000 * MS);
	l.node[1].probe_fails = true;
	l.cut[0] = l.cut[1] = true; /* heartbeats only */
	lan_run(&l, 5000 * MS);
	assert_false(lan_live(&l, 1));
	l.node[1].probe_fails = false;
	lan_kill(&l, 0);
	lan_run(&l, 3000 * MS);
	assert_true(lan_live(&l, 1));
	ONE_VOICE();
}

/* The answer may take longer than G to come back; what counts is when the question left. */
static void alone_it_goes_by_when_it_asked(void **state)
{
	struct core *c = &l.node[1].core;
	struct core_view view = {.run_start_ns = 1};
	struct core_out out;

	(void)state;
	c->group[0].probing = c->group[0].take_probing = true;
	c->group[0].take_asked_ns = l.now_ns - 2 * l.t.g_ns;
	core_step(c,
		  &(struct core_event){.type = CORE_EV_PROBED,
				       .now_ns = l.now_ns,
				       .probed.asked_ns = l.now_ns - MS,
				       .probed.found = CORE_PROBED_NOBODY},
		  &view, &out);
	assert_true(c->group[0].take_probed_ns == l.now_ns - MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(released_it_serves_until_the_drain_ends, owner_n1),
		cmocka_unit_test_setup(asked_to_end_again_it_drains_no_more, owner_n1),
		cmocka_unit_test_setup(a_failed_check_hands_over_and_stays_out, owner_n1),
		cmocka_unit_test_setup(drained_it_stays_out_whatever_happens, owner_n1),
		cmocka_unit_test_setup(without_a_ready_peer_nothing_is_drained, owner_n1),
		cmocka_unit_test_setup(
			the_better_priority_asks_only_with_preempt_and_after_its_delay, owner_n1),
		cmocka_unit_test(priority_can_change_while_it_runs),
		cmocka_unit_test_setup(an_heir_adopts_the_gate, owner_n1),
		cmocka_unit_test_setup(what_the_peer_says_ends_an_adoption, owner_n1),
		cmocka_unit_test_setup(an_upgrade_makes_room_first, owner_n1),
		cmocka_unit_test_setup(the_key_changes_when_all_know_it, owner_n1),
		cmocka_unit_test_setup(a_group_that_only_one_host_has_is_served, owner_n1),
		cmocka_unit_test(alone_it_needs_the_gateways_word),
		cmocka_unit_test(alone_it_looks_whether_the_address_is_served),
		cmocka_unit_test_setup(undrain_ends_a_drain_by_force_as_well, owner_n1),
		cmocka_unit_test_setup(a_link_that_is_lost_ends_the_release, owner_n1),
		cmocka_unit_test_setup(a_check_that_fails_outlasts_another_fault, owner_n1),
		cmocka_unit_test(what_could_not_be_asked_is_not_free),
		cmocka_unit_test(alone_it_does_not_take_what_it_could_not_ask_for),
		cmocka_unit_test_setup(alone_it_goes_by_when_it_asked, owner_n1),
	};

	return cmocka_run_group_tests_name("core_roles", tests, NULL, NULL);
}
