/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the peers say: their records into promises, grants and rivals (P1, P4, P10). */
#include "core_int.h"

/* Answers that matter to a candidate leave at once, but two candidates must not set each other on fire. */
static void answer_soon(struct step *s, uint64_t spacing_ns)
{
	uint64_t when_ns = core_max(s->now_ns, s->c->sent_ts_ns + spacing_ns);

	s->c->answer_ns = core_min(s->c->answer_ns, when_ns);
}

/* May a promise be given for what this peer last said? */
static bool may_promise(const struct step *s, uint32_t group, const struct core_peer *p,
			uint8_t node)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];
	const struct core_said *said = &p->said[group];

	if (g->promise_holder && g->promise_holder != node)
		return false;
	/* P9: what was promised before our time may still be relied upon. */
	if (s->now_ns < g->boot_until_ns)
		return false;
	if (!c->cfg.quorum)
		return true;
	/* A frame that was late, its sender has been succeeded since; or a claim that comes too late. */
	return core_compatible(c, p) &&
	       said->epoch >= (said->state == HB_CAND ? core_epoch_seen(g) : g->owner_epoch);
}

/*
 * P1: one holder at a time, refreshed by each of its frames, for G from arrival. A frame that does not refresh it is
 * echoed all the same; the grant stays with the stamp of the one that did, and is told with no other.
 */
static void promise(struct step *s, uint32_t group, const struct core_peer *p, uint8_t node,
		    uint64_t rx_ns)
{
	struct core_group *g = &s->c->group[group];

	core_promise_expire(s->c, group, s->now_ns);
	if (!may_promise(s, group, p, node))
		return;
	g->promise_holder = node;
	g->promise_epoch = p->said[group].epoch;
	g->promise_ts_ns = p->proven_ts_ns;
	g->promise_until_ns = rx_ns + p->g_ns;
}

/* A majority has let go of us before it let another own: an owner of a lower epoch is one of the past. */
static bool is_rival(const struct step *s, uint32_t group, const struct core_said *said)
{
	const struct core_group *g = &s->c->group[group];

	if (s->c->cfg.quorum)
		return said->epoch > g->epoch;
	return said->promise_holder != s->c->cfg.node || said->promise_epoch != g->epoch;
}

static void hear_owner(struct step *s, uint32_t group, const struct core_said *said, uint8_t node)
{
	struct core_group *g = &s->c->group[group];

	g->owner_epoch = core_max(g->owner_epoch, said->epoch);
	g->cold = false;
	g->stay_out = false;
	g->refused = false;
	core_unname(g);
	if (g->state == HB_OWNER && is_rival(s, group, said))
		core_step_down(s, group, HB_BACKUP, CORE_R_RIVAL);
	else if (g->state == HB_CAND)
		core_step_down(s, group, HB_BACKUP, CORE_R_OUTBID);
	else if (g->state == HB_FAULT && g->why == CORE_R_FOREIGN)
		core_repaired(s, group);
	else if (g->state == HB_RELEASE && EPOCH_NODE(said->epoch) == node &&
		 said->epoch > g->epoch)
		core_released(s, group, said->epoch);
	if (said->epoch != g->tested_epoch && g->state != HB_OWNER && !s->c->cfg.witness) {
		g->tested_epoch = said->epoch;
		core_emit(s, CORE_FX_SELFTEST, group)->selftest.epoch = said->epoch;
	}
}

/*
 * P7 (2): the last holder has just lapsed and comes first. It stands itself, in this very step, before it votes for a host
 * that began to stand while both were asleep; no longer than D, should it not come to that.
 */
static bool stands_first(const struct step *s, uint32_t group, const struct core_said *said,
			 uint8_t node)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];

	return g->state == HB_BACKUP && g->owner_epoch &&
	       EPOCH_NODE(g->owner_epoch) == c->cfg.node && g->named_node != node &&
	       !g->promise_holder && core_ready(c, group, s->now_ns) &&
	       s->now_ns >= g->hold_off_until_ns && s->now_ns < g->vacant_ns + c->cfg.t.d_ns &&
	       !core_better(c, group, said, node);
}

static void hear_candidate(struct step *s, uint32_t group, struct core_peer *p, uint8_t node,
			   uint64_t rx_ns)
{
	struct core_group *g = &s->c->group[group];
	const struct core_said *said = &p->said[group];

	if (g->state == HB_CAND && core_better(s->c, group, said, node)) {
		core_step_down(s, group, HB_BACKUP, CORE_R_OUTBID);
		g->hold_off_until_ns = s->now_ns + core_random(s->c, 4 * s->c->cfg.t.s_ns);
	}
	/* The successor that was named waits for nothing but this answer. */
	answer_soon(s, g->state == HB_RELEASE || g->named_node == node
			       ? 0
			       : s->c->cfg.t.interval_ns / 4);
	if (g->state != HB_OWNER && g->state != HB_CAND && !stands_first(s, group, said, node))
		promise(s, group, p, node, rx_ns);
}

static void hear_release(struct step *s, uint32_t group, const struct core_said *said, uint8_t node)
{
	struct core_group *g = &s->c->group[group];

	if (g->promise_holder == node)
		core_vacate(g, s->now_ns);
	/* It has owned until now, in our time: nobody else need be asked for. */
	g->cold = false;
	if (g->state != HB_BACKUP || said->epoch < g->owner_epoch)
		return;
	g->named_by = node;
	g->named_node = said->release_to;
	if (!core_named(s->c, group))
		return;
	g->hold_off_until_ns = 0;
	g->preempted = s->c->cfg.group[group].preempt;
}

/* It holds nothing, and says so because that is proven (P8). */
static void hear_other(struct step *s, uint32_t group, const struct core_said *said, uint8_t node)
{
	struct core_group *g = &s->c->group[group];

	if (g->promise_holder == node)
		core_vacate(g, s->now_ns);
	if (g->named_by == node)
		core_unname(g);
	/* The successor that was named cannot serve it: nobody else is waited for. */
	if (g->state == HB_RELEASE && g->release_to == node && said->state == HB_FAULT) {
		core_released(s, group, 0);
		g->hold_off_until_ns = 0;
	}
	if (g->state == HB_OWNER && (said->flags & HB_GF_PREEMPT_REQ) &&
	    core_ready_peer(s->c, group, node, s->now_ns))
		core_release(s, group, node, CORE_R_PREEMPT);
}

/* What to do about the newest thing that a proven peer said of one group. */
static void weigh(struct step *s, uint32_t group, struct core_peer *p, uint8_t node, uint64_t rx_ns)
{
	const struct core_said *said = &p->said[group];

	switch ((enum hb_state)said->state) {
	case HB_OWNER:
		hear_owner(s, group, said, node);
		promise(s, group, p, node, rx_ns);
		break;
	case HB_CAND:
		hear_candidate(s, group, p, node, rx_ns);
		break;
	case HB_RELEASE:
		hear_release(s, group, said, node);
		break;
	case HB_BACKUP:
	case HB_FAULT:
	case HB_WITNESS:
		hear_other(s, group, said, node);
		break;
	case HB_INIT:
	case HB_STATES:
		break;
	}
}

static void note_group(struct step *s, uint32_t group, struct core_peer *p,
		       const struct beat_group *bg, uint64_t echo_ts_ns)
{
	struct core_group *g = &s->c->group[group];
	bool claims = bg->state == HB_CAND || bg->state == HB_OWNER || bg->state == HB_RELEASE;

	p->said[group] = (struct core_said){
		.epoch = bg->epoch,
		.promise_epoch = bg->promise_epoch,
		.echo_ts_ns = echo_ts_ns,
		.state = bg->state,
		.priority = bg->priority,
		.flags = bg->flags,
		.release_to = bg->release_to,
		.promise_holder = bg->promise_holder,
		.listed = true,
	};
	/* Whoever promises tells for which epoch, whoever does not the highest that it has seen. */
	if (s->c->cfg.quorum)
		g->epoch_max = core_max(g->epoch_max, bg->promise_epoch);
	if (claims)
		g->epoch_max = core_max(g->epoch_max, bg->epoch);
	else
		g->owner_epoch = core_max(g->owner_epoch, bg->epoch);
	/* A partition has healed, and the later owner heard us before we heard it: the higher epoch wins
	 * all the same, since the caches of the clients hold what it announced. */
	if (g->state == HB_OWNER && g->owner_epoch > g->epoch)
		core_step_down(s, group, HB_BACKUP, CORE_R_FENCED);
}

static const struct beat_group *find_group(const struct beat *b, uint16_t wire_id)
{
	for (uint32_t i = 0; i < b->ngroups; i++)
		if (b->group[i].group == wire_id)
			return &b->group[i];
	return NULL;
}

/* What a frame says of its sender, proven or not. */
static void note_sender(const struct core *c, struct core_peer *p, const struct beat *b,
			uint64_t rx_ns)
{
	p->session = b->session;
	p->echo_ts_ns = b->ts_ns;
	p->echo_rx_ns = rx_ns;
	core_note_lease(c, p, b);
	p->interval_ns = b->interval_us * 1000ull;
	p->key_id = b->key_id;
	p->key_max = b->key_max;
}

/* Protocol 9: a peer makes room for its heir, and what it grants us until then must outlast that. */
static void note_restart(struct step *s, struct core_peer *p, const struct beat *b)
{
	bool was = p->restarting;

	p->restarting = b->flags & HB_F_RESTARTING;
	if (p->restarting && !was)
		s->c->send_now = true;
	if (!(b->flags & HB_F_LONG))
		p->long_told_ns = 0;
	else if (!p->long_told_ns)
		answer_soon(s, 0);
	p->long_said = b->flags & HB_F_LONG;
}

static void hear_proven(struct step *s, struct core_peer *p, uint8_t node, const struct beat *b,
			uint64_t rx_ns)
{
	struct core *c = s->c;
	uint64_t echo_ts_ns = 0;

	if (core_left_over(s, p, b, rx_ns))
		return;
	if (p->session != b->session)
		c->send_now = true;
	note_sender(c, p, b, rx_ns);
	p->deaf = b->flags & HB_F_DEAF && rx_ns > p->unproven_rx_ns;
	p->proven_ts_ns = b->ts_ns;
	p->cfg_hash = b->cfg_hash;
	p->cfg_prev = b->cfg_prev;
	for (uint32_t i = 0; i < b->npeers; i++)
		if (b->peer[i].node == c->cfg.node)
			echo_ts_ns = b->peer[i].echo_ts_ns;
	p->acked = p->acked || (c->first_ts_ns && echo_ts_ns >= c->first_ts_ns);
	p->echoed_ts_ns = echo_ts_ns;
	note_restart(s, p, b);
	for (uint32_t k = 0; k < c->cfg.ngroups; k++) {
		const struct beat_group *bg = find_group(b, c->cfg.group[k].wire_id);

		/* Not in its configuration, or not any more: it owns, wants and grants nothing. */
		if (!bg) {
			p->said[k] = (struct core_said){.echo_ts_ns = echo_ts_ns};
			hear_other(s, k, &p->said[k], node);
			continue;
		}
		note_group(s, k, p, bg, echo_ts_ns);
		weigh(s, k, p, node, rx_ns);
	}
}

/* Protocol 5.3: an unproven frame is answered, counts as life, and never grants. */
static void hear_unproven(struct step *s, struct core_peer *p, const struct beat *b, uint64_t rx_ns)
{
	struct core *c = s->c;

	if (core_proven(c, p, s->now_ns) || p->echo_rx_ns > rx_ns)
		return;
	/* An echo of it would prove nothing and keep the peer from knowing us. */
	if (core_left_over(s, p, b, rx_ns))
		return;
	note_sender(c, p, b, rx_ns);
	answer_soon(s, c->cfg.t.interval_ns / 2);
	/* Who owns is decided by votes, and an unproven frame is none. */
	if (c->cfg.quorum)
		return;
	/* P4: only in the daemon, only while nothing better is known of the peer. */
	for (uint32_t k = 0; k < c->cfg.ngroups; k++) {
		const struct beat_group *bg = find_group(b, c->cfg.group[k].wire_id);

		if (bg && bg->state == HB_OWNER && c->group[k].state == HB_OWNER)
			core_step_down(s, k, HB_BACKUP, CORE_R_RIVAL);
	}
}

/* After a silence either side may have told its part of the LAN something: the owner speaks again (G2). */
static void peer_back(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++)
		if (s->c->group[i].state == HB_OWNER)
			core_emit(s, CORE_FX_ANNOUNCE_AGAIN, i);
}

/*
 * A candidate's frame may have come before the one that set our vote free: it need not ask again. What it
 * said last is its newest frame, so the promise counts from when that came.
 */
static void vote_late(struct step *s, uint32_t group)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	uint32_t best = c->cfg.npeers;

	if (g->promise_holder || g->state == HB_OWNER || g->state == HB_CAND)
		return;
	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_said *said = &c->peer[i].said[group];

		if (said->state != HB_CAND || !core_proven(c, &c->peer[i], s->now_ns))
			continue;
		if (best == c->cfg.npeers || c->cfg.peer_node[i] == g->named_node ||
		    (c->cfg.peer_node[best] != g->named_node &&
		     said->priority > c->peer[best].said[group].priority))
			best = i;
	}
	if (best == c->cfg.npeers)
		return;
	promise(s, group, &c->peer[best], c->cfg.peer_node[best], c->peer[best].proven_rx_ns);
	if (g->promise_holder)
		answer_soon(s, 0);
}

/* (b) All records, newest state each. */
void core_hear(struct step *s)
{
	struct core *c = s->c;
	bool back = false;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer_view *v = &s->view->peer[i];
		struct core_peer *p = &c->peer[i];
		const struct timing *t = &c->cfg.t;
		uint64_t own_us = judge_hold_us(t->lease_ns, t->rho_ppm, t->settle_ns);
		uint64_t hold_us = core_max(own_us, v->hold_us_max);

		back = back || (p->last_ns && v->last_ns > p->last_ns + core_d_ns(c, p));
		if (v->last_ns != p->last_ns)
			p->late_looks = 0;
		p->last_ns = v->last_ns;
		p->g_ns = judge_g_of_hold_ns(hold_us, t->rho_ppm);
		if (v->unproven && v->unproven_rx_ns != p->unproven_rx_ns) {
			p->unproven_rx_ns = v->unproven_rx_ns;
			p->deaf = false;
			hear_unproven(s, p, v->unproven, v->unproven_rx_ns);
		}
		if (v->proven && v->proven_rx_ns != p->proven_rx_ns) {
			p->proven_rx_ns = v->proven_rx_ns;
			hear_proven(s, p, c->cfg.peer_node[i], v->proven, v->proven_rx_ns);
		}
		/* A sign of life since, even one of which nothing is kept, as under a retired key, is its newest frame. */
		if (p->last_ns > p->proven_rx_ns)
			p->deaf = false;
	}
	if (back)
		peer_back(s);
	for (uint32_t i = 0; i < c->cfg.ngroups && c->cfg.quorum; i++)
		vote_late(s, i);
}
