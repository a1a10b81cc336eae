/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a pair's peer is quiet and when it is silent (protocol 3, protocol 7), and the gateway's part in it. */
#include "core_int.h"

/* Protocol 7: from when on a claim may do without this peer. */
static uint64_t alone_at_ns(const struct core *c, const struct core_view *view,
			    const struct core_peer *p)
{
	const struct timing *t = &c->cfg.t;
	uint64_t at = p->last_ns ? p->last_ns + p->g_ns : 0;

	if (c->cfg.alone == CORE_ALONE_NEVER || !view->run_start_ns)
		return CORE_NEVER;
	return core_max(at, core_max(view->run_start_ns, c->hears_ns) + p->g_ns + t->delta_ns +
				    t->sigma_ns);
}

/*
 * A judge that knows it was late does not judge; the third look decides (protocol 3). The kernel's verdict is no
 * exception: its timer may have been due at the very end of our sleep, and then it was not late itself.
 */
static void put_off(const struct step *s, struct core_peer *p)
{
	uint64_t t_ns = s->c->cfg.t.interval_ns;

	if (s->c->late_ns <= t_ns / 2 || p->late_looks >= 2)
		return;
	p->late_looks++;
	p->look_again_ns = s->now_ns + t_ns;
}

static bool judge_alone(const struct step *s, const struct core_peer *p, uint64_t at_ns,
			bool verdict)
{
	if (s->now_ns < at_ns)
		return false;
	/* The kernel's timer speaks for a peer that was heard in our time; we only if it should have long
	 * ago. One that was silent before our start is ours to judge. */
	if (!verdict && p->last_ns > s->c->start_ns &&
	    s->now_ns < at_ns + 4 * s->c->cfg.t.interval_ns)
		return false;
	return s->now_ns >= p->look_again_ns;
}

void core_silence(struct step *s)
{
	for (uint32_t i = 0; i < s->c->cfg.npeers && !s->c->cfg.quorum; i++) {
		struct core_peer *p = &s->c->peer[i];
		uint64_t at = alone_at_ns(s->c, s->view, p);

		p->alone_at_ns = at;
		p->quiet = false;
		p->silent = false;
		if (at == CORE_NEVER)
			continue;
		put_off(s, p);
		p->quiet = judge_alone(s, p, at - core_min(at, s->c->cfg.t.c_ns),
				       p->last_ns && p->quiet_for_ns == p->last_ns);
		p->silent = judge_alone(s, p, at, p->last_ns && p->silent_for_ns == p->last_ns);
	}
}

/* Once an interval, while the peer has missed more than one beat: the answer must be there when it is needed. */
void core_ask_gateway(struct step *s)
{
	struct core *c = s->c;
	bool missed = false;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		missed = missed || !c->peer[i].last_ns || c->peer[i].deaf ||
			 peer_silent(c->peer[i].last_ns, s->now_ns, 2 * c->cfg.t.interval_ns);
	if (c->cfg.quorum || c->cfg.alone != CORE_ALONE_GATEWAY)
		return;
	if (c->ask_gateway_ns == CORE_NEVER)
		c->ask_gateway_ns = s->now_ns;
	if (s->now_ns < c->ask_gateway_ns)
		return;
	c->ask_gateway_ns = s->now_ns + c->cfg.t.interval_ns;
	if (missed)
		core_emit(s, CORE_FX_ASK_GATEWAY, 0);
}

/* The kernel's verdict wakes us for a peer that was heard; this is for when it does not. */
uint64_t core_silence_deadline(const struct core *c, uint64_t now_ns)
{
	const struct timing *t = &c->cfg.t;
	uint64_t when = CORE_NEVER;

	for (uint32_t i = 0; i < c->cfg.npeers && !c->cfg.quorum; i++) {
		const struct core_peer *p = &c->peer[i];
		uint64_t at = p->alone_at_ns;

		if (at == CORE_NEVER)
			continue;
		core_sooner(&when, at - core_min(at, t->c_ns), now_ns);
		core_sooner(&when, at, now_ns);
		core_sooner(&when, at + 4 * t->interval_ns, now_ns);
		core_sooner(&when, p->look_again_ns, now_ns);
	}
	return when;
}
