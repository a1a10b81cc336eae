/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes in which nobody dies: pauses, reloads, upgrades, handovers that cost nobody its lease or its role. */
#include "scenes.h"

/* `a` stands still from now on until `b` stands, and some time of its candidacy. When it wakes. */
static uint64_t until_other_stands(struct sim *s, uint32_t a, uint32_t b, uint64_t limit_ns)
{
	do
		s->node[a].frozen_until_ns = s->now_ns + SIM_MS;
	while (s->node[b].core.group[0].state != HB_CAND && scene_next(s, limit_ns));
	s->node[a].frozen_until_ns = s->now_ns + rng_below(&s->rng, s->o.t.c_ns);
	return s->node[a].frozen_until_ns;
}

/* P7 (2): both stand still and one wakes later; once the last holder has been heard again the role stays with it. */
void scene_both_pause(struct sim *s)
{
	const struct timing *t = &s->o.t;

	s->o.classes = CLASS_DAEMON | CLASS_HOST;
	for (unsigned int i = 0; i < 20 && !*s->j.bad; i++) {
		uint32_t a = scene_live(s, 1) ? 1 : 0, b = 1 - a;
		uint64_t both_ns = rng_range(&s->rng, t->lease_ns, 2 * t->lease_ns);
		uint64_t woken_ns = s->now_ns + both_ns + rng_below(&s->rng, 2 * t->g_ns);
		bool heard;

		s->node[b].frozen_until_ns = s->now_ns + both_ns;
		s->node[a].frozen_until_ns = woken_ns;
		if (i % 2)
			woken_ns = until_other_stands(s, a, b, woken_ns + 2 * t->g_ns);
		else
			(void)world_until(s, s->now_ns + both_ns);
		while (!scene_live(s, 0) && !scene_live(s, 1) &&
		       scene_next(s, woken_ns + 100 * t->g_ns))
			;
		heard = s->j.heard_ns[b][a] > woken_ns && s->now_ns > s->j.heard_ns[b][a];
		scene_expect(s, !scene_live(s, b) || !heard,
			     "the role has changed after the last holder was heard again");
		scene_run(s, 30 * t->g_ns);
	}
}

/* Protocol 7: the owner has just been stopped, and its peer, by the same pause, a little longer. */
void scene_late_owner_waits(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t heard_ns = s->j.heard_ns[0][1];

	s->node[0].frozen_until_ns = s->now_ns + t->d_ns - t->interval_ns;
	s->node[1].frozen_until_ns = s->node[0].frozen_until_ns + 3 * t->interval_ns;
	(void)world_until(s, s->node[1].frozen_until_ns - SIM_MS);
	scene_expect(s, s->j.gate[0][0].until_ns < heard_ns + t->lease_ns + 2 * t->interval_ns,
		     "a host that was late itself has taken its peer for dead");
}

/* A better host whose address cannot be added is given the group again and again, each time later than before. */
void scene_preempt_in_vain(struct sim *s)
{
	uint64_t none_ns = 0, begin_ns, limit_ns;
	enum hb_state was = HB_BACKUP;
	unsigned int tries = 0;

	s->o.preempt = true;
	scene_new_file(s, 0, NULL, START_FRESH);
	scene_new_file(s, 1, NULL, START_FRESH);
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	s->node[0].netlink_fails = true;
	begin_ns = s->now_ns;
	limit_ns = begin_ns + 120 * SIM_SECOND;
	while (s->now_ns < limit_ns) {
		bool live = scene_live(s, 0) || scene_live(s, 1);
		uint64_t at_ns = s->now_ns;

		if (!scene_next(s, limit_ns))
			break;
		none_ns += live ? 0 : s->now_ns - at_ns;
		tries += s->node[1].core.group[0].state == HB_RELEASE && was != HB_RELEASE;
		was = s->node[1].core.group[0].state;
	}
	scene_expect(s, tries && tries <= 5, "how often it was given away in vain");
	scene_expect(s, none_ns < tries * 4 * s->o.t.interval_ns, "nobody owned for too long");
	s->node[0].netlink_fails = false;
}

/* Asks a daemon to make room for its heir, until it has. */
static void until_gone(struct sim *s, uint32_t n)
{
	uint64_t limit_ns = s->now_ns + 2 * SIM_SECOND;

	node_post(s, n, (struct core_event){.type = CORE_EV_UPGRADE});
	while (s->node[n].running && scene_next(s, limit_ns))
		;
	scene_expect(s, !s->node[n].running, "it was not replaced");
}

/* A reload of other times that goes from member to member; nobody claims. */
static void roll(struct sim *s, const struct timing *next)
{
	uint64_t claims;

	for (uint32_t n = 0; n < s->o.nodes && !*s->j.bad; n++) {
		bool shorter = next->lease_ns <= s->node[n].t.lease_ns;

		if (!shorter && scene_live(s, n))
			continue; /* a longer lease adopts no gate: that is a handover, not this scene's */
		claims = s->stats.claims;
		until_gone(s, n);
		s->node[n].t = *next;
		scene_run(s, 2 * SIM_SECOND);
		scene_expect(s, s->node[n].running, "n is not back");
		scene_expect(s, s->stats.claims == claims, "somebody claims");
	}
}

void scene_rolling_times(struct sim *s)
{
	struct timing slow = s->o.t, quick = s->o.t;
	struct err e;

	s->o.classes = CLASS_DAEMON | CLASS_ADMIN;
	slow.misses = quick.misses = 5;
	slow.rho_ppm = quick.rho_ppm = 1000;
	slow.settle_ns = quick.settle_ns = SIM_MS / 5;
	slow.interval_ns = 10 * SIM_MS;
	quick.interval_ns = SIM_MS;
	(void)timing_derive(&slow, &e);
	(void)timing_derive(&quick, &e);
	s->o.t = quick; /* frames do not take longer than the shorter of them allows */
	for (uint32_t n = 0; n < s->o.nodes; n++)
		scene_new_file(s, n, &slow, START_FRESH);
	scene_run(s, 4 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	roll(s, &quick);
	roll(s, &slow);
}

/* Protocol 9: the standby is replaced, which takes several leases; the owner may not go on without it. */
static void leaves(struct sim *s, uint32_t n)
{
	uint64_t claims = s->stats.claims, lapses = s->stats.lapses;

	for (unsigned int i = 0; i < 4 && !*s->j.bad; i++) {
		until_gone(s, n);
		/* Longer than L, shorter than X. */
		s->node[n].life++;
		scene_run(s, s->o.t.x_ns * 8 / 10);
		node_start(s, n, START_ADOPT);
		scene_run(s, 2 * SIM_SECOND);
		scene_expect(s, s->stats.claims == claims && s->stats.lapses == lapses,
			     "the owner has lapsed");
	}
}

void scene_needed_vote_leaves_pair(struct sim *s)
{
	s->o.alone = CORE_ALONE_NEVER;
	scene_new_file(s, 0, NULL, START_ADOPT);
	scene_new_file(s, 1, NULL, START_ADOPT);
	scene_run(s, SIM_SECOND);
	leaves(s, 1);
}

void scene_needed_vote_leaves_quorum(struct sim *s)
{
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 2});
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 lost it with the witness");
	leaves(s, 1);
}

/* Protocol 9: a release names nobody who is about to be replaced. */
void scene_successor_is_restarting(struct sim *s)
{
	until_gone(s, 1);
	s->node[1].life++;
	node_post(s, 0, (struct core_event){.type = CORE_EV_RELEASE});
	scene_run(s, SIM_SECOND / 10);
	scene_expect(s, scene_live(s, 0), "it was released to a host that is being replaced");
	node_start(s, 1, START_ADOPT);
	scene_run(s, SIM_SECOND);
}

/* Protocol 9: a daemon that has just begun anew is named: that is no cold start, nobody need be probed. */
void scene_named_after_restart(struct sim *s)
{
	uint64_t begin_ns;

	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	begin_ns = s->now_ns;
	while (!(s->node[0].core.peer[0].said[0].flags & HB_GF_READY) &&
	       scene_next(s, begin_ns + SIM_SECOND))
		;
	begin_ns = s->now_ns;
	node_post(s, 0, (struct core_event){.type = CORE_EV_RELEASE});
	while (!scene_live(s, 1) && scene_next(s, begin_ns + SIM_SECOND))
		;
	scene_expect(s, s->now_ns - begin_ns < 3 * s->o.t.interval_ns, "it took too long");
}

/* XDP is taken off the standby: its owner goes on, and it comes back as a standby. */
void scene_deaf_standby(struct sim *s)
{
	uint64_t claims = s->stats.claims, lapses = s->stats.lapses;

	s->o.classes = CLASS_DAEMON | CLASS_LOCAL;
	for (unsigned int i = 0; i < 4; i++) {
		fault_begin(s, &(struct fault){.kind = FAULT_DEAF, .node = 1});
		scene_run(s, SIM_SECOND);
		fault_end(s, &(struct fault){.kind = FAULT_DEAF, .node = 1});
		scene_run(s, SIM_SECOND);
	}
	scene_expect(s, s->stats.claims == claims && s->stats.lapses == lapses,
		     "the owner has lapsed, or the standby claimed");
}

/*
 * XDP is taken off the standby, whose process is replaced by one that hears: the owner goes on alone beside it, and what it
 * says does not arrive.
 */
void scene_deaf_and_replaced(struct sim *s)
{
	const struct timing *t = &s->o.t;

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_LOCAL;
	fault_begin(s, &(struct fault){.kind = FAULT_DEAF, .node = 1});
	scene_run(s, t->lease_ns - 2 * t->interval_ns);
	node_die(s, 1);
	s->node[1].deaf = false;
	s->link[0][1].cut = true;
	scene_run(s, t->interval_ns);
	node_start(s, 1, START_ADOPT);
	scene_run(s, 3 * SIM_SECOND);
}
