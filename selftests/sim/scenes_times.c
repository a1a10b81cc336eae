/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes of a pair whose hosts read other times while one of them hears nothing of it (I2, P2). */
#include "scenes.h"

/* n2 is gone and n1, which it will not hear until that cut is mended, goes on alone. */
static void alone_unheard(struct sim *s)
{
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	s->link[0][1].cut = true;
	node_die(s, 1);
	scene_run(s, 8 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not go on alone: no scene");
}

/*
 * I2: the last that n2, whose L is 60 ms, has heard of n1's 300 ms is seconds ago when n1 says 60 ms, has the gate of before
 * still, and dies.
 */
void scene_long_gate_unheard(struct sim *s)
{
	struct timing t = scene_times(s, 10 * SIM_MS);

	scene_new_file(s, 1, &t, START_FRESH);
	scene_run(s, SIM_SECOND);
	alone_unheard(s);
	scene_new_file(s, 0, &t, START_ADOPT);
	s->link[0][1].cut = false;
	node_start(s, 1, START_ADOPT);
	scene_run(s, 30 * SIM_MS);
	node_die(s, 0);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 never took over");
}

/*
 * I2, P2: n1 has begun anew with L = 2.4 s, which n2 has never heard of, and relies on n2's own L of 2.4 s; then n2 comes
 * back with one of 300 ms.
 */
void scene_own_lease_of_before(struct sim *s)
{
	struct timing t = scene_times(s, 400 * SIM_MS), usual = s->o.t;

	scene_new_file(s, 1, &t, START_FRESH);
	scene_run(s, 8 * SIM_SECOND);
	s->link[0][1].cut = true;
	scene_new_file(s, 0, &t, START_FRESH);
	scene_run(s, 8 * SIM_SECOND);
	alone_unheard(s);
	s->node[1].t = usual;
	node_start(s, 1, START_ADOPT);
	scene_run(s, 6 * SIM_SECOND);
}

/* P2: the process of n1 that begins anew with L = 2.4 s has heard nothing of n2, which knows of 300 ms. */
void scene_longer_lease_unheard(struct sim *s)
{
	struct timing t = scene_times(s, 400 * SIM_MS);

	alone_unheard(s);
	scene_new_file(s, 0, &t, START_FRESH);
	scene_run(s, 8 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 did not take it again: no scene");
	node_start(s, 1, START_ADOPT);
	scene_run(s, 6 * SIM_SECOND);
}

/* P8: the owner, which is not heard, is killed and started with L = 2.4 s: what it was granted was granted to 300 ms. */
void scene_longer_lease_begins_anew(struct sim *s)
{
	struct timing t = scene_times(s, 400 * SIM_MS);

	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	s->link[0][1].cut = true;
	node_die(s, 0);
	scene_run(s, 2 * s->o.t.interval_ns);
	s->node[0].t = t;
	node_start(s, 0, START_ADOPT);
	scene_run(s, 6 * SIM_SECOND);
}

/*
 * P8: n1 does not hear n2, which owns, and is gone for 250 ms: longer than D of n2, which goes on alone, and than 2 T of 20 ms,
 * but not than 2 T of 145 ms, which it has then, and a shorter L.
 */
void scene_longer_interval_begins_anew(struct sim *s)
{
	struct timing was, t;
	struct err e;

	scene_all_with(s, 20 * SIM_MS, 20, 1000, SIM_MS / 5);
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	was = t = s->o.t;
	was.misses = 31;
	t.interval_ns = 145 * SIM_MS;
	t.misses = 5;
	(void)timing_derive(&was, &e);
	(void)timing_derive(&t, &e);
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_new_file(s, 0, &was, START_FRESH);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 does not own: no scene");
	s->link[1][0].cut = true;
	scene_run(s, 120 * SIM_MS);
	node_die(s, 0);
	scene_run(s, 250 * SIM_MS);
	s->node[0].t = t;
	node_start(s, 0, START_ADOPT);
	scene_run(s, 3 * SIM_SECOND);
}

/*
 * Protocol 5.3: n2 owns, does not hear n1, and still sends as often as n1's interval of before asks for: more often than the
 * daemon of n1 sees frames that prove nothing. n2 dies right after one that it has not seen, by which n2 extended its lease.
 */
void scene_limited_frames_are_life(struct sim *s)
{
	struct timing usual, t;
	uint32_t limited;

	scene_all_with(s, 20 * SIM_MS, 7, 1000, SIM_MS);
	usual = s->o.t;
	t = scene_times(s, 4 * SIM_MS);
	scene_event(s, 1, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_new_file(s, 0, &t, START_ADOPT);
	scene_run(s, SIM_SECOND);
	s->o.classes = CLASS_ONE_WAY | CLASS_DAEMON | CLASS_TIMING;
	s->link[0][1].cut = true;
	scene_new_file(s, 0, &usual, START_FRESH);
	scene_run(s, 200 * SIM_MS);
	scene_expect(s, scene_live(s, 1), "n2 does not own: no scene");
	limited = s->node[0].limited;
	while (s->node[0].limited < limited + 2 && scene_next(s, 60 * SIM_SECOND))
		;
	scene_expect(s, s->node[0].limited == limited + 2, "n2 sends no faster: no scene");
	node_die(s, 1);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 never took over");
}
