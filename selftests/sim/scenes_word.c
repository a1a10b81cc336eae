/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes about what a host may take for the word of another: grants, leases, keys, numbers (P1, P2, protocol 5). */
#include "scenes.h"

void scene_cut(struct sim *s, uint32_t a, uint32_t b, bool on)
{
	s->link[a][b].cut = on;
	s->link[b][a].cut = on;
}

void scene_new_file(struct sim *s, uint32_t n, const struct timing *t, enum start_how how)
{
	if (t)
		s->node[n].t = *t;
	node_die(s, n);
	node_start(s, n, how);
}

bool scene_next(struct sim *s, uint64_t limit_ns)
{
	return s->now_ns <= limit_ns && s->nheap && !*s->j.bad && world_until(s, s->heap[0].at_ns);
}

struct timing scene_times(const struct sim *s, uint64_t interval_ns)
{
	struct timing t = s->o.t;
	struct err e;

	t.interval_ns = interval_ns;
	(void)timing_derive(&t, &e);
	return t;
}

void scene_all_with(struct sim *s, uint64_t interval_ns, uint32_t misses, uint32_t rho_ppm,
		    uint64_t settle_ns)
{
	struct timing t = s->o.t;
	struct err e;

	t = (struct timing){.interval_ns = interval_ns,
			    .misses = misses,
			    .rho_ppm = rho_ppm,
			    .settle_ns = settle_ns,
			    .members = t.members};
	(void)timing_derive(&t, &e);
	s->o.t = t;
	for (uint32_t n = 0; n < s->o.nodes; n++)
		scene_new_file(s, n, &t, START_FRESH);
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own under the new times");
}

/* All are apart, n1 and the witness n3 meet again, and n3's answers to n1 are lost. */
static void candidate_unanswered(struct sim *s, uint64_t limit_ns)
{
	const struct timing *t = &s->o.t;

	scene_cut(s, 1, 2, true);
	scene_run(s, 3 * t->g_ns);
	scene_cut(s, 0, 1, true);
	scene_run(s, 3 * t->g_ns);
	scene_cut(s, 0, 2, true);
	scene_run(s, 3 * t->g_ns);
	scene_cut(s, 0, 2, false);
	while (s->node[0].core.group[0].state != HB_CAND && scene_next(s, limit_ns))
		;
	s->link[2][0].cut = true;
	while (s->node[2].core.group[0].promise_holder != 1 && scene_next(s, limit_ns))
		;
}

/*
 * P1, P2: n3 has promised n1, hears of a higher epoch of n2, and does not refresh the promise any more. Its echo of n1's
 * next frame reaches n1, and no frame of n1 reaches n3 after that.
 */
void scene_grant_goes_with_its_frame(struct sim *s)
{
	const struct core_group *witness = &s->node[2].core.group[0];
	uint64_t first_ns, limit_ns;

	scene_all_with(s, 10 * SIM_MS, 5, 1000, SIM_MS / 5);
	limit_ns = s->now_ns + 100 * s->o.t.g_ns;
	candidate_unanswered(s, limit_ns);
	scene_cut(s, 1, 2, false);
	while (witness->epoch_max == witness->promise_epoch && scene_next(s, limit_ns))
		;
	for (unsigned int i = 0; i < 2; i++) {
		first_ns = s->j.heard_ns[2][0];
		while (s->j.heard_ns[2][0] == first_ns && scene_next(s, limit_ns))
			;
	}
	s->link[0][2].cut = true;
	s->link[2][0].cut = false;
	scene_run(s, 6 * s->o.t.g_ns);
}

/* I2: n1 has the file of before, L = 6 s, n3 a shorter L, and n3 loses its maps and is back at once. */
void scene_lost_memory_of_a_long_lease(struct sim *s)
{
	struct timing t = scene_times(s, SIM_SECOND);

	scene_new_file(s, 0, &t, START_FRESH);
	scene_new_file(s, 1, NULL, START_FRESH);
	scene_new_file(s, 2, NULL, START_FRESH);
	scene_run(s, 20 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, 5 * SIM_SECOND);
	scene_cut(s, 0, 1, true);
	scene_run(s, 15 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it");
	scene_cut(s, 0, 2, true);
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 2});
	scene_run(s, SIM_SECOND / 10);
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 2});
	scene_run(s, 20 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1) || scene_live(s, 2), "nobody took over");
}

/* Protocol 5.4: n1 has the new key already, n2 not yet, and n1 does not hear n2 any more. */
void scene_keys_one_way(struct sim *s)
{
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	s->node[0].kids[1] = 2;
	s->node[0].nkids = 2;
	scene_new_file(s, 0, NULL, START_ADOPT);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it by the reload");
	s->link[1][0].cut = true;
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1, which n2 can hear, does not go on alone");
}

/* The same, where n1's process is a new one that has never heard n2, in every rollout. */
void scene_keys_never_heard(struct sim *s)
{
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	s->o.rollout = (enum core_rollout)(s->o.seed % (CORE_ROLLOUT_ENFORCE + 1));
	s->link[1][0].cut = true;
	scene_run(s, 3 * SIM_SECOND);
	s->node[0].kids[1] = 2;
	s->node[0].nkids = 2;
	scene_new_file(s, 0, NULL, START_FRESH);
	scene_run(s, 3 * SIM_SECOND);
}

/* The same, where n1 goes on alone, and its daemon hangs after a frame that n2 may be unable to verify. */
void scene_keys_lone_owner_hangs(struct sim *s)
{
	struct fault stop = {.kind = FAULT_STOP, .node = 0};

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	s->o.rollout = CORE_ROLLOUT_RECEIVE_ONLY;
	s->node[0].kids[1] = 2;
	s->node[0].nkids = 2;
	scene_new_file(s, 0, NULL, START_ADOPT);
	s->link[1][0].cut = true;
	for (uint32_t i = 1; i <= 6; i++) {
		scene_run(s, 3 * SIM_SECOND + i * s->o.t.interval_ns / 3);
		scene_expect(s, scene_live(s, 0), "n1 does not go on alone");
		fault_begin(s, &stop);
		scene_run(s, 2 * s->o.t.g_ns);
		fault_end(s, &stop);
	}
}

/* I4: n1 has T = 10 ms, n2 50 ms still, and has never heard n1 in this life, so that it knows of no faster beat. */
void scene_times_one_way(struct sim *s)
{
	struct timing t = scene_times(s, 10 * SIM_MS);
	struct fault boot = {.kind = FAULT_REBOOT, .node = 1};

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON;
	scene_new_file(s, 0, &t, START_ADOPT);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it by the reload");
	fault_begin(s, &boot);
	s->link[0][1].cut = true;
	fault_end(s, &boot);
	scene_run(s, 3 * SIM_SECOND);
}

/* I2: n2 is started with L = 6 s and never hears n1, which hears it; and n2's daemon is killed. */
void scene_unproven_lease_counts(struct sim *s)
{
	struct timing t = scene_times(s, SIM_SECOND);
	struct fault boot = {.kind = FAULT_REBOOT, .node = 1};

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	fault_begin(s, &boot);
	s->link[0][1].cut = true;
	s->node[1].t = t;
	fault_end(s, &boot);
	scene_run(s, 30 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 does not own: no scene");
	node_die(s, 1);
	scene_run(s, 9 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 never took over");
}

/*
 * I2: n1 has begun anew with L = 60 ms and assumes X of n2, which owns with L = 300 ms. When that X has run out n2 says 60 ms, has the gate
 * of before still, and dies.
 */
void scene_hold_between(struct sim *s)
{
	struct timing t = scene_times(s, 10 * SIM_MS);
	struct fault boot = {.kind = FAULT_REBOOT, .node = 0};
	uint64_t begin_ns;

	s->o.classes = CLASS_DAEMON | CLASS_TIMING;
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 was asked to take it: no scene");
	fault_begin(s, &boot);
	s->node[0].t = t;
	fault_end(s, &boot);
	begin_ns = s->now_ns;
	(void)world_until(s, begin_ns + s->o.t.b_ns - 40 * SIM_MS);
	scene_new_file(s, 1, &t, START_ADOPT);
	(void)world_until(s, begin_ns + s->o.t.b_ns + 40 * SIM_MS);
	node_die(s, 1);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 never took over");
}

/* P2: n2 begins anew with a longer lease, n1 cannot hear it, and hangs, so that n2 goes on alone; then n1 wakes. */
void scene_lease_not_acknowledged(struct sim *s)
{
	struct timing t = scene_times(s, 400 * SIM_MS);

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	s->link[1][0].cut = true;
	scene_run(s, 2 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 did not take over: no scene");
	scene_new_file(s, 1, &t, START_FRESH);
	scene_run(s, 2 * SIM_SECOND);
	node_hang(s, 0);
	scene_run(s, 6 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 did not take over: no scene");
	node_cont(s, 0);
	scene_run(s, 3 * SIM_SECOND);
}

/* Protocol 5.3: n2's file is n1's, with the peer's address changed: both say that they are n1. */
void scene_copied_file(struct sim *s)
{
	s->o.classes = CLASS_DAEMON;
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	s->node[1].id = 1;
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	for (unsigned int i = 0; i < 100; i++) {
		scene_run(s, SIM_SECOND / 10);
		scene_expect(s, !scene_live(s, 0) || !scene_live(s, 1), "both own");
	}
}

/* P6: a flood of higher epochs sets nobody on fire: a candidate answers it once an interval. */
void scene_outbid_flood(struct sim *s)
{
	struct kernel *k = &s->node[1].k;
	uint64_t seq;

	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	while (s->node[1].core.group[0].state != HB_CAND && scene_next(s, s->now_ns + SIM_SECOND))
		;
	seq = k->sent_seq;
	for (unsigned int i = 0; i < 100; i++) {
		k->epoch_max[0] += 256;
		node_ring(s, 1);
		scene_run(s, SIM_MS / 5);
	}
	scene_expect(s, k->sent_seq - seq < 10, "a heartbeat for each higher epoch");
}

/* P6: a host that has seen the last of all epochs does not stand: the next one would be 0. */
void scene_last_epoch(struct sim *s)
{
	uint64_t limit_ns = s->now_ns + 3 * SIM_SECOND;

	s->node[1].k.epoch_max[0] = UINT64_MAX;
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	while (s->node[1].core.group[0].state != HB_CAND && scene_next(s, limit_ns))
		;
	scene_expect(s, s->node[1].core.group[0].state != HB_CAND,
		     "it stands under an epoch that has wrapped");
}

/*
 * Protocol 5.3: n2 hears n1 but proves nothing to it, and its limit of such frames is full, counted in T = 400 ms; then it
 * reads a file with T = 50 ms.
 */
void scene_limit_of_before(struct sim *s)
{
	struct timing t = scene_times(s, 400 * SIM_MS), usual = s->o.t;

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	s->link[1][0].cut = true;
	scene_new_file(s, 1, &t, START_FRESH);
	scene_run(s, 8 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not go on alone: no scene");
	scene_new_file(s, 1, &usual, START_ADOPT);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 was taken for dead");
}
