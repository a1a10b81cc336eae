/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Outcomes of effects, and requests from outside: what each changes in the core. */
#include "core_int.h"

#include <string.h>

#define FAULT_RETRY_NS 5000000000ull

static void on_sent(struct step *s, const struct core_event *ev)
{
	if (!ev->ok) {
		core_forgive_silence(s);
		return;
	}
	s->c->sent_ts_ns = ev->ts_ns;
	for (uint32_t i = 0; i < s->c->cfg.ngroups; i++) {
		struct core_group *g = &s->c->group[i];

		if (g->state == HB_CAND && !g->cand_sent_ns)
			g->cand_sent_ns = ev->ts_ns;
	}
}

static void on_took(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->taking = false;
	/* Refused: the kernel heard something since the records were read. The loop looks again at once. */
	if (!ev->ok)
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
	g->word = ev->ts_ns; /* the word that now stands there */
	g->cold = false;
	core_become(s, ev->group, HB_OWNER, g->why);
	core_emit(s, CORE_FX_ANNOUNCE, ev->group)->epoch = g->epoch;
	if (g->addrs == CORE_ADDRS_OFF) {
		core_emit(s, CORE_FX_ADDR_ADD, ev->group);
		g->addrs = CORE_ADDRS_ADDING;
	}
	if (g->ask_until_ns)
		core_reply(s, ev->group, true, CORE_R_ASKED);
	g->ask_until_ns = 0;
}

static void on_addrs(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	if (g->addrs != CORE_ADDRS_ADDING)
		return;
	if (ev->ok) {
		g->addrs = CORE_ADDRS_ON;
		return;
	}
	g->retry_ns = s->now_ns + FAULT_RETRY_NS;
	core_step_down(s, ev->group, HB_FAULT, CORE_R_ADDRESS);
}

static void on_probed(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];
	bool member = false;

	g->probing = false;
	for (uint32_t i = 0; i < s->c->cfg.npeers; i++)
		if (s->c->peer[i].last_ns && !memcmp(s->view->peer[i].mac, ev->mac, 6))
			member = true;
	if (ev->ok || member) {
		g->probed = true;
		g->vacant_ns = core_max(g->vacant_ns, s->now_ns);
		if (g->state == HB_FAULT && g->why == CORE_R_FOREIGN)
			core_become(s, ev->group, HB_BACKUP, CORE_R_REPAIRED);
		return;
	}
	g->retry_ns = s->now_ns + FAULT_RETRY_NS;
	if (g->cold && g->state != HB_FAULT)
		core_step_down(s, ev->group, HB_FAULT, CORE_R_FOREIGN);
}

static void on_link(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	g->link_down = !ev->ok;
	/* Whatever the fault was before, nothing mends while the link is down. */
	if (!ev->ok && g->state == HB_FAULT)
		g->why = CORE_R_LINK;
	else if (!ev->ok)
		core_step_down(s, ev->group, HB_FAULT, CORE_R_LINK);
	else if (ev->ok && g->state == HB_FAULT && g->why == CORE_R_LINK)
		core_become(s, ev->group, HB_BACKUP, CORE_R_REPAIRED);
}

static void on_take(struct step *s, const struct core_event *ev)
{
	struct core_group *g = &s->c->group[ev->group];

	if (g->state == HB_OWNER) {
		core_reply(s, ev->group, true, CORE_R_ASKED);
		return;
	}
	if (g->state == HB_FAULT) {
		core_reply(s, ev->group, false, g->why);
		return;
	}
	g->stay_out = false;
	g->hold_off_until_ns = 0;
	g->ask_until_ns = s->now_ns + core_max(5000000000ull, 10 * s->c->cfg.t.g_ns);
	s->c->send_now = true;
}

static void on_release(struct step *s, const struct core_event *ev)
{
	uint8_t to = core_ready_peer(s->c, ev->group, s->now_ns);

	if (s->c->group[ev->group].state != HB_OWNER)
		core_reply(s, ev->group, false, CORE_R_NOT_OWNER);
	else if (!to && !ev->ok)
		core_reply(s, ev->group, false, CORE_R_NO_PEER);
	else
		core_release(s, ev->group, to, true);
}

static void on_stop(struct step *s)
{
	struct core *c = s->c;

	/* Asked again, it neither waits longer nor forgets its successor. */
	if (c->stop_until_ns)
		return;
	c->stop_until_ns = s->now_ns + c->cfg.t.closed_ns + 2 * c->cfg.t.interval_ns;
	for (uint32_t i = 0; i < c->cfg.ngroups; i++) {
		uint8_t to = core_ready_peer(c, i, s->now_ns);

		if (c->group[i].state == HB_OWNER) {
			core_release(s, i, to, false);
			/* Worth waiting for the successor only where there is one. */
			if (to)
				c->stop_until_ns =
					core_max(c->stop_until_ns, c->group[i].release_until_ns);
		} else if (c->group[i].state == HB_CAND) {
			core_step_down(s, i, HB_BACKUP, CORE_R_STOPPING);
		}
	}
}

/* What the world answered or asked. */
void core_on_event(struct step *s, const struct core_event *ev)
{
	switch (ev->type) {
	case CORE_EV_LOOK:
		break;
	case CORE_EV_SILENT:
		/* Judged before the newest frame came in: that silence is over. */
		if (s->c->peer[ev->peer].last_ns > ev->ts_ns)
			break;
		s->c->peer[ev->peer].quiet_for_ns = s->c->peer[ev->peer].last_ns;
		if (ev->ok)
			s->c->peer[ev->peer].silent_for_ns = s->c->peer[ev->peer].last_ns;
		break;
	case CORE_EV_SENT:
		on_sent(s, ev);
		break;
	case CORE_EV_TOOK:
		on_took(s, ev);
		break;
	case CORE_EV_ADDRS:
		on_addrs(s, ev);
		break;
	case CORE_EV_PROBED:
		on_probed(s, ev);
		break;
	case CORE_EV_LINK:
		on_link(s, ev);
		break;
	case CORE_EV_CLAIM:
		/* G2: the winner must speak whenever another claimant was seen. */
		if (s->c->group[ev->group].state == HB_OWNER)
			core_emit(s, CORE_FX_ANNOUNCE_AGAIN, ev->group);
		break;
	case CORE_EV_TAKE:
		on_take(s, ev);
		break;
	case CORE_EV_RELEASE:
		on_release(s, ev);
		break;
	case CORE_EV_DRAIN:
	case CORE_EV_UNDRAIN:
	case CORE_EV_PRIORITY:
	case CORE_EV_TRACK:
	case CORE_EV_GATEWAY:
	case CORE_EV_UPGRADE:
		break;
	case CORE_EV_STOP:
		on_stop(s);
		break;
	}
}
