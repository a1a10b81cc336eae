/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The step: own gates first, then the peers' records, then claims, then sending, then the gate (2.5). */
#include "core_int.h"

#include <string.h>

static const char *const reason_text[CORE_REASONS] = {
	[CORE_R_START] = "start",
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
	[CORE_R_PEER_BACK] = "the silent peer was heard",
	[CORE_R_ASKED] = "asked to",
	[CORE_R_STOPPING] = "stopping",
	[CORE_R_LINK] = "link down",
	[CORE_R_FOREIGN] = "another host answers for the address",
	[CORE_R_ADDRESS] = "address could not be added",
	[CORE_R_RELEASED] = "released",
	[CORE_R_REPAIRED] = "fault is over",
	[CORE_R_NO_PEER] = "no peer is ready to take it",
	[CORE_R_NOT_OWNER] = "not the owner",
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
	case HB_INIT:
	case HB_BACKUP:
	case HB_RELEASE:
	case HB_FAULT:
	case HB_STATES:
		break;
	}
	return core_closed(c, group, now_ns) ? g->state : HB_INIT;
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

	fx->from = g->state;
	fx->to = to;
	fx->reason = reason;
	fx->epoch = to == HB_BACKUP || to == HB_INIT ? g->owner_epoch : g->epoch;
	fx->silence_ns = longest_silence_ns(s->c, s->now_ns);
	g->state = to;
	if (to == HB_FAULT)
		g->why = reason;
	s->c->send_now = true;
}

/* Leaves CAND, OWNER or RELEASE: the gate is closed first, everything else follows (P8, P11). */
void core_step_down(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason)
{
	struct core_group *g = &s->c->group[group];

	if (g->state == HB_OWNER) {
		core_emit(s, CORE_FX_CLOSE, group);
		core_emit(s, CORE_FX_ANNOUNCE_END, group);
		/* A lease that ran out has been closed since then. Any other is closed when the next look
		 * finds it so: this daemon may be stopped before the effect is carried out. */
		g->closed_ns = 0;
		if (g->word >= LEASE_GEN_LIMIT && !lease_live(g->word, s->now_ns))
			g->closed_ns = lease_deadline_ns(g->word);
	}
	if (g->addrs != CORE_ADDRS_OFF) {
		core_emit(s, CORE_FX_ADDR_DEL, group);
		g->addrs = CORE_ADDRS_OFF;
	}
	g->said_closed = false;
	g->promise_holder = 0;
	g->vacant_ns = s->now_ns;
	g->named = false;
	g->cand_sent_ns = 0;
	core_become(s, group, to, reason);
}

void core_reply(struct step *s, uint32_t group, bool ok, enum core_reason reason)
{
	struct core_effect *fx = core_emit(s, CORE_FX_REPLY, group);

	fx->ok = ok;
	fx->reason = reason;
}

/* (a) The kernel's word is the truth: an owner whose gate is closed is none. */
static void look_at_gates(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		g->word = s->view->group[i].word;
		g->epoch_max = core_max(g->epoch_max, s->view->group[i].epoch_max);
		g->owner_epoch = core_max(g->owner_epoch, s->view->group[i].owner_epoch);
		if (lease_live(g->word, s->now_ns)) {
			/* While a claim's answer is under way the gate may be open before we are told. */
			if (g->state == HB_OWNER || g->taking)
				continue;
			/* Found open at start (a predecessor's): closed before anything is said. */
			core_emit(s, CORE_FX_CLOSE, i);
			g->closed_ns = 0;
			g->said_closed = false;
			g->word = 0;
		} else if (g->state == HB_OWNER) {
			core_step_down(s, i, HB_BACKUP,
				       g->word < LEASE_GEN_LIMIT ? CORE_R_FENCED : CORE_R_LAPSED);
		} else if (!g->closed_ns) {
			g->closed_ns =
				g->word < LEASE_GEN_LIMIT ? s->now_ns : lease_deadline_ns(g->word);
		}
	}
}

/* P2 and 2.5a: how far the lease reaches. 0: no further. */
static uint64_t lease_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];
	uint64_t anchor = c->sent_ts_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];
		const struct core_said *said = &p->said[group];
		bool in_set = !c->cfg.alone || core_heard(c, p, now_ns) ||
			      (p->last_ns && now_ns < p->keep_until_ns);

		if (!in_set)
			continue;
		if (said->promise_holder != c->cfg.node || said->promise_epoch != g->epoch)
			return 0;
		anchor = core_min(anchor, said->echo_ts_ns);
	}
	return anchor ? anchor + c->cfg.t.lease_ns : 0;
}

/* (e) Only ever forward, only from a live gate (P5). */
static void recompute_gates(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];
		struct core_effect *fx;
		uint64_t reach;

		if (g->state != HB_OWNER)
			continue;
		reach = lease_reach_ns(s->c, i, s->now_ns) & ~1ull;
		if (reach <= lease_deadline_ns(g->word))
			continue;
		fx = core_emit(s, CORE_FX_RENEW, i);
		fx->expect = g->word;
		fx->deadline_ns = reach;
		g->word = lease_word(reach, lease_slot(g->word));
	}
}

/* A look that comes late, or a beat of ours that never left: no silence is judged on it (2.5a). */
void core_forgive_silence(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.npeers; i++)
		s->c->peer[i].keep_until_ns = s->now_ns + s->c->cfg.t.interval_ns;
}

static void finish_stop(struct step *s)
{
	bool busy = false;

	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++)
		busy = busy || s->c->group[i].state == HB_RELEASE;
	if (busy && s->now_ns < s->c->stop_until_ns)
		return;
	s->c->exited = true;
	core_emit(s, CORE_FX_EXIT, 0);
}

static void rearm(struct core *c, uint64_t now_ns)
{
	uint64_t when = core_min(c->next_send_ns, c->answer_ns);

	for (uint32_t i = 0; i < c->cfg.ngroups; i++)
		when = core_min(when, core_claim_deadline(c, i, now_ns));
	if (c->stop_until_ns > now_ns)
		when = core_min(when, c->stop_until_ns);
	c->deadline_ns = when;
}

void core_init(struct core *c, const struct core_config *cfg, uint64_t session, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->cfg = *cfg;
	c->session = session;
	c->random = seed | 1;
	c->answer_ns = CORE_NEVER;
	c->send_now = true;
	for (uint32_t i = 0; i < cfg->ngroups; i++) {
		c->group[i].state = HB_INIT;
		c->group[i].cold = true;
	}
	for (uint32_t i = 0; i < cfg->npeers; i++)
		c->peer[i].g_ns = cfg->t.g_ns;
}

void core_step(struct core *c, const struct core_event *event, const struct core_view *view,
	       struct core_out *out)
{
	struct step s = {.c = c, .view = view, .out = out, .now_ns = event->now_ns};

	out->n = 0;
	if (c->exited)
		return;
	if (!c->start_ns)
		c->start_ns = s.now_ns;
	c->late_ns = c->deadline_ns && s.now_ns > c->deadline_ns ? s.now_ns - c->deadline_ns : 0;
	if (c->late_ns > c->cfg.t.sigma_ns)
		core_forgive_silence(&s);
	look_at_gates(&s);
	core_hear(&s);
	core_on_event(&s, event);
	core_claims(&s);
	core_send(&s);
	recompute_gates(&s);
	if (c->stop_until_ns)
		finish_stop(&s);
	rearm(c, s.now_ns);
}

uint64_t core_deadline(const struct core *c)
{
	return c->deadline_ns;
}
