/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a node is and knows of others, and the steps from one state to the next that every rule uses. */
#include "core_int.h"

#include <string.h>

#define PREEMPT_FAILS_MAX 8 /* 256 times preempt-delay, at least 256 * 10 G */

static const char *const reason_text[CORE_REASONS] = {
	[CORE_R_CLOSED] = "gate proven closed",
	[CORE_R_VACANT] = "nobody holds it",
	[CORE_R_QUIET] = "peer quiet",
	[CORE_R_SILENCE] = "peer silent",
	[CORE_R_GRANTED] = "granted by the peer",
	[CORE_R_NAMED] = "named by the peer's release",
	[CORE_R_LAPSED] = "lease ran out",
	[CORE_R_FENCED] = "a higher epoch was heard",
	[CORE_R_RIVAL] = "the peer owns it without acknowledging us",
	[CORE_R_OUTBID] = "the peer has it",
	[CORE_R_NO_GRANT] = "no grant came",
	[CORE_R_ASKED] = "asked to",
	[CORE_R_STOPPING] = "stopping",
	[CORE_R_LINK] = "link down",
	[CORE_R_FOREIGN] = "another host answers for the address",
	[CORE_R_ADDRESS] = "address or route could not be added",
	[CORE_R_RELEASED] = "released",
	[CORE_R_REPAIRED] = "fault is over",
	[CORE_R_NO_PEER] = "no peer is ready to take it",
	[CORE_R_NOT_OWNER] = "not the owner",
	[CORE_R_DRAINED] = "drained",
	[CORE_R_TRACK] = "a check failed",
	[CORE_R_ADOPTED] = "adopted from the daemon before",
	[CORE_R_PREEMPT] = "a better peer asked for it",
	[CORE_R_WITNESS] = "witness: votes only",
	[CORE_R_FENCE] = "our egress filter is gone",
	[CORE_R_NEEDED] = "the owner's lease needs this host's vote, and was not lengthened",
	[CORE_R_RESTARTING] = "the peer that should take it is being replaced",
	[CORE_R_EPOCH] = "no epoch is left above those that were seen",
	[CORE_R_SERVED] = "no heartbeats come, but somebody answers for the address",
};

const char *core_reason_text(enum core_reason reason)
{
	return reason < CORE_REASONS ? reason_text[reason] : "?";
}

uint64_t core_random(struct core *c, uint64_t below)
{
	/* xorshift64*: jitter and back-off, nothing secret. */
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return below ? (c->random * 0x2545f4914f6cdd1dull >> 11) % below : 0;
}

struct core_effect *core_emit(struct step *s, enum core_effect_type type, uint32_t group)
{
	struct core_effect *fx;

	/* The array holds more than one step can produce; if it ever did not, the last is overwritten
	 * and a gate stays closed rather than open. */
	if (s->out->n == CORE_MAX_EFFECTS)
		s->out->n--;
	fx = &s->out->fx[s->out->n++];
	memset(fx, 0, sizeof(*fx));
	fx->type = type;
	fx->group = group;
	return fx;
}

/* P8: "holds nothing" is true from (1 + rho) settle after the gate was seen closed. */
bool core_closed(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];

	return g->closed_ns && now_ns >= g->closed_ns + c->cfg.t.closed_ns;
}

enum hb_state core_wire_state(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];

	switch (g->state) {
	case HB_CAND:
	case HB_OWNER:
	case HB_WITNESS:
		return g->state;
	case HB_RELEASE:
	case HB_INIT:
	case HB_BACKUP:
	case HB_FAULT:
	case HB_STATES:
		break;
	}
	return core_closed(c, group, now_ns) ? g->state : HB_INIT;
}

/* Neither this host nor its operator stands in the way of serving the group. */
bool core_fit(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];

	return !g->drained && !g->checks_bad && !g->checks_wait && !g->fence_bad && !g->link_down &&
	       !g->stay_out && !c->deaf && !c->stop_until_ns && !c->upgrade_until_ns &&
	       now_ns >= g->boot_until_ns;
}

/* READY (protocol 4): could this node take the group if it were asked to? */
bool core_ready(const struct core *c, uint32_t group, uint64_t now_ns)
{
	enum hb_state state = core_wire_state(c, group, now_ns);

	return state != HB_INIT && state != HB_FAULT && state != HB_WITNESS &&
	       !c->group[group].place_taken && core_fit(c, group, now_ns);
}

uint8_t core_owner(const struct core *c, uint32_t group, uint64_t now_ns)
{
	if (c->group[group].state == HB_OWNER)
		return c->cfg.node;
	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (p->said[group].state == HB_OWNER && p->proven_rx_ns &&
		    !peer_silent(p->proven_rx_ns, now_ns, p->g_ns))
			return c->cfg.peer_node[i];
	}
	return 0;
}

void core_vacate(struct core_group *g, uint64_t now_ns)
{
	if (!g->promise_holder)
		return;
	g->promise_holder = 0;
	g->vacant_ns = now_ns;
}

void core_promise_expire(struct core *c, uint32_t group, uint64_t now_ns)
{
	struct core_group *g = &c->group[group];

	if (g->promise_holder && g->promise_holder != c->cfg.node && now_ns >= g->promise_until_ns)
		core_vacate(g, now_ns);
}

static uint64_t longest_silence_ns(const struct core *c, uint64_t now_ns)
{
	uint64_t silence = 0;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (c->peer[i].last_ns && c->peer[i].last_ns < now_ns)
			silence = core_max(silence, now_ns - c->peer[i].last_ns);
	return silence;
}

void core_become(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason)
{
	struct core_group *g = &s->c->group[group];
	struct core_effect *fx = core_emit(s, CORE_FX_STATE, group);

	fx->state.from = g->state;
	fx->state.to = to;
	fx->state.reason = reason;
	fx->state.epoch = to == HB_BACKUP || to == HB_INIT ? g->owner_epoch : g->epoch;
	fx->state.silence_ns = longest_silence_ns(s->c, s->now_ns);
	g->state = to;
	if (to == HB_FAULT)
		g->why = reason;
	s->c->send_now = true;
}

void core_repaired(struct step *s, uint32_t group)
{
	const struct core_group *g = &s->c->group[group];

	if (g->link_down)
		core_become(s, group, HB_FAULT, CORE_R_LINK);
	else if (g->checks_bad)
		core_become(s, group, HB_FAULT, CORE_R_TRACK);
	else if (g->fence_bad)
		core_become(s, group, HB_FAULT, CORE_R_FENCE);
	else
		core_become(s, group, HB_BACKUP, CORE_R_REPAIRED);
}

/* Leaves CAND, OWNER or RELEASE: the gate is closed first, everything else follows (P8, P11). Addresses of a
 * planned release go when the drain is over (core_end_drains()). */
void core_step_down(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason)
{
	struct core_group *g = &s->c->group[group];

	if (g->state == HB_OWNER) {
		core_emit(s, CORE_FX_CLOSE, group);
		core_emit(s, CORE_FX_ANNOUNCE_END, group);
		/* A lease that ran out has been closed since then. Any other is closed when the next look
		 * finds it so: this daemon may be stopped before the effect is carried out. */
		g->closed_ns = 0;
		if (g->word >= LEASE_GEN_LIMIT)
			g->reach_ns = lease_deadline_ns(g->word);
		if (g->reach_ns <= s->now_ns)
			g->closed_ns = g->reach_ns;
	}
	if (to == HB_FAULT && g->preempted && g->preempt_fails < PREEMPT_FAILS_MAX)
		g->preempt_fails++;
	g->preempted = false;
	/* A claim's answer is under way: the gate may be open, and is shut when the answer comes. */
	if (g->taking)
		g->closed_ns = 0;
	if (g->addrs != CORE_ADDRS_OFF && s->now_ns >= g->drain_until_ns) {
		core_emit(s, CORE_FX_ADDR_DEL, group);
		g->addrs = CORE_ADDRS_OFF;
	}
	g->said_closed = false;
	/* P1: what another was promised outlasts a fault of ours. The own promise is the state just left. */
	if (!g->promise_holder)
		g->vacant_ns = s->now_ns;
	core_unname(g);
	g->take_probed_ns = 0;
	g->cand_said_ns = 0;
	g->cand_sent_ns = 0;
	core_become(s, group, to, reason);
}

void core_reply(struct step *s, const struct core_event *ev, bool ok, enum core_reason reason)
{
	struct core_effect *fx = core_emit(s, CORE_FX_REPLY, ev->group);

	fx->reply.ask = ev->request.ask;
	fx->reply.done = ok;
	fx->reply.reason = reason;
}

void core_outcome(struct step *s, uint32_t group, enum core_event_type of, bool ok,
		  enum core_reason reason)
{
	struct core_effect *fx = core_emit(s, CORE_FX_REPLY, group);

	fx->reply.of = of;
	fx->reply.done = ok;
	fx->reply.reason = reason;
}

/* The `take` that waits, if one does, has its answer. */
void core_end_ask(struct step *s, uint32_t group, bool ok, enum core_reason reason)
{
	if (!s->c->group[group].ask_until_ns)
		return;
	s->c->group[group].ask_until_ns = 0;
	core_outcome(s, group, CORE_EV_TAKE, ok, reason);
}

/* The release that named a successor is over, or never was. */
void core_unname(struct core_group *g)
{
	g->named_by = 0;
	g->named_node = 0;
}

/*
 * A look that comes late, or a beat of ours that never left: no silence is judged on it (protocol 7). What made us late
 * may have stopped the peer as well, and longer.
 */
void core_forgive_silence(struct step *s)
{
	struct core *c = s->c;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		c->peer[i].keep_until_ns = s->now_ns + core_d_ns(c, &c->peer[i]);
}
