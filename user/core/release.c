/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Planned handovers (P11, protocol 9): release, drain, failed checks, stop, and room for an heir. */
#include "core_int.h"

/* Stop answering, prove it, then say so and name the successor. Established traffic is served meanwhile. */
void core_release(struct step *s, uint32_t group, uint8_t to, enum core_reason reason)
{
	struct core *c = s->c;
	struct core_group *g = &c->group[group];
	enum hb_state without = g->fault_next ? HB_FAULT : HB_BACKUP;

	/* Before the gate closes: the address is served without a gap. */
	if (to && c->cfg.group[group].drain_ns) {
		g->drain_until_ns = s->now_ns + c->cfg.group[group].drain_ns;
		core_emit(s, CORE_FX_DRAIN, group)->drain.until_ns = g->drain_until_ns;
	}
	core_step_down(s, group, to ? HB_RELEASE : without, reason);
	g->release_to = to;
	g->release_until_ns = s->now_ns + c->cfg.t.closed_ns + c->cfg.t.g_ns;
	if (to) {
		g->hold_off_until_ns = g->release_until_ns + c->cfg.t.s_ns;
	} else {
		g->stay_out = !g->fault_next;
		g->fault_next = false;
		core_outcome(s, group, CORE_EV_RELEASE, true, CORE_R_RELEASED);
	}
}

/* RELEASE is over: the successor was heard (`owner_epoch`), or did not come in time (0). */
void core_released(struct step *s, uint32_t group, uint64_t owner_epoch)
{
	struct core_group *g = &s->c->group[group];

	core_become(s, group, g->fault_next ? HB_FAULT : HB_BACKUP,
		    g->fault_next ? g->fault_why
		    : owner_epoch ? CORE_R_RELEASED
				  : CORE_R_NO_GRANT);
	g->fault_next = false;
	core_outcome(s, group, CORE_EV_RELEASE, owner_epoch != 0,
		     owner_epoch ? CORE_R_RELEASED : CORE_R_NO_GRANT);
	if (owner_epoch)
		core_emit(s, CORE_FX_RELINQUISH, group)->announce.epoch = owner_epoch;
}

/* Is `node` (0: any) the one that makes room for its heir just now? */
static bool restarting(const struct core *c, uint8_t node)
{
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (c->peer[i].restarting && (!node || c->cfg.peer_node[i] == node))
			return true;
	return false;
}

/* CORE_EV_RELEASE and CORE_EV_STAY_OUT, which is a release that lasts. */
void core_on_release(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];
	uint8_t to = core_ready_peer(s->c, ev->group, ev->request.to_node, s->now_ns);
	bool stay_out = ev->type == CORE_EV_STAY_OUT;

	if (g->state != HB_OWNER) {
		if (stay_out && g->state == HB_CAND)
			core_step_down(s, ev->group, HB_BACKUP, CORE_R_DRAINED);
		g->drained = g->drained || stay_out;
		if (stay_out)
			core_end_ask(s, ev->group, false, CORE_R_DRAINED);
		s->c->send_now = true;
		core_reply(s, ev, stay_out, stay_out ? CORE_R_DRAINED : CORE_R_NOT_OWNER);
	} else if (!to && (ev->request.to_node || !ev->request.force)) {
		core_reply(s, ev, false,
			   restarting(s->c, ev->request.to_node) ? CORE_R_RESTARTING
								 : CORE_R_NO_PEER);
	} else {
		g->drained = g->drained || stay_out;
		core_release(s, ev->group, to, stay_out ? CORE_R_DRAINED : CORE_R_ASKED);
	}
}

/* What keeps the group from being served here, but not its owner from hearing: it is given away while somebody can take it. */
static void serve_no_more(struct step *s, uint32_t group, enum core_reason reason)
{
	struct core_group *g = &s->c->group[group];

	if (g->state == HB_OWNER || g->state == HB_RELEASE) {
		g->fault_next = true;
		g->fault_why = reason;
	}
	if (g->state == HB_OWNER)
		core_release(s, group, core_ready_peer(s->c, group, 0, s->now_ns), reason);
	else if (g->state != HB_RELEASE && g->state != HB_FAULT && g->state != HB_WITNESS)
		core_step_down(s, group, HB_FAULT, reason);
}

/* The reason is gone; another may be left. */
static void serve_again(struct step *s, uint32_t group, enum core_reason reason)
{
	struct core_group *g = &s->c->group[group];

	if (g->fault_why == reason)
		g->fault_next = false;
	if (g->state == HB_FAULT && g->why == reason)
		core_repaired(s, group);
}

/* CORE_EV_TRACK */
void core_on_checks(struct step *s, const struct core_event *ev)
{
	s->c->group[ev->group].checks_bad = !ev->track.pass;
	s->c->group[ev->group].checks_wait = ev->track.waits;
	s->c->send_now = true;
	if (ev->track.pass)
		serve_again(s, ev->group, CORE_R_TRACK);
	else
		serve_no_more(s, ev->group, CORE_R_TRACK);
}

/* CORE_EV_FENCE */
void core_on_fence(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	if (g->fence_bad == !ev->fence.there)
		return;
	g->fence_bad = !ev->fence.there;
	s->c->send_now = true;
	if (ev->fence.there)
		serve_again(s, ev->group, CORE_R_FENCE);
	else
		serve_no_more(s, ev->group, CORE_R_FENCE);
}

void core_on_stop(struct step *s, const struct core_event *ev)
{
	struct core *c = s->c;
	bool again = c->stop_until_ns != 0;

	(void)ev;

	/* Asked again, it forgets no successor, but established traffic is forwarded from now on, not served. */
	for (uint32_t i = 0; i < c->cfg.ngroups && again; i++)
		if (c->group[i].drain_until_ns > s->now_ns) {
			c->group[i].drain_until_ns = s->now_ns;
			core_emit(s, CORE_FX_DRAIN, i)->drain.until_ns = s->now_ns;
		}
	if (again)
		return;
	c->stop_until_ns = s->now_ns + c->cfg.t.closed_ns + 2 * c->cfg.t.interval_ns;
	for (uint32_t i = 0; i < c->cfg.ngroups; i++) {
		struct core_group *g = &c->group[i];
		uint8_t to = core_ready_peer(c, i, 0, s->now_ns);

		if (g->state == HB_OWNER) {
			core_release(s, i, to, CORE_R_STOPPING);
			/* Worth waiting for the successor only where there is one. */
			if (to)
				c->stop_until_ns = core_max(c->stop_until_ns, g->release_until_ns);
		} else if (g->state == HB_CAND) {
			core_step_down(s, i, HB_BACKUP, CORE_R_STOPPING);
		}
		c->stop_until_ns = core_max(c->stop_until_ns, g->drain_until_ns);
	}
}

/* The address of a group that was released goes when its drain is over. */
void core_end_drains(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		if (!g->drain_until_ns || s->now_ns < g->drain_until_ns)
			continue;
		g->drain_until_ns = 0;
		if (g->addrs == CORE_ADDRS_OFF || g->state == HB_OWNER || g->state == HB_CAND)
			continue;
		core_emit(s, CORE_FX_ADDR_DEL, i);
		g->addrs = CORE_ADDRS_OFF;
	}
}

/* Would this owner's lease run out without our vote? Of a pair only where it may not go on alone. */
static bool needs_us(const struct core *c, uint64_t now_ns)
{
	unsigned int others = 0;

	if (!c->cfg.quorum)
		return c->cfg.alone == CORE_ALONE_NEVER;
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		others += core_proven(c, &c->peer[i], now_ns) && core_compatible(c, &c->peer[i]);
	return others < core_majority(c);
}

/* Has every owner that needs our vote heard that we grant it X? It extends its lease in the step that hears so. */
static bool owners_provided(const struct core *c, uint64_t now_ns)
{
	if (!needs_us(c, now_ns))
		return true;
	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		for (uint32_t k = 0; k < c->cfg.ngroups; k++)
			if (p->said[k].state == HB_OWNER && core_proven(c, p, now_ns) &&
			    !(p->long_told_ns && p->echoed_ts_ns >= p->long_told_ns))
				return false;
	}
	return true;
}

/* Whoever is heard knows that this host is about to be replaced, and names it for nothing. */
static bool peers_know(const struct core *c, uint64_t now_ns)
{
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (core_proven(c, &c->peer[i], now_ns) &&
		    c->peer[i].echoed_ts_ns < c->long_from_ns)
			return false;
	return true;
}

/* Every own lease reaches X beyond the first frame that announced it. */
static bool leases_reach(const struct core *c, uint64_t reach_ns)
{
	for (uint32_t i = 0; i < c->cfg.ngroups; i++)
		if (c->group[i].state == HB_OWNER &&
		    lease_deadline_ns(c->group[i].word) + 1 < reach_ns)
			return false;
	return true;
}

/*
 * A lease that reaches X beyond the frames that announced it outlives the change of process, our own or that of an owner
 * that needs our vote. A lone owner's never does, and it goes all the same when the time is over; for a peer's we stay.
 */
void core_finish_upgrade(struct step *s)
{
	struct core *c = s->c;
	uint64_t reach_ns = c->long_from_ns + core_long_ns(c);
	bool over = s->now_ns >= c->upgrade_until_ns, provided;

	if (!c->upgrade_until_ns)
		return;
	provided = owners_provided(c, s->now_ns);
	if (!over && !(c->long_from_ns && c->sent_ts_ns >= c->long_from_ns && provided &&
		       peers_know(c, s->now_ns) && leases_reach(c, reach_ns)))
		return;
	/* Frames announce L again: what they are answered with is worth no more than that. */
	c->upgrade_until_ns = 0;
	c->long_from_ns = 0;
	c->send_now = true;
	if (provided)
		core_emit(s, CORE_FX_UPGRADE, 0);
	else
		core_emit(s, CORE_FX_UPGRADE_NOT, 0)->upgrade_not.reason = CORE_R_NEEDED;
}

void core_finish_stop(struct step *s)
{
	struct core *c = s->c;
	bool busy = false;

	if (!c->stop_until_ns)
		return;
	for (uint32_t i = 0; i < c->cfg.ngroups; i++)
		busy = busy || c->group[i].state == HB_RELEASE || c->group[i].drain_until_ns;
	if (busy && s->now_ns < c->stop_until_ns)
		return;
	c->exited = true;
	core_emit(s, CORE_FX_EXIT, 0);
}
