/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The step, in the order of protocol 2.5: own gates, the peers' records, claims, sending, the gates. */
#include "core_int.h"

#include <string.h>

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

/* P2, protocol 2.5a: how far the lease reaches. 0: no further. */
static uint64_t lease_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	const struct core_group *g = &c->group[group];
	uint64_t anchor = c->sent_ts_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];
		const struct core_said *said = &p->said[group];
		bool in_set = c->cfg.alone == CORE_ALONE_NEVER || core_heard(c, p, now_ns) ||
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
