/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Outcomes of effects, and requests from outside: what each changes in the core. */
#include "core_int.h"

#define FAULT_RETRY_NS 5000000000ull
#define SERVED_RETRY_NS 1000000000ull
#define PROBE_RETRY_NS 1000000000ull
#define UPGRADE_BEATS \
	8 /* ours, the owner's, ours that grants it, the owner's that knows: and as many lost */

/* Answers may come later than the next step: was this the frame that said it? */
static void frame_left(struct core *c, uint64_t ts_ns)
{
	c->sent_ts_ns = ts_ns;
	for (uint32_t k = 0; k < 2; k++)
		if (ts_ns == c->said_ts_ns && c->said_keys >> k & 1)
			c->key_ts_ns[k] = ts_ns;
}

static void on_sent(struct step *s, const struct core_event *ev)
{
	uint64_t said_ns;

	/* What says that we are deaf carries no lease of ours. */
	if (s->c->deaf)
		return;
	if (!ev->sent.left) {
		core_forgive_silence(s);
		return;
	}
	frame_left(s->c, ev->sent.ts_ns);
	said_ns = s->c->cfg.quorum ? ev->sent.ts_ns : core_told_ns(s->c);
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		if (g->state == HB_CAND && !g->cand_sent_ns && g->cand_said_ns &&
		    said_ns >= g->cand_said_ns)
			g->cand_sent_ns = s->now_ns;
	}
}

static void on_took(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->taking = false;
	/* Refused: the kernel heard something since the records were read. The loop looks again at once. */
	if (!ev->took.taken)
		return;
	/* Outbid by a frame that came after the gate was opened: not a word, not a vote before it is shut. */
	if (g->state != HB_CAND) {
		core_emit(s, CORE_FX_CLOSE, ev->group);
		g->closed_ns = 0;
		g->said_closed = false;
		return;
	}
	g->closed_ns = 0;
	g->promise_holder = 0;
	g->owner_epoch = g->epoch;
	g->word = ev->took.word;
	g->cold = false;
	g->took_ns = s->now_ns;
	core_become(s, ev->group, HB_OWNER, g->why);
	core_emit(s, CORE_FX_ANNOUNCE, ev->group)->announce.epoch = g->epoch;
	if (g->addrs == CORE_ADDRS_OFF) {
		core_emit(s, CORE_FX_ADDR_ADD, ev->group);
		g->addrs = CORE_ADDRS_ADDING;
	}
	core_end_ask(s, ev->group, true, CORE_R_ASKED);
	g->refused = false;
	/* Nobody has handed it over: its owner's kernel may still be there. */
	if (g->why != CORE_R_NAMED)
		core_emit(s, CORE_FX_AUDIT, ev->group);
}

static void on_addrs(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	if (g->addrs != CORE_ADDRS_ADDING)
		return;
	if (ev->addrs.there) {
		g->addrs = CORE_ADDRS_ON;
		return;
	}
	g->retry_ns = s->now_ns + FAULT_RETRY_NS;
	g->addrs = CORE_ADDRS_OFF;
	if (g->state == HB_OWNER || g->state == HB_CAND)
		core_step_down(s, ev->group, HB_FAULT, CORE_R_ADDRESS);
}

/* They are used at a takeover all the same; who has the choice takes another host. */
static void on_place(struct step *s, const struct core_event *ev)
{
	s->c->group[ev->group].place_taken = ev->place.taken;
}

static void on_probed(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];
	bool asked = ev->probed.found != CORE_PROBED_NOT;
	bool nobody = ev->probed.found == CORE_PROBED_NOBODY;

	g->probing = false;
	/* Over a link that was down nobody could answer, and what could not be asked nobody has. */
	if (g->probe_void || !asked) {
		g->probe_again_ns = asked ? 0 : s->now_ns + PROBE_RETRY_NS;
		g->probe_void = false;
		g->take_probing = false;
		return;
	}
	if (g->take_probing) {
		g->take_probing = false;
		g->take_probed_ns = nobody ? core_max(g->take_asked_ns, ev->probed.asked_ns) : 0;
		if (!nobody && !g->served)
			core_emit(s, CORE_FX_ALARM, ev->group)->alarm.reason = CORE_R_SERVED;
		g->served = !nobody;
		if (nobody)
			return;
		/* It is the path of the heartbeats that is broken. */
		g->hold_off_until_ns = s->now_ns + core_max(s->c->cfg.t.g_ns, SERVED_RETRY_NS);
		return;
	}
	if (nobody || ev->probed.found == CORE_PROBED_MEMBER) {
		g->probed = true;
		g->vacant_ns = core_max(g->vacant_ns, s->now_ns);
		if (g->state == HB_FAULT && g->why == CORE_R_FOREIGN)
			core_repaired(s, ev->group);
		return;
	}
	g->retry_ns = s->now_ns + FAULT_RETRY_NS;
	/* A question from before the request says nothing of now. */
	if (g->ask_until_ns && ev->probed.asked_ns && ev->probed.asked_ns < g->take_at_ns)
		g->retry_ns = s->now_ns;
	else
		core_end_ask(s, ev->group, false, CORE_R_FOREIGN);
	if (g->cold && g->state != HB_FAULT)
		core_step_down(s, ev->group, HB_FAULT, CORE_R_FOREIGN);
}

/* Nothing can be served or announced any more; no drain keeps an address on a dead link. */
static void lose_link(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	if (g->drain_until_ns > s->now_ns)
		g->drain_until_ns = s->now_ns;
	g->fault_next = false;
	if (g->state == HB_RELEASE)
		core_outcome(s, group, CORE_EV_RELEASE, true, CORE_R_NO_GRANT);
	core_step_down(s, group, HB_FAULT, CORE_R_LINK);
}

static void on_link(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->link_down = !ev->link.up;
	g->probe_void = g->probe_void || (!ev->link.up && g->probing);
	/* Whatever the fault was before, nothing mends while the link is down. */
	if (!ev->link.up && g->state == HB_FAULT)
		g->why = CORE_R_LINK;
	else if (!ev->link.up && g->state != HB_WITNESS)
		lose_link(s, ev->group);
	else if (ev->link.up && g->state == HB_FAULT && g->why == CORE_R_LINK)
		core_repaired(s, ev->group);
}

static void on_take(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	if (g->state == HB_OWNER) {
		core_reply(s, ev, true, CORE_R_ASKED);
		return;
	}
	/* Whoever answered for the address may be gone by now: it is asked again at once. */
	if (g->state == HB_FAULT && g->why == CORE_R_FOREIGN && g->cold && !g->drained &&
	    !s->c->cfg.witness) {
		g->retry_ns = s->now_ns;
	} else if (g->state == HB_FAULT || g->drained || s->c->cfg.witness) {
		core_reply(s, ev, false,
			   s->c->cfg.witness ? CORE_R_WITNESS
			   : g->drained	     ? CORE_R_DRAINED
					     : g->why);
		return;
	}
	g->stay_out = false;
	g->hold_off_until_ns = 0;
	g->take_at_ns = s->now_ns;
	g->ask_until_ns = s->now_ns + core_max(5000000000ull, 10 * s->c->cfg.t.g_ns);
	s->c->send_now = true;
}

static void on_come_back(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->drained = false;
	g->stay_out = false;
	s->c->send_now = true;
	core_reply(s, ev, true, CORE_R_ASKED);
}

static void on_priority(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->priority = ev->priority.now ? ev->priority.now : s->c->cfg.group[ev->group].priority;
	s->c->send_now = true;
}

/* Longer leases first: a process that is being replaced renews nothing (protocol 9). */
static void on_upgrade(struct step *s, const struct core_event *ev)
{
	struct core *c = s->c;

	(void)ev;

	if (c->upgrade_until_ns || c->stop_until_ns)
		return;
	c->upgrade_until_ns = s->now_ns + UPGRADE_BEATS * c->cfg.t.interval_ns;
	c->send_now = true;
}

/*
 * A host that is deaf and still sends keeps the others waiting for votes that it cannot give. So it says DEAF for G, that
 * they may know, and then sends nothing, like a dead host. When it hears again, it begins anew: a lone claim waits from
 * there (protocol 7).
 */
static void on_hears(struct step *s, const struct core_event *ev)
{
	struct core *c = s->c;
	bool hears = ev->hears.there;

	if (c->deaf && hears)
		c->hears_ns = s->now_ns;
	else if (!c->deaf && !hears)
		c->deaf_until_ns = s->now_ns + c->cfg.t.g_ns;
	c->deaf = !hears;
	c->send_now = true;
}

/* Judged before the newest frame came in: that silence is over. */
static void on_silent(struct step *s, const struct core_event *ev)
{
	struct core_peer *p = &s->c->peer[ev->silent.peer];

	if (p->last_ns > ev->silent.at_ns)
		return;
	p->quiet_for_ns = p->last_ns;
	if (ev->silent.whole)
		p->silent_for_ns = p->last_ns;
}

static void on_tested(struct step *s, const struct core_event *ev)
{
	s->c->group[ev->group].tested_bad = !ev->tested.well;
}

static void on_gateway(struct step *s, const struct core_event *ev)
{
	s->c->gateway_ns = core_max(s->c->gateway_ns, ev->gateway.asked_ns);
}

/* What the world answered or asked. */
void core_on_event(struct step *s, const struct core_event *ev)
{
	static void (*const on[CORE_EVENTS])(struct step * s, const struct core_event *ev) = {
		[CORE_EV_SILENT] = on_silent,
		[CORE_EV_SENT] = on_sent,
		[CORE_EV_TOOK] = on_took,
		[CORE_EV_ADDRS] = on_addrs,
		[CORE_EV_PROBED] = on_probed,
		[CORE_EV_LINK] = on_link,
		[CORE_EV_HEARS] = on_hears,
		[CORE_EV_FENCE] = core_on_fence,
		[CORE_EV_PLACE] = on_place,
		[CORE_EV_TESTED] = on_tested,
		[CORE_EV_TAKE] = on_take,
		[CORE_EV_RELEASE] = core_on_release,
		[CORE_EV_STAY_OUT] = core_on_release,
		[CORE_EV_COME_BACK] = on_come_back,
		[CORE_EV_PRIORITY] = on_priority,
		[CORE_EV_TRACK] = core_on_checks,
		[CORE_EV_GATEWAY] = on_gateway,
		[CORE_EV_UPGRADE] = on_upgrade,
		[CORE_EV_STOP] = core_on_stop,
	};

	if (on[ev->type])
		on[ev->type](s, ev);
}
