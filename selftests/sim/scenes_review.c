/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes that the rules as implemented do not survive: found by reading, shown here. */
#include "judge.h"
#include "scenes.h"

static void cut(struct sim *s, uint32_t a, uint32_t b, bool on)
{
	s->link[a][b].cut = on;
	s->link[b][a].cut = on;
}

static uint64_t limit_ns;

static bool next(struct sim *s)
{
	if (s->now_ns > limit_ns)
		return false;
	return s->nheap && !*s->j.bad && world_until(s, s->heap[0].at_ns);
}

static void set_times(struct sim *s, uint64_t interval_ns, uint32_t misses, uint32_t rho,
		      uint64_t settle_ns)
{
	struct err e;

	s->o.t = (struct timing){.interval_ns = interval_ns,
				 .misses = misses,
				 .rho_ppm = rho,
				 .settle_ns = settle_ns,
				 .members = s->o.mode == MODE_PAIR ? 0 : s->o.nodes};
	(void)timing_derive(&s->o.t, &e);
	for (uint32_t n = 0; n < s->o.nodes; n++) {
		s->node[n].t = s->o.t;
		node_die(s, n);
		node_start(s, n, START_FRESH);
	}
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own under the new times");
}

/*
 * Quorum. P1, P2: a voter n3 that has seen a higher epoch does not refresh its promise to a candidate n1, but echoes
 * the candidate's newer frames together with it. n1 counts L from those frames: beyond the end of the promise.
 */
static void echo_without_promise(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t first_ns, sent = 0;

	limit_ns = SIM_FOREVER;

	cut(s, 1, 2, true);
	scene_run(s, 3 * t->g_ns);
	cut(s, 0, 1, true);
	scene_run(s, 3 * t->g_ns);
	cut(s, 0, 2, true);
	scene_run(s, 3 * t->g_ns);
	scene_expect(s, !scene_live(s, 0), "n1 still owns");
	limit_ns = s->now_ns + 20 * t->g_ns;
	/* n1 and the witness hear each other again. */
	cut(s, 0, 2, false);
	while (s->node[0].core.group[0].state != HB_CAND && next(s))
		;
	trace(s, "n1 stands; the answers of n3 to n1 are lost");
	s->link[2][0].cut = true;
	while (s->node[2].core.group[0].promise_holder != 1 && next(s))
		;
	first_ns = s->now_ns;
	trace(s, "n3 has promised n1 until %.3f ms", (double)(first_ns + t->g_ns) / 1e6);
	/* n2 hears n3 and is heard by it; never n1. */
	cut(s, 1, 2, false);
	while (s->node[2].core.group[0].epoch_max == s->node[2].core.group[0].promise_epoch &&
	       next(s))
		;
	trace(s, "n3 has seen a higher epoch of n2");
	/* Two more frames of n1, then the answer passes. */
	for (unsigned int i = 0; i < 2; i++) {
		sent = s->node[0].k.sent_seq;
		while (s->node[0].k.sent_seq == sent && s->node[0].core.group[0].state == HB_CAND &&
		       next(s))
			;
		if (s->now_ns > first_ns + 3 * t->interval_ns / 2)
			break;
	}
	scene_expect(s, s->node[0].core.group[0].state == HB_CAND, "n1 stands no more: no scene");
	first_ns = s->j.heard_ns[2][0];
	while (s->j.heard_ns[2][0] == first_ns && next(s))
		;
	trace(s, "n3 has a later frame of n1: n1 -> n3 is cut, n3 -> n1 is not any more");
	s->link[0][2].cut = true;
	s->link[2][0].cut = false;
	while (!scene_live(s, 0) && s->node[0].core.group[0].state == HB_CAND && next(s))
		;
	scene_expect(s, scene_live(s, 0), "n1 was not granted: no scene");
	trace(s, "n1 owns until %.3f ms", (double)s->j.gate[0][0].until_ns / 1e6);
	scene_run(s, 2 * t->g_ns);
}

void rv_echo_without_promise(struct sim *s)
{
	echo_without_promise(s);
}

void rv_echo_without_promise_fast(struct sim *s)
{
	set_times(s, 10 * SIM_MS, 5, 1000, SIM_MS / 5);
	echo_without_promise(s);
}

/* Pair, keys: n1 has the new key already, n2 not yet. Only n2 -> n1 is cut. */
void rv_keys_one_way(struct sim *s)
{
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	s->node[0].kids[0] = 1;
	s->node[0].kids[1] = 2;
	s->node[0].nkids = 2;
	node_die(s, 0);
	node_start(s, 0, START_ADOPT);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it by the reload");
	trace(s, "n2 -> n1 is cut, n1 -> n2 is not");
	s->link[1][0].cut = true;
	scene_run(s, 3 * SIM_SECOND);
}

/* Pair, times: n1 has read a file with T = 10 ms, n2 has 50 ms still. Only n1 -> n2 is cut. */
void rv_times_one_way(struct sim *s)
{
	struct err e;
	struct timing t = s->o.t;

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	t.interval_ns = 10 * SIM_MS;
	scene_expect(s, !timing_derive(&t, &e), "times");
	s->node[0].t = t;
	node_die(s, 0);
	node_start(s, 0, START_ADOPT);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it by the reload");
	trace(s, "n1 -> n2 is cut, n2 -> n1 is not");
	s->link[0][1].cut = true;
	scene_run(s, 3 * SIM_SECOND);
}

/* Quorum: from three members to five, one file after the other; n1 and n2 have the old one when the network splits. */
void rv_members(struct sim *s)
{
	for (uint32_t n = 0; n < 5; n++) {
		node_die(s, n);
		s->node[n].members = n < 2 ? 3 : 0;
		s->node[n].other_config = n < 2;
	}
	for (uint32_t n = 0; n < 3; n++) {
		s->node[n].members = 3;
		s->node[n].other_config = true;
		node_start(s, n, START_FRESH);
	}
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 of three does not own");
	trace(s, "n3 reads the new file, n4 and n5 start with it");
	node_die(s, 2);
	s->node[2].members = 0;
	s->node[2].other_config = false;
	for (uint32_t n = 2; n < 5; n++)
		node_start(s, n, START_FRESH);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it");
	trace(s, "the network splits: n1 n2 | n3 n4 n5");
	for (uint32_t a = 0; a < 2; a++)
		for (uint32_t b = 2; b < 5; b++)
			cut(s, a, b, true);
	scene_run(s, 3 * SIM_SECOND);
}

/* I2: B of a voter with short times is less than G of an owner with long ones. n3 loses its maps and is back at once. */
void rv_boot_wait(struct sim *s)
{
	struct timing t = s->o.t;
	struct err e;

	t.interval_ns = SIM_SECOND;
	scene_expect(s, !timing_derive(&t, &e), "times");
	/* n1 has the old file, T = 1 s, L = 6 s. */
	s->node[0].t = t;
	for (uint32_t n = 0; n < 3; n++) {
		node_die(s, n);
		node_start(s, n, START_FRESH);
	}
	scene_run(s, 20 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, 5 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own");
	trace(s, "n1 - n2 is cut");
	cut(s, 0, 1, true);
	scene_run(s, 15 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it");
	trace(s, "n1 is cut off, n3 loses its maps (detach, run)");
	cut(s, 0, 2, true);
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 2});
	scene_run(s, SIM_SECOND);
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 2});
	s->j.memory_lost = true;
	scene_run(s, 10 * SIM_SECOND);
}

/* Both hosts stand still for the same time, again and again: the role should stay. */
static void pauses(struct sim *s, uint64_t from_ns, uint64_t to_ns)
{
	for (unsigned int i = 0; i < 40 && !*s->j.bad; i++) {
		uint64_t ns = rng_range(&s->rng, from_ns, to_ns);

		trace(s, "both stand still for %.3f ms", (double)ns / 1e6);
		s->node[0].frozen_until_ns = s->node[1].frozen_until_ns = s->now_ns + ns;
		scene_run(s, ns + 40 * s->o.t.interval_ns + rng_below(&s->rng, s->o.t.interval_ns));
		scene_expect(s, !scene_live(s, 1), "n2 has taken over after a common pause");
	}
}

void rv_pause(struct sim *s)
{
	s->o.classes = CLASS_DAEMON | CLASS_HOST;
	set_times(s, SIM_MS, 5, 1000, SIM_MS / 5);
	pauses(s, s->o.t.lease_ns / 2, 4 * s->o.t.lease_ns);
}

void rv_pause_cand(struct sim *s)
{
	s->o.classes = CLASS_DAEMON | CLASS_HOST;
	pauses(s, s->o.t.lease_ns / 2, 4 * s->o.t.lease_ns);
}

/* How often does a pause that both hosts share, though one wakes later, change the role? Printed, not judged. */
static void count_pauses(struct sim *s, uint64_t interval_ns, uint32_t misses, uint32_t rho,
			 uint64_t settle_ns, bool daemons)
{
	unsigned int moved = 0, heard = 0, n = 0;
	uint64_t outage_ns = 0;

	s->o.classes = CLASS_DAEMON | CLASS_HOST;
	set_times(s, interval_ns, misses, rho, settle_ns);
	for (unsigned int i = 0; i < 300 && !*s->j.bad; i++) {
		uint32_t a = scene_live(s, 1) ? 1 : 0, b = 1 - a;
		uint64_t both_ns = rng_range(&s->rng, s->o.t.lease_ns, 2 * s->o.t.lease_ns);
		uint64_t more_ns = rng_below(&s->rng, 2 * s->o.t.g_ns), begin_ns = s->now_ns,
			 woken_ns;

		n++;
		if (daemons) {
			node_hang(s, 0);
			node_hang(s, 1);
			(void)world_until(s, begin_ns + both_ns);
			node_cont(s, b);
			(void)world_until(s, begin_ns + both_ns + more_ns);
			node_cont(s, a);
		} else {
			s->node[b].frozen_until_ns = begin_ns + both_ns;
			s->node[a].frozen_until_ns = begin_ns + both_ns + more_ns;
		}
		woken_ns = begin_ns + both_ns + more_ns;
		(void)world_until(s, begin_ns + both_ns);
		while (!scene_live(s, 0) && !scene_live(s, 1) && s->nheap && !*s->j.bad &&
		       s->now_ns < begin_ns + 100 * s->o.t.g_ns)
			(void)world_until(s, s->heap[0].at_ns);
		outage_ns += s->now_ns - begin_ns - both_ns;
		moved += scene_live(s, b);
		heard += scene_live(s, b) && s->now_ns > woken_ns &&
			 s->j.heard_ns[b][a] > woken_ns && s->now_ns > s->j.heard_ns[b][a];
		if (s->o.trace && scene_live(s, b))
			trace(s, "moved; the owner woke %.3f ms ago, heard %.3f ms ago",
			      (double)(int64_t)(s->now_ns - woken_ns) / 1e6,
			      (double)(s->now_ns - s->j.heard_ns[b][a]) / 1e6);
		scene_run(s, 30 * s->o.t.g_ns);
	}
	(void)printf("# T %g ms, %s: %u pauses, %u changes of role, %u of them after the old owner "
		     "had been heard again; mean outage after the first wakes %.3f ms\n",
		     (double)interval_ns / 1e6, daemons ? "daemons hang" : "hosts stand still", n,
		     moved, heard, (double)outage_ns / n / 1e6);
}

void rv_count_pauses(struct sim *s)
{
	if (s->o.seed > 2)
		return;
	count_pauses(s, SIM_MS, 5, 1000, SIM_MS / 5, s->o.seed == 2);
}

void rv_count_pauses_50(struct sim *s)
{
	if (s->o.seed > 2)
		return;
	count_pauses(s, 50 * SIM_MS, 7, 100000, 5 * SIM_MS, s->o.seed == 2);
}

/* A rolling reload of the interval over five members, 2 s apart: what happens to one group in each phase. */
static void rolling(struct sim *s, uint64_t from_ns, uint64_t to_ns)
{
	struct timing next_t;
	struct err e;
	uint64_t claims, moves, lapses;

	s->o.classes = CLASS_DAEMON | CLASS_ADMIN;
	set_times(s, from_ns, 5, 1000, SIM_MS / 5);
	next_t = s->o.t;
	next_t.interval_ns = to_ns;
	(void)timing_derive(&next_t, &e);
	for (uint32_t n = 0; n <= s->o.nodes && !*s->j.bad; n++) {
		uint64_t none_ns = 0, begin_ns = s->now_ns;

		claims = s->stats.claims, moves = s->stats.moves, lapses = s->stats.lapses;
		while (s->now_ns < begin_ns + 2 * SIM_SECOND && s->nheap && !*s->j.bad) {
			bool live = false;
			uint64_t at_ns = s->now_ns;

			for (uint32_t m = 0; m < s->o.nodes; m++)
				live = live || scene_live(s, m);
			(void)world_until(s, s->heap[0].at_ns);
			none_ns += live ? 0 : s->now_ns - at_ns;
		}
		(void)printf("# %u of %u members at %g ms, the rest at %g ms: in 2 s %llu claims, "
			     "%llu moves, %llu lapses; nobody owns for %.1f %%\n",
			     n, s->o.nodes, (double)to_ns / 1e6, (double)from_ns / 1e6,
			     (unsigned long long)(s->stats.claims - claims),
			     (unsigned long long)(s->stats.moves - moves),
			     (unsigned long long)(s->stats.lapses - lapses), (double)none_ns / 2e7);
		if (n == s->o.nodes)
			break;
		/* Room is made as by `reload`: X is announced, if four of the own intervals are enough for that. */
		node_post(s, n, (struct core_event){.type = CORE_EV_UPGRADE});
		scene_run(s, 4 * s->node[n].t.interval_ns);
		node_die(s, n);
		scene_run(s, 60 * SIM_MS);
		s->node[n].t = next_t;
		node_start(s, n, to_ns > from_ns ? START_FRESH : START_ADOPT);
		if (n == 0 && to_ns > from_ns)
			(void)printf("# (a longer lease: nothing is adopted)\n");
	}
	if (*s->j.bad)
		(void)printf("# %s: %s\n", s->j.rule, s->j.bad);
	*s->j.bad = 0;
}

void rv_rolling_down(struct sim *s)
{
	if (s->o.seed == 1)
		rolling(s, 10 * SIM_MS, SIM_MS);
}

void rv_rolling_up(struct sim *s)
{
	if (s->o.seed == 1)
		rolling(s, SIM_MS, 10 * SIM_MS);
}

/* Pair, times: what an unproven frame says of its sender's lease is not kept. n2 has T = 1 s, L = 6 s; n1 -> n2 is cut. */
void rv_unproven_lease(struct sim *s)
{
	struct timing t = s->o.t;
	struct err e;

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	t.interval_ns = SIM_SECOND;
	scene_expect(s, !timing_derive(&t, &e), "times");
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, 5 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 was asked to take it: no scene");
	trace(s, "n1 -> n2 is cut, n2 -> n1 is not; n2 reloads a file with T = 1 s 2 s later: a "
		 "new session");
	s->node[1].t = t;
	s->link[0][1].cut = true;
	scene_run(s, 2 * SIM_SECOND);
	node_die(s, 1);
	node_start(s, 1, START_FRESH);
	scene_run(s, 30 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 does not own: no scene");
	trace(s, "the daemon of n2 is killed; its gate is open until %.1f ms",
	      (double)s->j.gate[1][0].until_ns / 1e6);
	node_die(s, 1);
	scene_run(s, 6 * SIM_SECOND);
}

/* A better host with preempt whose address cannot be added: how often is the group handed over in vain? */
void rv_preempt_in_vain(struct sim *s)
{
	uint64_t none_ns = 0, begin_ns;
	unsigned int tries = 0;
	enum hb_state was = HB_BACKUP;

	if (s->o.seed > 1)
		return;
	s->o.preempt = true;
	for (uint32_t n = 0; n < 2; n++) {
		node_die(s, n);
		node_start(s, n, START_FRESH);
	}
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	s->node[0].netlink_fails = true;
	begin_ns = s->now_ns;
	while (s->now_ns < begin_ns + 120 * SIM_SECOND && s->nheap && !*s->j.bad) {
		bool live = scene_live(s, 0) || scene_live(s, 1);
		uint64_t at_ns = s->now_ns;

		(void)world_until(s, s->heap[0].at_ns);
		none_ns += live ? 0 : s->now_ns - at_ns;
		tries += s->node[1].core.group[0].state == HB_RELEASE && was != HB_RELEASE;
		was = s->node[1].core.group[0].state;
	}
	(void)printf("# preempt-delay %.1f s, 120 s: handed over in vain %u times, nobody owns for "
		     "%.2f s\n",
		     (double)s->o.preempt_delay_ns / 1e9, tries, (double)none_ns / 1e9);
}

/* Five members, one with another file: the owner's host dies. */
void rv_one_differs(struct sim *s)
{
	node_die(s, 4);
	s->node[4].other_config = true;
	node_start(s, 4, START_FRESH);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own: no scene");
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	scene_run(s, 600 * SIM_SECOND);
	for (uint32_t n = 1; n < 5; n++)
		if (scene_live(s, n))
			return;
	scene_expect(s, false,
		     "nobody owns for ten minutes: four of five live and hear each other, one has "
		     "another file");
}
