/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a daemon goes on with of what its predecessor left in pinned maps, and what it closes. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "daemon/adopt.h"
#include "daemon/plan.h"
#include "daemon/setup.h"
#include "instance.h"
#include "kern/kern_int.h"
#include "../within.h"

#define SESSION 0x1122334455667788ull
#define NODE 3
#define EPOCH (0x500ull | NODE)
#define LEASE_NS 300000000ull
#define HASH 0xabcd
#define SEQ 1000
#define FAR_NS 1000000000000ull

static struct daemon d;

static int make(const char *name)
{
	struct err e;
	int index = kern_group_make(k, name, true, &e);

	if (index < 0)
		fail_msg("%s", e.text);
	return index;
}

static uint64_t *word_of(const char *name)
{
	return (uint64_t *)&kern_leases(k)[kern_group_find(k, name)];
}

static volatile struct ipt_group *group_of(const char *name)
{
	return &kern_groups(k)[kern_group_find(k, name)];
}

static struct ipt_self left_self(void)
{
	return (struct ipt_self){.session = SESSION,
				 .node = NODE,
				 .cfg_hash = HASH,
				 .lease_ns = LEASE_NS,
				 .settle_ns = 1000};
}

static void left_sent(uint64_t session)
{
	struct ipt_sent sent = {.session = session, .seq = SEQ};
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(k->map[KMAP_SENT], &zero, &sent, BPF_ANY), 0);
}

static void open_gate(const char *name, uint32_t slot, uint64_t epoch)
{
	group_of(name)->binding[slot].epoch = epoch;
	group_of(name)->binding[!slot].epoch = EPOCH + 0x100;
	*word_of(name) = lease_word(clock_now_ns() + FAR_NS, slot);
}

/* A predecessor of the same members owned "web", not "db", and "gone", which is configured no more. */
static int given(void **state)
{
	struct ipt_self self = left_self();

	(void)state;
	memset(&d, 0, sizeof(d));
	d.k = k;
	d.session = 42;
	d.cfg.id = NODE;
	d.cfg.cfg_hash = HASH;
	d.follow.goes_on = true;
	d.cfg.timing.lease_ns = LEASE_NS;
	d.cfg.ngroups = 2;
	(void)snprintf(d.cfg.groups[0].name, sizeof(d.cfg.groups[0].name), "db");
	(void)snprintf(d.cfg.groups[1].name, sizeof(d.cfg.groups[1].name), "web");
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++)
		(void)kern_group_drop(k, i);
	(void)make("gone");
	(void)make("web");
	(void)make("db");
	assert_int_equal(kern_self_set(k, &self), 0);
	left_sent(SESSION);
	open_gate("web", 1, EPOCH);
	open_gate("gone", 0, EPOCH);
	*word_of("db") = 9;
	return 0;
}

static bool is_open(const char *name)
{
	return lease_live(*word_of(name), clock_now_ns());
}

static void test_goes_on(void **state)
{
	uint64_t word = *word_of("web");

	(void)state;
	adopt_predecessor(&d);
	assert_null(d.adopt_not);
	assert_int_equal(d.session, SESSION);
	/* Past what may have left unseen. */
	assert_within(d.adopt.seq, SEQ + 2, SEQ + 1000);
	assert_int_equal(d.adopt.epoch[1], EPOCH);
	assert_int_equal(*word_of("web"), word);
	assert_int_equal(d.adopt.epoch[0], 0);
	assert_int_equal(*word_of("db"), 9);
	assert_false(is_open("gone"));
	assert_true(d.adopt.remembers && !d.adopt.unknown[0] && !d.adopt.unknown[1]);
}

static void nobody_before(void)
{
	struct ipt_self none = {0};

	assert_int_equal(kern_self_set(k, &none), 0);
}

static void nothing_left_yet(void)
{
	left_sent(SESSION + 1);
}

static void other_node(void)
{
	d.cfg.id = NODE + 1;
}

static void other_members(void)
{
	d.follow.goes_on = false;
}

static void longer_lease(void)
{
	d.cfg.timing.lease_ns++;
}

static void longer_interval(void)
{
	d.cfg.timing.interval_ns++;
}

/* Then every gate that a daemon left open is closed, and the session is a new one. */
static void test_does_not(void **state)
{
	static const struct {
		void (*change)(void);
		const char *why;
		bool remembers;
	} cases[] = {
		{nobody_before, "nothing has left under its session", false},
		{nothing_left_yet, "nothing has left under its session", true},
		{other_node, "its members were others", false},
		{other_members, "its members were others", false},
		{longer_lease, "its leases were shorter", true},
		{longer_interval, "its interval was shorter", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)given(state);
		cases[i].change();
		adopt_predecessor(&d);
		assert_string_equal(d.adopt_not, cases[i].why);
		assert_int_equal(d.session, 42);
		assert_true(d.adopt.seq == 0 && !d.adopt.epoch[0] && !d.adopt.epoch[1]);
		assert_false(is_open("web") || is_open("gone"));
		assert_int_equal(d.adopt.remembers, cases[i].remembers);
	}
}

static void test_shorter_lease_goes_on(void **state)
{
	(void)state;
	d.cfg.timing.lease_ns--;
	adopt_predecessor(&d);
	assert_null(d.adopt_not);
	assert_true(is_open("web"));
}

/* Another node's epoch in our gate: held by a command, or by what this node was. */
static void test_not_our_epoch(void **state)
{
	(void)state;
	open_gate("web", 1, EPOCH + 1);
	adopt_predecessor(&d);
	assert_int_equal(d.adopt.epoch[1], 0);
	assert_false(is_open("web"));
	assert_int_equal(d.session, 42);
}

static void test_by_hand_stays(void **state)
{
	(void)state;
	*word_of("web") = lease_word(LEASE_MANUAL, 1);
	*word_of("gone") = lease_word(LEASE_MANUAL, 0);
	adopt_predecessor(&d);
	assert_int_equal(d.adopt.epoch[1], 0);
	assert_true(lease_is_manual(*word_of("web")) && lease_is_manual(*word_of("gone")));
}

static void test_lapsed(void **state)
{
	uint64_t lapsed = lease_word(clock_now_ns(), 1);

	(void)state;
	*word_of("web") = lapsed;
	adopt_predecessor(&d);
	assert_int_equal(d.adopt.epoch[1], 0);
	assert_int_equal(*word_of("web"), lapsed);
}

static void test_what_was_promised(void **state)
{
	volatile struct ipt_group *g = group_of("db");

	g->drained = 1;
	g->priority = 77;
	g->promise_holder = 5;
	g->promise_epoch = 0x605;
	g->promise_until_ns = 1234;
	g->boot_until_ns = 5678;
	adopt_predecessor(&d);
	assert_true(d.adopt.drained[0] && !d.adopt.drained[1]);
	assert_int_equal(d.groups[0].priority_base, 77);
	assert_int_equal(d.adopt.promise[0].holder, 5);
	assert_int_equal(d.adopt.promise[0].epoch, 0x605);
	assert_int_equal(d.adopt.promise[0].until_ns, 1234);
	assert_int_equal(d.adopt.promise[0].boot_until_ns, 5678);
	assert_int_equal(d.adopt.promise[1].holder, 0);
	/* It has ended and says so: to nobody. */
	(void)given(state);
	g = group_of("db");
	g->promise_holder = 5;
	g->promise_until_ns = 0;
	adopt_predecessor(&d);
	assert_int_equal(d.adopt.promise[0].holder, 0);
}

static void test_new_group(void **state)
{
	(void)state;
	assert_int_equal(kern_group_drop(k, (uint32_t)kern_group_find(k, "db")), 0);
	adopt_predecessor(&d);
	assert_true(d.adopt.unknown[0] && !d.adopt.unknown[1]);
	assert_int_equal(d.adopt.epoch[1], EPOCH);
}

static uint32_t hold_after_setup(uint32_t max_us)
{
	static struct ipt_peer rec;
	struct err e;

	rec = (struct ipt_peer){.node = 2, .name = "b", .hold_us_max = max_us};
	assert_int_equal(kern_peer_set(k, 0, &rec), 0);
	if (setup_maps(&d, &e))
		fail_msg("%s", e.text);
	assert_int_equal(kern_peer_get(k, 0, &rec), 0);
	return rec.hold_us_max;
}

/* I2: a peer that has not heard of our shorter leases may go by those that were, and is waited for as long. */
static void test_own_lease_of_before(void **state)
{
	const uint32_t was_us = (uint32_t)judge_hold_us(LEASE_NS, 0, 1000);

	(void)state;
	d.cfg.ngroups = 0;
	d.cfg.npeers = 1;
	d.cfg.peers[0].id = 2;
	(void)snprintf(d.cfg.peers[0].name, sizeof(d.cfg.peers[0].name), "b");
	d.cfg.timing.settle_ns = 1000;
	assert_int_equal(hold_after_setup(80000), 80000);
	d.cfg.timing.lease_ns = LEASE_NS / 5;
	assert_int_equal(hold_after_setup(80000), was_us);
	/* Now these are the leases of before. */
	assert_int_equal(hold_after_setup(80000), 80000);
}

/* The addresses of the groups that the file has, first and last, and none of what lies behind them in memory. */
static void test_floats_by_the_file(void **state)
{
	static struct addr addrs[3];
	static struct config c;
	struct plan p = {.cfg = &c};

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		addrs[i].ip.word_be32[3] = i + 1;
	c.ngroups = 2;
	c.groups[0].addrs = &addrs[0];
	c.groups[1].addrs = &addrs[1];
	c.groups[2].addrs = &addrs[2];
	for (uint32_t i = 0; i < 3; i++)
		c.groups[i].naddrs = 1;
	assert_true(plan_floats(&p, &addrs[0].ip));
	assert_true(plan_floats(&p, &addrs[1].ip));
	assert_false(plan_floats(&p, &addrs[2].ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_goes_on, given),
		cmocka_unit_test_setup(test_does_not, given),
		cmocka_unit_test_setup(test_shorter_lease_goes_on, given),
		cmocka_unit_test_setup(test_not_our_epoch, given),
		cmocka_unit_test_setup(test_by_hand_stays, given),
		cmocka_unit_test_setup(test_lapsed, given),
		cmocka_unit_test_setup(test_what_was_promised, given),
		cmocka_unit_test_setup(test_new_group, given),
		cmocka_unit_test_setup(test_own_lease_of_before, given),
		cmocka_unit_test(test_floats_by_the_file),
	};

	return cmocka_run_group_tests(tests, instance_setup, instance_teardown);
}
