/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this node says to all others in one frame, and under which key (protocol 4, protocol 5.4). */
#include "core_int.h"

/*
 * `preempt`: better than the owner, and standing by undisturbed for long enough (I8); twice as long after each time that it
 * was given the group and could not serve it. A host that does not reach the owner's address does not ask.
 */
static bool wants_it_back(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];
	uint8_t owner = core_owner(c, group, now_ns);

	if (!c->cfg.group[group].preempt || !g->stable_ns || g->tested_bad ||
	    now_ns < g->stable_ns + (c->cfg.group[group].preempt_delay_ns << g->preempt_fails))
		return false;
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (c->cfg.peer_node[i] == owner)
			return g->priority > c->peer[i].said[group].priority;
	return false;
}

/* A grant is the promise and the echo of the frame that refreshed it (P1), and nobody is granted anything before our own
 * gate is proven closed (P8). */
static bool tells_promise(const struct step *s, uint32_t group)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];

	if (!g->promise_holder || g->promise_until_ns <= s->now_ns ||
	    !core_closed(c, group, s->now_ns))
		return false;
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (c->cfg.peer_node[i] == g->promise_holder)
			return c->peer[i].echo_ts_ns == g->promise_ts_ns;
	return false;
}

static void compose_group(const struct step *s, uint32_t group, struct beat_group *bg)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];
	enum hb_state state = core_wire_state(c, group, s->now_ns);
	bool mine = state == HB_OWNER || state == HB_CAND;

	*bg = (struct beat_group){
		.group = c->cfg.group[group].wire_id,
		.addr_mark = c->cfg.group[group].addr_mark,
		.state = (uint8_t)state,
		.priority = state == HB_FAULT ? 0 : g->priority,
		.epoch = mine || state == HB_RELEASE ? g->epoch : g->owner_epoch,
	};
	if (core_ready(c, group, s->now_ns))
		bg->flags |= HB_GF_READY;
	if (g->drained)
		bg->flags |= HB_GF_DRAINED;
	if (state == HB_BACKUP && (g->ask_until_ns || wants_it_back(c, group, s->now_ns)))
		bg->flags |= HB_GF_PREEMPT_REQ;
	if (state == HB_RELEASE)
		bg->release_to = g->release_to;
	if (mine && !g->promise_holder) {
		bg->promise_holder = c->cfg.node;
		bg->promise_epoch = g->epoch;
	} else if (tells_promise(s, group)) {
		/* Nobody is granted anything before our own gate is proven closed (P8). */
		bg->promise_holder = g->promise_holder;
		bg->promise_epoch = g->promise_epoch;
	} else if (c->cfg.quorum) {
		bg->promise_epoch = core_epoch_seen(g);
	}
}

static uint8_t highest_key(const struct core *c, uint8_t limit)
{
	uint8_t best = 0;

	for (uint32_t i = 0; i < c->cfg.nkeys; i++)
		if (c->cfg.kid[i] <= limit && c->cfg.kid[i] > best)
			best = c->cfg.kid[i];
	return best;
}

static uint8_t lowest_key(const struct core *c)
{
	uint8_t best = UINT8_MAX;

	for (uint32_t i = 0; i < c->cfg.nkeys; i++)
		if (c->cfg.kid[i] < best)
			best = c->cfg.kid[i];
	return best;
}

/* By the rollout: the lowest, the highest, or the highest that every member can verify as far as is known. */
static uint8_t chosen_key(const struct core *c, uint64_t now_ns)
{
	uint8_t limit = UINT8_MAX, key;

	if (c->cfg.rollout == CORE_ROLLOUT_RECEIVE_ONLY)
		return lowest_key(c);
	for (uint32_t i = 0; i < c->cfg.npeers && c->cfg.rollout == CORE_ROLLOUT_PERMISSIVE; i++) {
		const struct core_peer *p = &c->peer[i];

		if (core_heard(c, p, now_ns) && p->key_max < limit)
			limit = p->key_max;
	}
	key = highest_key(c, limit);
	return key ? key : lowest_key(c);
}

/*
 * A pair's peer that proves that it hears us can verify what we sign. One that does not prove it may hold another key by
 * now. If it could verify none of our frames, a loss in one direction would be one in both. So we sign with the lowest
 * and the highest key in turns, which leaves it a beat each 2 T (I4).
 */
static uint8_t signing_key(const struct core *c, uint64_t now_ns)
{
	uint8_t key = chosen_key(c, now_ns);

	if (c->cfg.quorum || !(c->seq & 1))
		return key;
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (!core_proven(c, &c->peer[i], now_ns))
			return key == lowest_key(c) ? highest_key(c, UINT8_MAX) : lowest_key(c);
	return key;
}

/* Whoever proves to this process that it hears us can verify what we sign; of others it is not known which key they have. */
static uint8_t speaks_to(const struct core *c, uint8_t key, uint64_t now_ns)
{
	bool all = true;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		all = all && c->peer[i].acked && core_proven(c, &c->peer[i], now_ns);
	if (all || c->cfg.nkeys < 2)
		return 3;
	return (uint8_t)((key == lowest_key(c) ? 1 : 0) |
			 (key == highest_key(c, UINT8_MAX) ? 2 : 0));
}

/* An old key is refused once all members have signed with the newest one for 2 G. */
static void retire_keys(struct step *s)
{
	struct core *c = s->c;
	uint8_t newest = highest_key(c, UINT8_MAX);
	bool all = c->cfg.rollout != CORE_ROLLOUT_RECEIVE_ONLY && newest != lowest_key(c);

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		all = all && core_proven(c, &c->peer[i], s->now_ns) && c->peer[i].key_id == newest;
	if (!all)
		c->one_key_ns = 0;
	else if (!c->one_key_ns)
		c->one_key_ns = s->now_ns;
	if (c->key_min == newest)
		return;
	if (c->cfg.rollout == CORE_ROLLOUT_ENFORCE ||
	    (c->one_key_ns && s->now_ns >= c->one_key_ns + 2 * c->cfg.t.g_ns)) {
		c->key_min = newest;
		core_emit(s, CORE_FX_KEY_MIN, 0)->key_min.kid = newest;
	}
}

/* Does a member make room for its heir, so that we have to live without its vote for a while (protocol 9)? */
static bool vote_leaves(const struct core *c, uint64_t now_ns)
{
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (c->peer[i].restarting &&
		    !peer_silent(c->peer[i].last_ns, now_ns, c->cfg.t.x_ns))
			return true;
	return false;
}

static void compose_peers(struct step *s, struct beat *b)
{
	struct core *c = s->c;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		struct core_peer *p = &c->peer[i];

		b->peer[i].node = c->cfg.peer_node[i];
		b->peer[i].session = p->session;
		b->peer[i].echo_ts_ns = p->echo_ts_ns;
		b->peer[i].state = core_heard(c, p, s->now_ns);
		if (p->echo_rx_ns && p->echo_rx_ns < s->now_ns)
			b->peer[i].rx_age_us = (uint32_t)((s->now_ns - p->echo_rx_ns) / 1000);
		if (p->long_said && !p->long_told_ns)
			p->long_told_ns = s->now_ns;
	}
}

/* (d) One frame carries everything. */
void core_send(struct step *s)
{
	struct core *c = s->c;
	struct beat *b = &s->out->beat;
	const struct timing *t = &c->cfg.t;
	uint64_t t_ns = core_tick_ns(c, s->now_ns);
	bool longer = c->upgrade_until_ns || vote_leaves(c, s->now_ns);
	uint64_t lease_ns = longer ? t->x_ns : t->lease_ns;
	uint8_t key;

	if (c->deaf && s->now_ns >= c->deaf_until_ns)
		return;
	if (!c->send_now && s->now_ns < c->next_send_ns && s->now_ns < c->answer_ns)
		return;
	c->send_now = false;
	c->answer_ns = CORE_NEVER;
	/* No two frames have one stamp: an answer names the frame that left by it. */
	c->said_ts_ns = core_max(s->now_ns, c->said_ts_ns + 1);
	/* From this frame's stamp: one of the same instant before it has not announced X. */
	if (!longer)
		c->long_from_ns = 0;
	else if (!c->long_from_ns)
		c->long_from_ns = c->said_ts_ns;
	if (!c->first_ts_ns)
		c->first_ts_ns = s->now_ns;
	retire_keys(s);
	/* Only ever early: jitter must not eat into the inequalities. */
	c->next_send_ns = s->now_ns + t_ns - core_random(c, t_ns / 10);
	key = signing_key(c, s->now_ns);
	c->said_keys = speaks_to(c, key, s->now_ns);
	*b = (struct beat){
		.session = c->session,
		.seq = ++c->seq,
		.ts_ns = c->said_ts_ns,
		.lease_us = (uint32_t)(lease_ns / 1000),
		.interval_us = (uint32_t)(t->interval_ns / 1000),
		.hold_us = (uint32_t)judge_hold_us(lease_ns, t->rho_ppm, t->settle_ns),
		.cfg_hash = c->cfg.cfg_hash,
		.cfg_prev = core_prev_told(c),
		.key_id = key,
		.key_max = highest_key(c, UINT8_MAX),
		.flags = (c->upgrade_until_ns ? HB_F_RESTARTING : 0) | (longer ? HB_F_LONG : 0) |
			 (c->deaf ? HB_F_DEAF : 0),
		.node = c->cfg.node,
		.npeers = c->cfg.npeers,
		.ngroups = c->cfg.ngroups,
	};
	compose_peers(s, b);
	for (uint32_t i = 0; i < c->cfg.ngroups; i++) {
		struct core_group *g = &c->group[i];

		compose_group(s, i, &b->group[i]);
		if (g->state == HB_CAND && !g->cand_said_ns)
			g->cand_said_ns = c->said_ts_ns;
	}
	core_emit(s, CORE_FX_SEND, 0);
}
