/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drawn faults on the virtual LAN, judged by what the pair promises (protocol 2.1): never two live gates, whatever
 * happens to the daemons and however one direction is cut; one owner again once the faults have stopped.
 * CHAOS_SEEDS=N draws more, CHAOS_SEED=N replays one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

#define SEEDS 1000
#define FAULTS 40
#define QUIET_NS (3000 * MS)

enum {
	KILLS = 1, /* and restarts with the maps kept */
	HANGS = 2, /* SIGSTOP, SIGCONT */
	ONE_WAY =
		4, /* one direction cut; the other only after a long peace: else it counts as two-way */
	BOTH_WAYS = 8, /* two owners are allowed while it lasts, and must end with it */
};

struct chaos {
	struct lan lan;
	uint64_t random;
	unsigned int kinds;
	int direction; /* of the last one-way cut */
	uint64_t cut_ns; /* when it was last seen cut */
};

static unsigned int draw(struct chaos *c, unsigned int below)
{
	c->random += 0x9e3779b97f4a7c15ull; /* splitmix64 */
	uint64_t z = c->random;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (unsigned int)((z ^ z >> 31) % below);
}

static void cut_one_way(struct chaos *c, int from)
{
	if (from != c->direction && c->lan.now_ns - c->cut_ns < QUIET_NS)
		return;
	c->lan.cut[from] = true;
	c->lan.cut[1 - from] = false;
	c->direction = from;
}

static void ask(struct lan *l, int node, enum core_event_type what)
{
	if (l->node[node].running && !l->node[node].stopped)
		lan_event(l, node, (struct core_event){.type = what});
}

static void fault(struct chaos *c)
{
	struct lan *l = &c->lan;
	int node = (int)draw(c, 2);
	unsigned int kind = draw(c, 8);

	if (kind == 0 && (c->kinds & KILLS)) {
		lan_kill(l, node);
	} else if (kind == 1 && (c->kinds & KILLS)) {
		lan_kill(l, node);
		lan_run(l, draw(c, 500) * MS);
		lan_start(l, node);
	} else if (kind == 2 && (c->kinds & KILLS) && !l->node[node].running) {
		lan_start(l, node);
	} else if (kind == 3 && (c->kinds & HANGS)) {
		lan_stop(l, node);
	} else if (kind == 4 && (c->kinds & HANGS)) {
		lan_cont(l, node);
	} else if (kind == 5 && (c->kinds & ONE_WAY)) {
		cut_one_way(c, node);
	} else if (kind == 5 && (c->kinds & BOTH_WAYS)) {
		l->cut[0] = l->cut[1] = true;
	} else if (kind == 6) {
		l->cut[0] = l->cut[1] = false;
	} else if (kind == 7) {
		ask(l, node, draw(c, 2) ? CORE_EV_TAKE : CORE_EV_RELEASE);
	}
}

/* All faults end: two seconds to settle, then nothing may change any more and one owns. */
static void heal(struct chaos *c)
{
	struct lan *l = &c->lan;

	l->cut[0] = l->cut[1] = false;
	for (int i = 0; i < LAN_NODES; i++) {
		lan_cont(l, i);
		if (!l->node[i].running)
			lan_start(l, i);
	}
	lan_run(l, QUIET_NS);
	lan_clear(l);
	lan_run(l, QUIET_NS);
}

static void lan_of_seed(struct chaos *c)
{
	static const struct {
		uint64_t interval_ns;
		unsigned int misses, rho_ppm;
		uint64_t settle_ns;
	} settings[] = {{50 * MS, 7, 100000, 5 * MS},
			{100 * MS, 5, 100000, 5 * MS},
			{20 * MS, 7, 1000, MS}};
	unsigned int i = draw(c, 3);

	lan_init(&c->lan, settings[i].interval_ns, settings[i].misses, settings[i].rho_ppm,
		 settings[i].settle_ns);
	lan_start(&c->lan, 0);
	lan_start(&c->lan, 1);
	lan_run(&c->lan, 2000 * MS);
}

static void one_seed(unsigned int kinds, uint64_t seed)
{
	static struct chaos c;
	struct lan *l = &c.lan;

	c = (struct chaos){.random = seed, .kinds = kinds};
	lan_of_seed(&c);
	for (int i = 0; i < FAULTS; i++) {
		/* The trace tells of the last few faults: that is what a reader can follow. */
		if (i % 8 == 0 && !l->both_steps)
			l->trace[0] = '\0';
		fault(&c);
		lan_run(l, (20 + draw(&c, 700)) * MS);
		if (l->cut[0] || l->cut[1])
			c.cut_ns = l->now_ns;
		if (l->both_steps && !(kinds & BOTH_WAYS))
			fail_msg("seed %llu: two live gates\n%s", (unsigned long long)seed,
				 l->trace);
	}
	heal(&c);
	if (l->both_steps || l->trace[0] || lan_live(l, 0) + lan_live(l, 1) != 1)
		fail_msg("seed %llu: not one owner after the faults: live %d %d\n%s",
			 (unsigned long long)seed, lan_live(l, 0), lan_live(l, 1), l->trace);
}

static void all_seeds(unsigned int kinds)
{
	const char *one = getenv("CHAOS_SEED"), *many = getenv("CHAOS_SEEDS");
	uint64_t seeds = many ? strtoull(many, NULL, 10) : SEEDS;

	assert_true(seeds > 0);
	assert_true(seeds > 0);
	if (one)
		one_seed(kinds, strtoull(one, NULL, 10));
	for (uint64_t seed = 1; !one && seed <= seeds; seed++)
		one_seed(kinds, seed);
}

static void hung_killed_restarted_daemons(void **state)
{
	(void)state;
	all_seeds(KILLS | HANGS);
}

static void one_direction_cut(void **state)
{
	(void)state;
	all_seeds(ONE_WAY);
}

static void one_direction_cut_and_daemons(void **state)
{
	(void)state;
	all_seeds(KILLS | HANGS | ONE_WAY);
}

static void partitions_heal_to_one_owner(void **state)
{
	(void)state;
	all_seeds(BOTH_WAYS);
}

static void partitions_and_daemons_heal_to_one_owner(void **state)
{
	(void)state;
	all_seeds(KILLS | HANGS | BOTH_WAYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hung_killed_restarted_daemons),
		cmocka_unit_test(one_direction_cut),
		cmocka_unit_test(one_direction_cut_and_daemons),
		cmocka_unit_test(partitions_heal_to_one_owner),
		cmocka_unit_test(partitions_and_daemons_heal_to_one_owner),
	};

	return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
