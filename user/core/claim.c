/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Candidacies and claims: when to stand, when to take, when to give up (P6, P7, protocol 7). */
#include "core_int.h"

#define EPOCH_RETRY_NS 10000000000ull
#define TAKE_PROBE_NS 60000000ull

/* P6: the next epoch after all that were seen; it counts once a frame that carries it is out. False: none is left. */
static bool number(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (EPOCH_TERM(core_epoch_seen(g)) >= EPOCH_TERM(UINT64_MAX)) {
		core_emit(s, CORE_FX_ALARM, group)->alarm.reason = CORE_R_EPOCH;
		return false;
	}
	g->epoch_max = EPOCH_NEXT(core_epoch_seen(g), s->c->cfg.node);
	g->epoch = g->epoch_max;
	g->cand_said_ns = 0;
	g->cand_sent_ns = 0;
	s->c->send_now = true;
	return true;
}

/* Outbid: once an interval at most, or two candidates would outbid each other as fast as frames go to and fro. */
static void number_again(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (s->now_ns < g->renumbered_ns + s->c->cfg.t.interval_ns)
		return;
	g->renumbered_ns = s->now_ns;
	if (!number(s, group))
		core_step_down(s, group, HB_BACKUP, CORE_R_EPOCH);
}

static void stand(struct step *s, uint32_t group, enum core_reason reason, enum core_reason why)
{
	struct core_group *g = &s->c->group[group];

	if (!number(s, group)) {
		g->hold_off_until_ns = s->now_ns + EPOCH_RETRY_NS;
		return;
	}
	g->cand_ns = s->now_ns;
	g->why = why;
	core_become(s, group, HB_CAND, reason);
	if (s->c->cfg.group[group].address_first && g->addrs == CORE_ADDRS_OFF) {
		core_emit(s, CORE_FX_ADDR_ADD, group);
		g->addrs = CORE_ADDRS_ADDING;
	}
}

/* READY; and a pair agrees on who it is. In a quorum the votes of those that name other members do not count. */
static bool may_serve(const struct step *s, uint32_t group)
{
	const struct core *c = s->c;

	for (uint32_t i = 0; i < c->cfg.npeers && !c->cfg.quorum; i++)
		if (c->peer[i].proven_rx_ns && c->peer[i].cfg_hash != c->cfg.cfg_hash &&
		    core_heard(c, &c->peer[i], s->now_ns))
			return false;
	return !c->cfg.witness && core_member_stands(c) && core_closed(c, group, s->now_ns) &&
	       core_fit(c, group, s->now_ns) && s->now_ns >= c->group[group].hold_off_until_ns;
}

/* Cold: nobody has been seen to own it since our start. Then the LAN is asked first, and a start-up waits. */
static bool may_begin(const struct step *s, uint32_t group, bool quiet)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];
	/* The last owner, restarted, and the peer votes: nobody else can have come in between. */
	bool mine = g->owner_epoch && EPOCH_NODE(g->owner_epoch) == c->cfg.node;

	if (!g->cold || (!quiet && mine))
		return true;
	return g->probed && (g->ask_until_ns || core_named(c, group) ||
			     s->now_ns >= c->start_ns + c->cfg.hold_off_ns);
}

/*
 * P7: a host of better right can take its turn once it knows that it is heard. Its turn is over when it has answered a
 * frame that was sent since the vacancy began, and still stands by. If it sends but hears nothing, its turn is over after
 * D. If it sleeps, it is silent, and after D nobody waits for a silent host.
 */
static bool my_turn(const struct step *s, uint32_t group)
{
	const struct core_group *g = &s->c->group[group];
	unsigned int rank = core_rank(s->c, group, s->now_ns);

	if (s->now_ns < g->vacant_ns + s->c->cfg.t.d_ns &&
	    !core_better_answered(s->c, group, s->now_ns))
		return false;
	return s->now_ns >= g->vacant_ns + rank * s->c->cfg.t.s_ns;
}

/* alone = "gateway": the beats of the peer may be cut off while it serves, but then it answers for the address. */
static bool may_go_alone(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (s->c->cfg.alone != CORE_ALONE_GATEWAY || core_free_fresh(s->c, group, s->now_ns))
		return true;
	if (!g->probing && s->now_ns >= g->probe_again_ns && core_gateway_fresh(s->c, s->now_ns)) {
		g->probing = true;
		g->take_probing = true;
		g->take_asked_ns = s->now_ns;
		core_emit(s, CORE_FX_PROBE, group)->probe.wait_ns = s->c->cfg.t.c_ns;
	}
	return false;
}

/* A member that does not have the group in its configuration grants nothing: asking again and again helps nobody. */
static bool may_vote(const struct step *s, const struct core_peer *p, uint32_t group)
{
	return core_proven(s->c, p, s->now_ns) &&
	       (!s->c->cfg.quorum || (p->said[group].listed && core_counts(s->c, p)));
}

/* A claim may be announced while the promise to a quiet peer still runs; it is made after that (P6). */
static void consider_pair(struct step *s, uint32_t group)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	bool quiet = true, live = true;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		quiet = quiet && c->peer[i].quiet;
		live = live && may_vote(s, &c->peer[i], group);
	}
	if (!quiet)
		g->served = false;
	if (!may_serve(s, group) || !may_begin(s, group, quiet) || (!quiet && g->promise_holder))
		return;
	if (quiet && may_go_alone(s, group))
		stand(s, group, CORE_R_QUIET, CORE_R_SILENCE);
	else if (quiet)
		return;
	else if (live && core_named(c, group))
		stand(s, group, CORE_R_NAMED, CORE_R_NAMED);
	else if (live && my_turn(s, group))
		stand(s, group, CORE_R_VACANT, CORE_R_GRANTED);
}

/* Is there a majority that is heard and, once we have been refused, not promised to others? */
static bool votes_to_win(const struct step *s, uint32_t group)
{
	const struct core *c = s->c;
	const struct core_group *g = &c->group[group];
	unsigned int votes = 1;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		uint8_t holder = c->peer[i].said[group].promise_holder;

		if (may_vote(s, &c->peer[i], group) &&
		    (!g->refused || !holder || holder == c->cfg.node))
			votes++;
	}
	return votes >= core_majority(c);
}

static void consider_quorum(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (!may_serve(s, group) || !may_begin(s, group, false) || g->promise_holder ||
	    core_owner(s->c, group, s->now_ns) || !votes_to_win(s, group))
		return;
	if (core_named(s->c, group))
		stand(s, group, CORE_R_NAMED, CORE_R_NAMED);
	else if (my_turn(s, group))
		stand(s, group, CORE_R_VACANT, CORE_R_GRANTED);
}

/* Votes are answered at once, so a candidacy that has not won soon is in the way of another. */
static uint64_t stand_limit_ns(const struct core *c, const struct core_group *g)
{
	return g->cand_ns + c->cfg.t.c_ns + (c->cfg.quorum ? 2 : 8) * c->cfg.t.interval_ns;
}

/* How long a claim that could be made waits for its addresses. */
static uint64_t addrs_limit_ns(const struct core *c, const struct core_group *g)
{
	return g->cand_ns + c->cfg.t.c_ns + c->cfg.t.interval_ns;
}

/* P6: a higher epoch has been seen since it was numbered. */
static bool outdated(const struct core_group *g)
{
	return g->epoch < core_epoch_seen(g);
}

/* CAND: claim once the votes are there; in a pair, once the claim has been out for C. */
static void pursue(struct step *s, uint32_t group)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	bool at_once = c->cfg.quorum || core_named(c, group);
	uint64_t wait_ns = at_once ? 0 : c->cfg.t.c_ns;
	uint64_t reach = core_claim_reach_ns(c, group, s->now_ns);
	struct core_effect *fx;

	if (s->now_ns >= stand_limit_ns(c, g)) {
		core_step_down(s, group, HB_BACKUP, CORE_R_NO_GRANT);
		g->hold_off_until_ns =
			s->now_ns + c->cfg.t.s_ns + core_random(c, 3 * c->cfg.t.s_ns);
		g->refused = true;
		return;
	}
	/* Quorum: nobody votes for it any more, so there is nothing to wait for. */
	if (c->cfg.quorum && !g->taking && outdated(g))
		number_again(s, group);
	if (!g->cand_sent_ns || s->now_ns < g->cand_sent_ns + wait_ns || !reach)
		return;
	if (g->taking || g->promise_holder || lease_live(g->word, s->now_ns))
		return;
	/* The address should be there first; but whoever holds up netlink must not hold up a takeover. */
	if (g->addrs == CORE_ADDRS_ADDING && s->now_ns < addrs_limit_ns(c, g))
		return;
	/* A gate that would close again before the next beat helps nobody: that beat comes first. */
	if (reach <= s->now_ns + core_tick_ns(c, s->now_ns))
		return;
	/* This one is abandoned, the claim is announced again. */
	if (outdated(g)) {
		number_again(s, group);
		return;
	}
	fx = core_emit(s, CORE_FX_TAKE, group);
	g->taking = true;
	fx->take.expect = g->word;
	fx->take.deadline_ns = reach;
	fx->take.epoch = g->epoch;
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
		core_become(s, group, s->c->cfg.witness ? HB_WITNESS : HB_BACKUP,
			    s->c->cfg.witness ? CORE_R_WITNESS : CORE_R_CLOSED);
}

static void mend(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (s->now_ns < g->retry_ns)
		return;
	if (g->why == CORE_R_ADDRESS)
		core_repaired(s, group);
}

/* How long it has stood by for the same owner, able to take over: what `preempt` waits for. */
static void note_stable(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (g->state != HB_BACKUP || !core_ready(s->c, group, s->now_ns))
		g->stable_ns = 0;
	else if (!g->stable_ns || g->stable_epoch != g->owner_epoch)
		g->stable_ns = s->now_ns;
	g->stable_epoch = g->owner_epoch;
}

/* Cold start: ask the LAN before claiming. */
static void probe_cold(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (!g->cold || g->probed || g->probing || s->now_ns < g->probe_again_ns || g->link_down ||
	    s->c->stop_until_ns || s->c->cfg.witness ||
	    (g->state == HB_FAULT && s->now_ns < g->retry_ns))
		return;
	g->probing = true;
	/* Somebody waits for the address, which had an owner a moment ago: who is there answers soon. */
	core_emit(s, CORE_FX_PROBE, group)->probe.wait_ns = g->ask_until_ns ? TAKE_PROBE_NS : 0;
}

static void tend(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	core_promise_expire(s->c, group, s->now_ns);
	if (g->state != HB_OWNER && g->state != HB_CAND)
		say_closed(s, group);
	else if (g->state == HB_OWNER &&
		 s->now_ns >= g->took_ns + s->c->cfg.group[group].preempt_delay_ns)
		g->preempt_fails = 0;
	note_stable(s, group);
	if (g->state == HB_BACKUP && s->c->cfg.quorum)
		consider_quorum(s, group);
	else if (g->state == HB_BACKUP)
		consider_pair(s, group);
	else if (g->state == HB_CAND)
		pursue(s, group);
	else if (g->state == HB_FAULT)
		mend(s, group);
	else if (g->state == HB_RELEASE && s->now_ns >= g->release_until_ns)
		core_released(s, group, 0);
	if (s->now_ns >= g->ask_until_ns)
		core_end_ask(s, group, false, CORE_R_NO_GRANT);
	probe_cold(s, group);
}

/* Before anything is heard: what this step sets has not been slept through. */
void core_discount_sleep(struct step *s)
{
	uint64_t late_ns = s->c->late_ns;

	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		g->vacant_ns = core_min(g->vacant_ns + late_ns, s->now_ns);
		if (g->state == HB_CAND)
			g->cand_ns += late_ns;
		if (g->hold_off_until_ns + late_ns > s->now_ns)
			g->hold_off_until_ns += late_ns;
	}
}

/* (c) */
void core_claims(struct step *s)
{
	core_silence(s);
	core_ask_gateway(s);
	core_end_drains(s);
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++)
		tend(s, i);
}

uint64_t core_claim_deadline(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];
	const struct timing *t = &c->cfg.t;
	uint64_t when = CORE_NEVER;

	core_sooner(&when, g->renumbered_ns + t->interval_ns, now_ns);
	core_sooner(&when, g->ask_until_ns, now_ns);
	core_sooner(&when, g->drain_until_ns, now_ns);
	if (g->state == HB_OWNER) {
		core_sooner(&when, lease_deadline_ns(g->word), now_ns);
		return when;
	}
	core_sooner(&when, g->closed_ns + t->closed_ns, now_ns);
	core_sooner(&when, g->release_until_ns, now_ns);
	if (g->state == HB_FAULT)
		core_sooner(&when, g->retry_ns, now_ns);
	if (g->state != HB_BACKUP && g->state != HB_CAND)
		return when;
	core_sooner(&when, g->promise_until_ns, now_ns);
	core_sooner(&when, g->hold_off_until_ns, now_ns);
	core_sooner(&when, g->boot_until_ns, now_ns);
	core_sooner(&when, c->start_ns + c->cfg.hold_off_ns, now_ns);
	for (unsigned int better = 1; better <= c->cfg.npeers; better++)
		core_sooner(&when, g->vacant_ns + better * t->s_ns, now_ns);
	if (g->state == HB_CAND) {
		core_sooner(&when, g->cand_sent_ns + t->c_ns, now_ns);
		core_sooner(&when, addrs_limit_ns(c, g), now_ns);
		core_sooner(&when, stand_limit_ns(c, g), now_ns);
	}
	return core_min(when, core_silence_deadline(c, now_ns));
}
