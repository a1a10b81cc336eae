/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may claim, when, and with whose word: P6, P7, protocol 2.5a; release (P11). */
#include "core_int.h"

static unsigned int rank(const struct core *c, uint32_t group, uint64_t now_ns)
{
	unsigned int better = 0;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (core_proven(c, &c->peer[i], now_ns) &&
		    core_better(c, group, &c->peer[i].said[group], c->cfg.peer_node[i]))
			better++;
	return better;
}

/* Protocol 2.5a: from when on a claim may do without this peer. */
static uint64_t alone_at_ns(const struct core *c, const struct core_view *view,
			    const struct core_peer *p)
{
	const struct timing *t = &c->cfg.t;

	if (c->cfg.alone == CORE_ALONE_NEVER || !view->run_start_ns)
		return CORE_NEVER;
	return core_max(p->last_ns ? p->last_ns + p->g_ns : 0,
			view->run_start_ns + p->g_ns + t->delta_ns + t->sigma_ns);
}

/* A judge that knows it was late does not judge; the third look decides (protocol 2.2). */
static bool judge_alone(struct step *s, struct core_peer *p, uint64_t at_ns, bool verdict)
{
	uint64_t t_ns = s->c->cfg.t.interval_ns;

	if (s->now_ns < at_ns)
		return false;
	if (verdict)
		return true;
	/* The kernel's timer speaks for a peer that was heard in our time; we only if it should have long
	 * ago. One that was silent before our start is ours to judge. */
	if (p->last_ns > s->c->start_ns && s->now_ns < at_ns + 4 * t_ns)
		return false;
	if (s->c->late_ns > t_ns / 2 && p->late_looks < 2) {
		p->late_looks++;
		p->look_again_ns = s->now_ns + t_ns;
	}
	return s->now_ns >= p->look_again_ns;
}

static void judge_peers(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.npeers; i++) {
		struct core_peer *p = &s->c->peer[i];
		uint64_t at = alone_at_ns(s->c, s->view, p);

		p->alone_at_ns = at;
		p->quiet = false;
		p->silent = false;
		if (at == CORE_NEVER)
			continue;
		p->quiet = judge_alone(s, p, at - core_min(at, s->c->cfg.t.c_ns),
				       p->last_ns && p->quiet_for_ns == p->last_ns);
		p->silent = judge_alone(s, p, at, p->last_ns && p->silent_for_ns == p->last_ns);
	}
}

/* P6: the next epoch after all that were seen; it counts once a frame that carries it is out. */
static void number(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	g->epoch_max = EPOCH_NEXT(core_max(g->epoch_max, g->owner_epoch), s->c->cfg.node);
	g->epoch = g->epoch_max;
	g->cand_sent_ns = 0;
	s->c->send_now = true;
}

static void stand(struct step *s, uint32_t group, enum core_reason reason, enum core_reason why)
{
	struct core_group *g = &s->c->group[group];

	number(s, group);
	g->cand_ns = s->now_ns;
	g->why = why;
	core_become(s, group, HB_CAND, reason);
	if (s->c->cfg.group[group].address_first && g->addrs == CORE_ADDRS_OFF) {
		core_emit(s, CORE_FX_ADDR_ADD, group);
		g->addrs = CORE_ADDRS_ADDING;
	}
}

/* A claim may be announced while the promise to a quiet peer still runs; it is made after that (P6). */
static bool may_stand(const struct step *s, uint32_t group, bool quiet)
{
	const struct core_group *g = &s->c->group[group];
	/* The last owner, restarted, and the peer votes: nobody else can have come in between. */
	bool mine = g->owner_epoch && EPOCH_NODE(g->owner_epoch) == s->c->cfg.node;

	for (uint32_t i = 0; i < s->c->cfg.npeers; i++)
		if (s->c->peer[i].cfg_differs && core_heard(s->c, &s->c->peer[i], s->now_ns))
			return false;
	return core_closed(s->c, group, s->now_ns) && !s->c->stop_until_ns && !g->link_down &&
	       !g->stay_out && (quiet || !g->promise_holder) && s->now_ns >= g->hold_off_until_ns &&
	       (!g->cold || g->probed || (!quiet && mine));
}

/* BACKUP: is it time to become a candidate? */
static void consider(struct step *s, uint32_t group)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	bool quiet = true, live = true;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		quiet = quiet && c->peer[i].quiet;
		live = live && core_proven(c, &c->peer[i], s->now_ns);
	}
	if (!may_stand(s, group, quiet))
		return;
	if (quiet)
		stand(s, group, CORE_R_QUIET, CORE_R_SILENCE);
	else if (live && g->named)
		stand(s, group, CORE_R_NAMED, CORE_R_NAMED);
	else if (live && s->now_ns >= g->vacant_ns + rank(c, group, s->now_ns) * c->cfg.t.s_ns)
		stand(s, group, CORE_R_VACANT, CORE_R_GRANTED);
}

/* The time up to which the peers' words carry a lease of this candidate; 0: they do not. */
static uint64_t grant_anchor_ns(const struct core *c, uint32_t group)
{
	const struct core_group *g = &c->group[group];
	uint64_t anchor = c->sent_ts_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_said *said = &c->peer[i].said[group];

		if (c->peer[i].silent)
			continue;
		if (said->promise_holder != c->cfg.node || said->promise_epoch != g->epoch)
			return 0;
		anchor = core_min(anchor, said->echo_ts_ns);
	}
	return anchor;
}

static uint64_t stand_limit_ns(const struct core *c, const struct core_group *g)
{
	return g->cand_ns + c->cfg.t.c_ns + 8 * c->cfg.t.interval_ns;
}

/* How long a claim that could be made waits for its addresses. */
static uint64_t addrs_limit_ns(const struct core *c, const struct core_group *g)
{
	return g->cand_ns + c->cfg.t.c_ns + c->cfg.t.interval_ns;
}

/* CAND: claim if every peer has granted it or is silent, and the claim has been out for C. */
static void pursue(struct step *s, uint32_t group)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	uint64_t wait_ns = g->named ? 0 : c->cfg.t.c_ns;
	uint64_t anchor = grant_anchor_ns(c, group);
	struct core_effect *fx;

	if (s->now_ns >= stand_limit_ns(c, g)) {
		core_step_down(s, group, HB_BACKUP, CORE_R_NO_GRANT);
		g->hold_off_until_ns =
			s->now_ns + c->cfg.t.s_ns + core_random(c, 3 * c->cfg.t.s_ns);
		return;
	}
	if (!g->cand_sent_ns || s->now_ns < g->cand_sent_ns + wait_ns || !anchor)
		return;
	if (g->taking || g->promise_holder || lease_live(g->word, s->now_ns))
		return;
	/* The address should be there first; but whoever holds up netlink must not hold up a takeover. */
	if (g->addrs == CORE_ADDRS_ADDING && s->now_ns < addrs_limit_ns(c, g))
		return;
	/* A gate that would close again before the next beat helps nobody: that beat comes first. */
	if (anchor + c->cfg.t.lease_ns <= s->now_ns + c->cfg.t.interval_ns)
		return;
	/* A higher epoch has been seen since: this one is abandoned, the claim is announced again. */
	if (g->epoch < core_max(g->epoch_max, g->owner_epoch)) {
		number(s, group);
		return;
	}
	fx = core_emit(s, CORE_FX_TAKE, group);
	g->taking = true;
	fx->expect = g->word;
	fx->deadline_ns = anchor + c->cfg.t.lease_ns;
	fx->epoch = g->epoch;
}

/* Says "closed" the moment it is proven: a peer that waits for our vote must not wait for the next tick. */
static void say_closed(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (g->said_closed || !core_closed(s->c, group, s->now_ns))
		return;
	g->said_closed = true;
	s->c->send_now = true;
	if (g->state == HB_INIT)
		core_become(s, group, HB_BACKUP, CORE_R_CLOSED);
}

static void mend(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (s->now_ns < g->retry_ns)
		return;
	if (g->why == CORE_R_ADDRESS)
		core_become(s, group, HB_BACKUP, CORE_R_REPAIRED);
}

static void tend(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	core_promise_expire(s->c, group, s->now_ns);
	if (g->state != HB_OWNER && g->state != HB_CAND)
		say_closed(s, group);
	if (g->state == HB_BACKUP)
		consider(s, group);
	else if (g->state == HB_CAND)
		pursue(s, group);
	else if (g->state == HB_FAULT)
		mend(s, group);
	else if (g->state == HB_RELEASE && s->now_ns >= g->release_until_ns) {
		core_become(s, group, HB_BACKUP, CORE_R_NO_GRANT);
		core_reply(s, group, true, CORE_R_NO_GRANT);
	}
	if (g->ask_until_ns && s->now_ns >= g->ask_until_ns) {
		g->ask_until_ns = 0;
		core_reply(s, group, false, CORE_R_NO_GRANT);
	}
	/* Cold start: nobody has been seen to own it, so ask the LAN before claiming. */
	if (g->cold && !g->probed && !g->probing && !g->link_down && !s->c->stop_until_ns &&
	    (g->state != HB_FAULT || s->now_ns >= g->retry_ns)) {
		g->probing = true;
		core_emit(s, CORE_FX_PROBE, group);
	}
}

/* (c) */
void core_claims(struct step *s)
{
	judge_peers(s);
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++)
		tend(s, i);
}

static void sooner(uint64_t *when, uint64_t candidate_ns, uint64_t now_ns)
{
	if (candidate_ns > now_ns && candidate_ns < *when)
		*when = candidate_ns;
}

uint64_t core_claim_deadline(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];
	const struct timing *t = &c->cfg.t;
	uint64_t when = CORE_NEVER;

	sooner(&when, g->ask_until_ns, now_ns);
	if (g->state == HB_OWNER) {
		sooner(&when, lease_deadline_ns(g->word), now_ns);
		return when;
	}
	sooner(&when, g->closed_ns + t->closed_ns, now_ns);
	sooner(&when, g->release_until_ns, now_ns);
	if (g->state == HB_FAULT)
		sooner(&when, g->retry_ns, now_ns);
	if (g->state != HB_BACKUP && g->state != HB_CAND)
		return when;
	sooner(&when, g->promise_until_ns, now_ns);
	sooner(&when, g->hold_off_until_ns, now_ns);
	sooner(&when, g->vacant_ns + t->s_ns, now_ns);
	if (g->state == HB_CAND) {
		sooner(&when, g->cand_sent_ns + t->c_ns, now_ns);
		sooner(&when, addrs_limit_ns(c, g), now_ns);
		sooner(&when, stand_limit_ns(c, g), now_ns);
	}
	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];
		/* The kernel's verdict wakes us for a peer that was heard; this is for when it does not. */
		uint64_t at = p->alone_at_ns;

		if (at == CORE_NEVER)
			continue;
		sooner(&when, at - core_min(at, t->c_ns), now_ns);
		sooner(&when, at, now_ns);
		sooner(&when, at + 4 * t->interval_ns, now_ns);
		sooner(&when, p->look_again_ns, now_ns);
	}
	return when;
}
