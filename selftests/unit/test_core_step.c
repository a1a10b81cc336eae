/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pair's core between two steps: what came in the wrong moment, and what it must not lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

static struct lan l;

static int owner_n1(void **state)
{
	(void)state;
	lan_pair(&l);
	assert_true(lan_live(&l, 0));
	return 0;
}

static void look_between_take_and_its_answer_closes_nothing(void **state)
{
	struct core_view view = {.run_start_ns = 1};
	struct core_out out;

	(void)state;
	l.node[1].core.group[0].state = HB_CAND;
	l.node[1].core.group[0].taking = true;
	view.group[0].word = l.now_ns + 100 * MS;
	core_step(&l.node[1].core, &(struct core_event){.type = CORE_EV_LOOK, .now_ns = l.now_ns},
		  &view, &out);
	for (uint32_t i = 0; i < out.n; i++)
		assert_int_not_equal(out.fx[i].type, CORE_FX_CLOSE);
}

static void step_n1(struct core_event ev, uint64_t now_ns, uint64_t word, struct core_out *out)
{
	struct core_view view = {.run_start_ns = 1, .group[0].word = word};

	ev.now_ns = now_ns;
	core_step(&l.node[0].core, &ev, &view, out);
}

/* Stopped between deciding to close and closing: the proof counts from when it was found closed. */
static void late_closing_is_proven_late(void **state)
{
	uint64_t now_ns = l.now_ns;
	struct core_out out;

	(void)state;
	step_n1((struct core_event){.type = CORE_EV_RELEASE, .request.force = true}, now_ns,
		l.node[0].k.word, &out);
	now_ns += 50 * MS;
	step_n1((struct core_event){.type = CORE_EV_LOOK}, now_ns, 1, &out);
	assert_int_equal(core_wire_state(&l.node[0].core, 0, now_ns), HB_INIT);
	now_ns += 6 * MS;
	assert_int_not_equal(core_wire_state(&l.node[0].core, 0, now_ns), HB_INIT);
}

/* Only the newest frame makes a peer deaf (protocol 7): under a retired key nothing is kept of one but that it came. */
static void deaf_is_who_has_sent_nothing_since(void **state)
{
	struct core *c = &l.node[0].core;
	struct beat said = {.session = c->peer[0].session,
			    .seq = 1000,
			    .ts_ns = 1,
			    .flags = HB_F_DEAF,
			    .lease_us = 300000,
			    .interval_us = 50000,
			    .cfg_hash = c->cfg.cfg_hash,
			    .key_id = 1,
			    .key_max = 1,
			    .node = 2};
	struct core_view view = {.run_start_ns = 1,
				 .group[0].word = l.node[0].k.word,
				 .peer[0] = {.last_ns = l.now_ns,
					     .proven = &said,
					     .proven_rx_ns = l.now_ns}};
	struct core_event look = {.type = CORE_EV_LOOK, .now_ns = l.now_ns};
	struct core_out out;

	(void)state;
	core_step(c, &look, &view, &out);
	assert_true(c->peer[0].deaf);
	view.peer[0].last_ns += MS;
	look.now_ns += MS;
	core_step(c, &look, &view, &out);
	assert_false(c->peer[0].deaf);
}

/* An answer names the frame that left by its stamp: of two that are made at once it must not vouch for the other. */
static void two_frames_of_one_instant_have_two_stamps(void **state)
{
	struct core *c = &l.node[0].core;
	struct core_out out;
	uint64_t first_ns;

	(void)state;
	c->send_now = true;
	step_n1((struct core_event){.type = CORE_EV_LOOK}, l.now_ns, l.node[0].k.word, &out);
	first_ns = out.beat.ts_ns;
	assert_int_equal(first_ns, l.now_ns);
	c->send_now = true;
	step_n1((struct core_event){.type = CORE_EV_LOOK}, l.now_ns, l.node[0].k.word, &out);
	assert_int_equal(out.beat.ts_ns, first_ns + 1);
}

static void gate_opened_for_a_candidacy_that_ended_is_shut_first(void **state)
{
	struct core *c = &l.node[1].core;
	struct core_view view = {.group[0].word = l.now_ns + 100 * MS};
	struct core_out out;

	(void)state;
	c->group[0].taking = true;
	core_step(c,
		  &(struct core_event){.type = CORE_EV_TOOK,
				       .now_ns = l.now_ns,
				       .took.word = view.group[0].word,
				       .took.taken = true},
		  &view, &out);
	assert_true(out.n > 0);
	assert_int_equal(out.fx[0].type, CORE_FX_CLOSE);
	assert_int_equal(core_wire_state(c, 0, l.now_ns), HB_INIT);
}

static void verdict_on_an_earlier_silence_is_none(void **state)
{
	struct core *c = &l.node[1].core;
	uint64_t last_ns = l.node[1].k.last_ns;

	(void)state;
	assert_true(last_ns > 0);
	lan_event(&l, 1,
		  (struct core_event){.type = CORE_EV_SILENT,
				      .silent.at_ns = last_ns - 1,
				      .silent.whole = true});
	assert_int_not_equal(c->peer[0].silent_for_ns, last_ns);
	lan_event(&l, 1,
		  (struct core_event){.type = CORE_EV_SILENT,
				      .silent.at_ns = last_ns,
				      .silent.whole = true});
	assert_int_equal(c->peer[0].silent_for_ns, last_ns);
}

static void second_request_to_stop_waits_no_shorter(void **state)
{
	uint64_t until_ns;

	(void)state;
	l.cut[0] = true;
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_STOP});
	until_ns = l.node[0].core.stop_until_ns;
	lan_run(&l, 10 * MS);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_STOP});
	assert_true(l.node[0].core.stop_until_ns == until_ns);
}

/* P1: who has promised nobody else promises itself, and says so. */
static void owner_says_that_it_promises_itself(void **state)
{
	const struct beat_group *heard = &l.node[1].k.proven.group[0];

	(void)state;
	assert_int_equal(heard->state, HB_OWNER);
	assert_int_equal(heard->promise_holder, 1);
	assert_true(heard->promise_epoch == heard->epoch);
}

static void candidate_that_is_to_end_stands_no_more(void **state)
{
	const struct core *c = &l.node[1].core;

	(void)state;
	lan_kill(&l, 0);
	for (unsigned int i = 0; i < 1000 && c->group[0].state != HB_CAND; i++)
		lan_run(&l, MS);
	assert_int_equal(c->group[0].state, HB_CAND);
	lan_event(&l, 1, (struct core_event){.type = CORE_EV_STOP});
	assert_int_equal(c->group[0].state, HB_BACKUP);
	lan_run(&l, 3000 * MS);
	assert_false(l.node[1].running);
	assert_false(lan_live(&l, 1));
}

/* The back-off of a refused candidate; returns when it ends after a step that came `late_ns` late. */
static uint64_t back_off_after_sleep(uint64_t ends_ns, uint64_t late_ns)
{
	struct core *c = &l.node[1].core;
	struct core_view view = {.run_start_ns = 1};
	struct core_out out;

	c->group[0].hold_off_until_ns = ends_ns;
	core_step(c, &(struct core_event){.type = CORE_EV_LOOK, .now_ns = c->deadline_ns + late_ns},
		  &view, &out);
	return c->group[0].hold_off_until_ns;
}

static void what_is_left_of_a_back_off_is_not_slept_through(void **state)
{
	uint64_t due_ns = l.node[1].core.deadline_ns;

	(void)state;
	assert_true(back_off_after_sleep(due_ns + 10 * MS, 500 * MS) == due_ns + 510 * MS);
}

static void a_back_off_that_was_over_before_the_sleep_stays_over(void **state)
{
	uint64_t due_ns = l.node[1].core.deadline_ns;

	(void)state;
	assert_true(back_off_after_sleep(due_ns - MS, 500 * MS) == due_ns - MS);
}

/* Why n1, owner, is none any more once its word is this. */
static enum core_reason why_not_owner(uint64_t word)
{
	struct core_out out;

	step_n1((struct core_event){.type = CORE_EV_LOOK}, l.now_ns, word, &out);
	for (uint32_t i = 0; i < out.n; i++)
		if (out.fx[i].type == CORE_FX_STATE)
			return out.fx[i].state.reason;
	return CORE_R_ASKED;
}

/* A lease's end, or a generation number that XDP wrote (P5). */
static void word_tells_why_the_gate_is_closed(void **state)
{
	(void)state;
	assert_int_equal(why_not_owner(LEASE_GEN_LIMIT), CORE_R_LAPSED);
	lan_pair(&l);
	assert_int_equal(why_not_owner(LEASE_GEN_LIMIT - 1), CORE_R_FENCED);
}

/* A link that fails makes the answer to an open question void, not that to the next one. */
static void question_after_the_link_is_back_counts(void **state)
{
	struct core_group *g = &l.node[0].core.group[0];
	struct core_out out;

	(void)state;
	step_n1((struct core_event){.type = CORE_EV_LINK}, l.now_ns, 1, &out);
	step_n1((struct core_event){.type = CORE_EV_LINK, .link.up = true}, l.now_ns, 1, &out);
	g->cold = true;
	g->probed = false;
	step_n1((struct core_event){.type = CORE_EV_LOOK}, l.now_ns, 1, &out);
	assert_true(g->probing);
	step_n1((struct core_event){.type = CORE_EV_PROBED, .probed.found = CORE_PROBED_NOBODY},
		l.now_ns, 1, &out);
	assert_true(g->probed);
}

/* Without `address-first` a claim is made before its addresses are there; or they were taken off meanwhile. */
static void owner_without_its_addresses_asks_for_them(void **state)
{
	struct core *c = &l.node[1].core;
	const uint64_t word = l.now_ns + 100 * MS;
	struct core_view view = {.run_start_ns = 1, .group[0].word = word};
	bool asked = false;
	struct core_out out;

	(void)state;
	c->group[0].state = HB_CAND;
	c->group[0].taking = true;
	c->group[0].addrs = CORE_ADDRS_OFF;
	core_step(c,
		  &(struct core_event){.type = CORE_EV_TOOK,
				       .now_ns = l.now_ns,
				       .took.word = word,
				       .took.taken = true},
		  &view, &out);
	assert_int_equal(c->group[0].state, HB_OWNER);
	for (uint32_t i = 0; i < out.n; i++)
		asked = asked || out.fx[i].type == CORE_FX_ADDR_ADD;
	assert_true(asked);
}

/* What n1 is after a frame of n2 in `peer` that proves nothing, when n2 has proven nothing for long. */
static enum hb_state after_unproven(enum hb_state peer)
{
	struct core *c = &l.node[0].core;
	struct beat said = {.session = 99,
			    .seq = 1,
			    .ts_ns = 1,
			    .lease_us = 300000,
			    .interval_us = 50000,
			    .cfg_hash = c->cfg.cfg_hash,
			    .key_id = 1,
			    .key_max = 1,
			    .node = 2,
			    .ngroups = 1,
			    .group[0] = {.group = c->cfg.group[0].wire_id, .state = (uint8_t)peer}};
	struct core_view view = {.run_start_ns = 1,
				 .group[0].word = l.node[0].k.word,
				 .peer[0] = {.last_ns = l.now_ns,
					     .unproven = &said,
					     .unproven_rx_ns = l.now_ns}};
	struct core_out out;

	c->peer[0].proven_rx_ns = 0;
	core_step(c, &(struct core_event){.type = CORE_EV_LOOK, .now_ns = l.now_ns}, &view, &out);
	return c->group[0].state;
}

/* P4 */
static void unproven_owner_is_a_rival_and_nobody_else(void **state)
{
	(void)state;
	assert_int_equal(after_unproven(HB_BACKUP), HB_OWNER);
	lan_pair(&l);
	assert_int_equal(after_unproven(HB_OWNER), HB_BACKUP);
}

/* A peer that has not answered this process may hear nothing of it, and counts in its own, shorter lease. */
static void lone_claim_is_as_long_as_the_peers_lease(void **state)
{
	struct core *c = &l.node[1].core;

	(void)state;
	lan_kill(&l, 0);
	for (unsigned int i = 0; i < 1000 && c->group[0].state != HB_CAND; i++)
		lan_run(&l, MS);
	assert_int_equal(c->group[0].state, HB_CAND);
	c->peer[0].acked = false;
	c->peer[0].hold_us = 150000;
	for (unsigned int i = 0; i < 2000 && c->group[0].state == HB_CAND; i++)
		lan_run(&l, MS / 20);
	assert_int_equal(c->group[0].state, HB_OWNER);
	/* (150 - 5) ms by a clock that is 10 % slow. */
	assert_true(lease_deadline_ns(c->group[0].word) <= c->sent_ts_ns + 130500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(look_between_take_and_its_answer_closes_nothing, owner_n1),
		cmocka_unit_test_setup(late_closing_is_proven_late, owner_n1),
		cmocka_unit_test_setup(deaf_is_who_has_sent_nothing_since, owner_n1),
		cmocka_unit_test_setup(two_frames_of_one_instant_have_two_stamps, owner_n1),
		cmocka_unit_test_setup(gate_opened_for_a_candidacy_that_ended_is_shut_first,
				       owner_n1),
		cmocka_unit_test_setup(verdict_on_an_earlier_silence_is_none, owner_n1),
		cmocka_unit_test_setup(second_request_to_stop_waits_no_shorter, owner_n1),
		cmocka_unit_test_setup(candidate_that_is_to_end_stands_no_more, owner_n1),
		cmocka_unit_test_setup(owner_says_that_it_promises_itself, owner_n1),
		cmocka_unit_test_setup(what_is_left_of_a_back_off_is_not_slept_through, owner_n1),
		cmocka_unit_test_setup(a_back_off_that_was_over_before_the_sleep_stays_over,
				       owner_n1),
		cmocka_unit_test_setup(word_tells_why_the_gate_is_closed, owner_n1),
		cmocka_unit_test_setup(question_after_the_link_is_back_counts, owner_n1),
		cmocka_unit_test_setup(owner_without_its_addresses_asks_for_them, owner_n1),
		cmocka_unit_test_setup(unproven_owner_is_a_rival_and_nobody_else, owner_n1),
		cmocka_unit_test_setup(lone_claim_is_as_long_as_the_peers_lease, owner_n1),
	};

	return cmocka_run_group_tests_name("core_step", tests, NULL, NULL);
}
