/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whom a voter of a quorum promises a group (P1, protocol 8): a witness hears one frame of n1 and makes up its mind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lan.h"

#define NOW_NS (100000 * MS)
#define WIRE_ID 7
#define HASH 100u
#define HASH_BEFORE 99u
#define HASH_NEXT 101u
#define EPOCH(term) ((uint64_t)(term) << 8 | 1)

static struct core c;

/* As if it had run for long: nothing that it promised is unknown. */
static void witness(uint32_t cfg_prev)
{
	static struct lan l; /* its times */
	struct core_config cfg = {.node = 3,
				  .cfg_hash = HASH,
				  .cfg_prev = cfg_prev,
				  .cfg_settled = !cfg_prev,
				  .prev_votes = 2,
				  .quorum = true,
				  .witness = true,
				  .nkeys = 1,
				  .kid = {1},
				  .npeers = 2,
				  .peer_node = {1, 2},
				  .ngroups = 1,
				  .group = {{.wire_id = WIRE_ID}}};
	const struct core_event look = {.type = CORE_EV_LOOK, .now_ns = NOW_NS};
	struct core_view view = {.run_start_ns = 1, .group[0].word = 1};
	struct core_out out;

	lan_usual(&l);
	cfg.t = l.t;
	core_init(&c, &cfg, 55, 1);
	core_step(&c, &look, &view, &out);
	c.group[0].boot_until_ns = 0;
}

/* n1 says `state` under EPOCH(`term`); of that group an owner, and a candidate, of these terms have been seen. */
static uint8_t promised(uint32_t hash, uint32_t prev, enum hb_state state, uint64_t term,
			uint64_t owner_term, uint64_t seen_term)
{
	const uint64_t now_ns = NOW_NS + 10 * MS;
	struct beat b = {.session = 77,
			 .seq = 1,
			 .ts_ns = 1,
			 .lease_us = 300000,
			 .interval_us = 50000,
			 .cfg_hash = hash,
			 .cfg_prev = prev,
			 .key_id = 1,
			 .key_max = 1,
			 .node = 1,
			 .npeers = 1,
			 .ngroups = 1,
			 .peer[0] = {.node = 3, .session = 55, .echo_ts_ns = NOW_NS},
			 .group[0] = {.group = WIRE_ID,
				      .state = (uint8_t)state,
				      .flags = HB_GF_READY,
				      .epoch = EPOCH(term)}};
	struct core_view view = {.run_start_ns = 1,
				 .peer[0] = {.last_ns = now_ns,
					     .proven_rx_ns = now_ns,
					     .proven = &b},
				 .group[0] = {.word = 1,
					      .epoch_max = EPOCH(seen_term),
					      .owner_epoch = EPOCH(owner_term)}};
	const struct core_event look = {.type = CORE_EV_LOOK, .now_ns = now_ns};
	struct core_out out;

	core_step(&c, &look, &view, &out);
	return c.group[0].promise_holder;
}

static void candidate_of_the_highest_epoch(void **state)
{
	(void)state;
	witness(0);
	assert_int_equal(promised(HASH, 0, HB_CAND, 6, 4, 6), 1);
	witness(0);
	assert_int_equal(promised(HASH, 0, HB_CAND, 5, 4, 6), 0);
}

static void owner_that_was_not_succeeded(void **state)
{
	(void)state;
	witness(0);
	assert_int_equal(promised(HASH, 0, HB_OWNER, 5, 5, 6), 1);
	witness(0);
	assert_int_equal(promised(HASH, 0, HB_OWNER, 4, 5, 6), 0);
}

static void no_stranger_to_the_set(void **state)
{
	(void)state;
	witness(0);
	assert_int_equal(promised(HASH_NEXT, 0, HB_CAND, 6, 4, 6), 0);
	witness(0);
	assert_int_equal(promised(HASH_NEXT, HASH_BEFORE, HB_OWNER, 6, 4, 6), 0);
}

static void neighbours(void **state)
{
	(void)state;
	witness(0);
	assert_int_equal(promised(HASH_NEXT, HASH, HB_CAND, 6, 4, 6), 1);
	witness(HASH_BEFORE);
	assert_int_equal(promised(HASH_BEFORE, 0, HB_CAND, 6, 4, 6), 1);
	witness(HASH_BEFORE);
	assert_int_equal(promised(HASH_BEFORE, 0, HB_CAND, 5, 4, 6), 0);
}

static void nothing_before_its_time(void **state)
{
	(void)state;
	witness(0);
	c.group[0].boot_until_ns = NOW_NS + 11 * MS;
	assert_int_equal(promised(HASH, 0, HB_CAND, 6, 4, 6), 0);
	witness(0);
	c.group[0].boot_until_ns = NOW_NS + 10 * MS;
	assert_int_equal(promised(HASH, 0, HB_CAND, 6, 4, 6), 1);
}

/* One frame of n1, which says this of the group, in a view in which nothing else was seen. */
static struct core_out heard(const struct beat_group *said, uint64_t now_ns,
			     enum core_event_type event)
{
	struct beat b = {.session = 77,
			 .seq = 1,
			 .ts_ns = now_ns,
			 .lease_us = 300000,
			 .interval_us = 50000,
			 .cfg_hash = HASH,
			 .key_id = 1,
			 .key_max = 1,
			 .node = 1,
			 .npeers = 1,
			 .ngroups = 1,
			 .peer[0] = {.node = 3, .session = 55, .echo_ts_ns = NOW_NS},
			 .group[0] = *said};
	struct core_view view = {.run_start_ns = 1,
				 .peer[0] = {.last_ns = now_ns,
					     .proven_rx_ns = now_ns,
					     .proven = &b},
				 .group[0].word = 1};
	struct core_out out;

	core_step(&c, &(struct core_event){.type = event, .now_ns = now_ns}, &view, &out);
	return out;
}

/* What a voter says that has promised the group to n2 for that epoch. */
static struct beat_group promised_elsewhere(uint32_t epoch)
{
	return (struct beat_group){.group = WIRE_ID,
				   .state = HB_BACKUP,
				   .epoch = EPOCH(4),
				   .promise_holder = 2,
				   .promise_epoch = EPOCH(epoch)};
}

/* P6: the epoch of a promise that a voter heard of is one that it has seen. */
static void epoch_of_a_promise_counts(void **state)
{
	const struct beat_group voter = promised_elsewhere(6);

	(void)state;
	witness(0);
	(void)heard(&voter, NOW_NS + 5 * MS, CORE_EV_LOOK);
	assert_int_equal(promised(HASH, 0, HB_CAND, 5, 4, 0), 0);
	witness(0);
	(void)heard(&voter, NOW_NS + 5 * MS, CORE_EV_LOOK);
	assert_int_equal(promised(HASH, 0, HB_CAND, 7, 4, 0), 1);
}

/* Protocol 9: without our vote its lease runs out, and it has not heard that we grant it X. */
static void no_upgrade_under_an_owner_that_needs_us(void **state)
{
	const struct beat_group owner = {.group = WIRE_ID,
					 .state = HB_OWNER,
					 .flags = HB_GF_READY,
					 .epoch = EPOCH(5)};
	uint64_t now_ns = NOW_NS + 10 * MS;
	bool said = false;
	struct core_out out;

	(void)state;
	witness(0);
	(void)heard(&owner, now_ns, CORE_EV_LOOK);
	out = heard(&owner, ++now_ns, CORE_EV_UPGRADE);
	assert_true(c.upgrade_until_ns > 0);
	while (c.upgrade_until_ns) {
		out = heard(&owner, now_ns += 10 * MS, CORE_EV_LOOK);
		for (uint32_t i = 0; i < out.n; i++) {
			assert_int_not_equal(out.fx[i].type, CORE_FX_UPGRADE);
			said = said || out.fx[i].type == CORE_FX_UPGRADE_NOT;
		}
	}
	assert_true(said);
}

/* Nobody votes for an epoch that is not the highest: the candidate takes another number at once. */
static void candidate_that_is_outbid_numbers_again(void **state)
{
	const struct beat_group voter = promised_elsewhere(9);

	(void)state;
	witness(0);
	c.cfg.witness = false;
	c.group[0].state = HB_CAND;
	c.group[0].epoch = 5 << 8 | 3;
	c.group[0].cand_ns = NOW_NS + 10 * MS;
	(void)heard(&voter, NOW_NS + 10 * MS, CORE_EV_LOOK);
	assert_int_equal(c.group[0].state, HB_CAND);
	assert_true(c.group[0].epoch > EPOCH(9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(candidate_of_the_highest_epoch),
		cmocka_unit_test(owner_that_was_not_succeeded),
		cmocka_unit_test(no_stranger_to_the_set),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(nothing_before_its_time),
		cmocka_unit_test(epoch_of_a_promise_counts),
		cmocka_unit_test(no_upgrade_under_an_owner_that_needs_us),
		cmocka_unit_test(candidate_that_is_outbid_numbers_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
