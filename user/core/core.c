/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The step, in the order of protocol 6: own gates, the peers' records, claims, sending, the gates. */
#include "core_int.h"

#include <string.h>

/* P8: what the daemon before held goes on as ours; addresses and announcements are asked for again. */
static void tell_adopted(struct step *s, uint32_t group)
{
	struct core_group *g = &s->c->group[group];

	g->adopted = false;
	g->state = HB_INIT;
	core_become(s, group, HB_OWNER, CORE_R_ADOPTED);
	core_emit(s, CORE_FX_ADDR_ADD, group);
	g->addrs = CORE_ADDRS_ADDING;
	core_emit(s, CORE_FX_ANNOUNCE, group)->announce.epoch = g->epoch;
}

/* An owner whose gate is closed is none (P5). */
static void lose(struct step *s, uint32_t group)
{
	bool ran_out = s->c->group[group].word >= LEASE_GEN_LIMIT;

	core_step_down(s, group, HB_BACKUP, ran_out ? CORE_R_LAPSED : CORE_R_FENCED);
}

/* (a) The kernel's word is the truth. */
static void look_at_gates(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		/* XDP may have closed it since; without us it never reached further. */
		if (g->word >= LEASE_GEN_LIMIT)
			g->reach_ns = lease_deadline_ns(g->word);
		g->word = s->view->group[i].word;
		g->epoch_max = core_max(g->epoch_max, s->view->group[i].epoch_max);
		g->owner_epoch = core_max(g->owner_epoch, s->view->group[i].owner_epoch);
		if (lease_live(g->word, s->now_ns)) {
			if (g->adopted)
				tell_adopted(s, i);
			/* While a claim's answer is under way the gate may be open before we are told. */
			if (g->state == HB_OWNER || g->taking)
				continue;
			/* Found open at start (a predecessor's): closed before anything is said. */
			core_emit(s, CORE_FX_CLOSE, i);
			g->closed_ns = 0;
			g->said_closed = false;
			g->word = 0;
		} else if (g->state == HB_OWNER) {
			lose(s, i);
		} else if (!g->closed_ns) {
			g->closed_ns =
				g->word < LEASE_GEN_LIMIT ? s->now_ns : lease_deadline_ns(g->word);
		}
		g->adopted = false;
	}
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
		reach = core_lease_reach_ns(s->c, i, s->now_ns) & ~1ull;
		if (reach <= lease_deadline_ns(g->word))
			continue;
		fx = core_emit(s, CORE_FX_RENEW, i);
		fx->renew.expect = g->word;
		fx->renew.deadline_ns = reach;
		g->word = lease_word(reach, lease_slot(g->word));
	}
}

static void rearm(struct core *c, uint64_t now_ns)
{
	bool mute = c->deaf && now_ns >= c->deaf_until_ns;
	uint64_t when = mute ? CORE_NEVER : core_min(c->next_send_ns, c->answer_ns);

	for (uint32_t i = 0; i < c->cfg.ngroups; i++)
		when = core_min(when, core_claim_deadline(c, i, now_ns));
	core_sooner(&when, c->stop_until_ns, now_ns);
	core_sooner(&when, c->upgrade_until_ns, now_ns);
	core_sooner(&when, c->ask_gateway_ns, now_ns);
	when = core_min(when, core_members_deadline(c, now_ns));
	c->deadline_ns = when;
}

void core_init(struct core *c, const struct core_config *cfg, uint64_t session, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->cfg = *cfg;
	c->session = session;
	c->random = seed | 1;
	c->answer_ns = CORE_NEVER;
	c->ask_gateway_ns = CORE_NEVER;
	c->send_now = true;
	for (uint32_t i = 0; i < cfg->ngroups; i++) {
		c->group[i].state = HB_INIT;
		c->group[i].cold = true;
		c->group[i].priority = cfg->group[i].priority;
	}
	for (uint32_t i = 0; i < cfg->npeers; i++)
		c->peer[i].g_ns = cfg->t.g_ns;
}

/* It runs to its end, but a grant of it needs a frame of the holder that we have heard ourselves. */
static void remember(struct core_group *g, const struct core_promise *p)
{
	/* That daemon had forgotten, and had not waited to the end. */
	g->boot_until_ns = p->boot_until_ns;
	if (!p->holder)
		return;
	g->promise_holder = p->holder;
	g->promise_epoch = p->epoch;
	g->promise_until_ns = p->until_ns;
	g->promise_ts_ns = 0;
}

void core_adopt(struct core *c, const struct core_adopt *a)
{
	c->seq = a->seq;
	c->remembers = a->remembers;
	for (uint32_t i = 0; i < c->cfg.ngroups; i++) {
		struct core_group *g = &c->group[i];

		g->drained = a->drained[i];
		g->unknown = a->unknown[i];
		if (!a->epoch[i]) {
			remember(g, &a->promise[i]);
			continue;
		}
		g->state = HB_OWNER;
		g->epoch = a->epoch[i];
		g->epoch_max = a->epoch[i];
		g->owner_epoch = a->epoch[i];
		g->cold = false;
		g->addrs = CORE_ADDRS_ON;
		g->adopted = true;
	}
}

/* P9: what was promised before our time may be forgotten, except that a holder had promised itself. */
static void start(struct step *s)
{
	struct core *c = s->c;

	c->start_ns = s->now_ns;
	core_forgive_silence(s);
	for (uint32_t i = 0; i < c->cfg.ngroups && c->cfg.quorum; i++)
		if (!c->group[i].adopted && (!c->remembers || c->group[i].unknown))
			c->group[i].boot_until_ns = s->now_ns + c->cfg.t.b_ns;
}

void core_step(struct core *c, const struct core_event *event, const struct core_view *view,
	       struct core_out *out)
{
	struct step s = {.c = c, .view = view, .out = out, .now_ns = event->now_ns};

	out->n = 0;
	if (c->exited)
		return;
	if (!c->start_ns)
		start(&s);
	c->late_ns = c->deadline_ns && s.now_ns > c->deadline_ns ? s.now_ns - c->deadline_ns : 0;
	if (c->late_ns > c->cfg.t.sigma_ns) {
		core_forgive_silence(&s);
		core_discount_sleep(&s);
	}
	look_at_gates(&s);
	core_hear(&s);
	core_on_event(&s, event);
	core_members(&s);
	core_claims(&s);
	core_send(&s);
	recompute_gates(&s);
	core_finish_upgrade(&s);
	core_finish_stop(&s);
	rearm(c, s.now_ns);
}

uint64_t core_deadline(const struct core *c)
{
	return c->deadline_ns;
}
