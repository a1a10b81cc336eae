/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes in which hosts stall or go deaf and nobody dies: what keeps a lapse from becoming a change of roles (P7). */
#include "scenes.h"

/* P7 (2): both hosts stall for two leases; the role stays, though the other has the better priority. */
void scene_lapse_keeps_the_role(struct sim *s)
{
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 was asked to take it");
	s->node[0].frozen_until_ns = s->node[1].frozen_until_ns = s->now_ns + 2 * s->o.t.lease_ns;
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "a lapse has changed the role");
}

/* P7: the holder has said that it holds nothing, and sleeps; the other learns it late, and wakes a little earlier. */
void scene_holder_wakes_last(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t start_ns = s->now_ns;

	s->node[0].frozen_until_ns = start_ns + t->lease_ns + t->interval_ns;
	s->node[1].frozen_until_ns = start_ns + 2 * t->lease_ns;
	scene_run(s, t->lease_ns + t->interval_ns + SIM_MS);
	s->node[0].frozen_until_ns = start_ns + 2 * t->lease_ns + t->interval_ns;
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "the other has used that its turn was slept through");
}

/* The same with a third, whose vote the other could have before the holder wakes. */
void scene_holder_wakes_last_of_three(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t start_ns = s->now_ns;

	s->node[0].frozen_until_ns = start_ns + t->lease_ns + t->interval_ns;
	s->node[1].frozen_until_ns = s->node[2].frozen_until_ns = start_ns + 2 * t->lease_ns;
	scene_run(s, t->lease_ns + t->interval_ns + SIM_MS);
	s->node[0].frozen_until_ns = start_ns + 2 * t->lease_ns + t->interval_ns;
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "the other has used that its turn was slept through");
}

/* P7: the owner sends but hears nobody any more; its better right must not keep the others waiting for its answer. */
void scene_deaf_owner_is_replaced(struct sim *s)
{
	s->link[1][0].cut = s->link[2][0].cut = true;
	scene_run(s, 3 * s->o.t.g_ns);
	scene_expect(s, scene_live(s, 1) || scene_live(s, 2), "nobody took over from a deaf owner");
}

/* P6, P7: the holder lapses, stands while the other cannot answer, and sleeps longer than a candidate waits. */
void scene_candidate_sleeps(struct sim *s)
{
	const struct timing *t = &s->o.t;

	s->node[0].frozen_until_ns = s->now_ns + t->lease_ns + t->interval_ns / 2;
	scene_run(s, t->lease_ns - t->interval_ns);
	s->node[1].frozen_until_ns = s->now_ns + 2 * t->lease_ns;
	scene_run(s, 3 * t->interval_ns / 2 + SIM_MS);
	scene_expect(s, s->node[0].core.group[0].state == HB_CAND, "it does not stand");
	s->node[0].frozen_until_ns = s->now_ns + 12 * t->interval_ns;
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0),
		     "the holder gave up for what it had not heard in its sleep");
}

/* P1: a voter that cannot serve any more has promised all the same. */
void scene_fault_keeps_the_promise(struct sim *s)
{
	scene_cut(s, 0, 1, true);
	scene_run(s, 2 * s->o.t.g_ns);
	scene_event(s, 2, CORE_EV_TRACK);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "the owner has lost its vote");
}

/* Protocol 7: a standby that is started again grants at once; its owner notices nothing. */
void scene_standby_comes_back(struct sim *s)
{
	uint64_t claims = s->stats.claims, lapses = s->stats.lapses;

	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	scene_run(s, s->o.t.interval_ns);
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0) && s->stats.claims == claims && s->stats.lapses == lapses,
		     "the owner has lapsed");
}

/*
 * READY (protocol 4): n2 has begun anew and its checks have no first result: it is handed nothing, and takes nothing when
 * the owner dies. What it owns when checks are waited for, as after a reload with new ones, it keeps.
 */
void scene_first_check_awaited(struct sim *s)
{
	struct core_event known = {.type = CORE_EV_TRACK, .track.pass = true};
	struct core_event waits = {.type = CORE_EV_TRACK, .track = {.pass = true, .waits = true}};

	s->node[1].track_waits = true;
	scene_new_file(s, 1, NULL, START_FRESH);
	scene_run(s, 2 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_RELEASE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0),
		     "the group was handed to a host that waits for its checks");
	node_die(s, 0);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, !scene_live(s, 1), "a host that waits for its checks owns");
	node_post(s, 1, known);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "the checks pass and nobody owns");
	node_post(s, 1, waits);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "an owner that waits for new checks has let go");
}
