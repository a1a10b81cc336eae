/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who is heard, and how often we speak (protocol 7). */
#include "core_int.h"

/* D of I4 with the peer's interval, should that be the longer one: two of its beats, not of ours. */
uint64_t core_d_ns(const struct core *c, const struct core_peer *p)
{
	const struct timing *t = &c->cfg.t;
	uint64_t up = 1000000ull + t->rho_ppm, down = 1000000ull - t->rho_ppm;
	uint64_t two_tq_ns = 2 * (p->interval_ns / 1000) * up / down * 1000;

	if (p->interval_ns <= t->interval_ns)
		return t->d_ns;
	return core_max(t->d_ns, two_tq_ns + t->delta_ns + t->sigma_ns);
}

/* Any authentic frame within D, HELLO included (protocol 7). */
bool core_heard(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	return p->last_ns && !peer_silent(p->last_ns, now_ns, core_d_ns(c, p));
}

/* A proven frame within D: what it said is what it thinks. */
bool core_proven(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	return p->proven_rx_ns && !peer_silent(p->proven_rx_ns, now_ns, core_d_ns(c, p));
}

/*
 * T, or that of the fastest member that may still hear us: its lease, and the silence after which it drops us, are counted
 * in its own. A pair's peer that has not answered yet is one for ever: as long our lone lease is no longer than its own.
 */
uint64_t core_tick_ns(const struct core *c, uint64_t now_ns)
{
	uint64_t t_ns = c->cfg.t.interval_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (p->interval_ns && p->interval_ns < t_ns &&
		    ((!c->cfg.quorum && !p->acked) ||
		     !peer_silent(p->last_ns, now_ns, 2 * p->g_ns)))
			t_ns = p->interval_ns;
	}
	return core_max(t_ns, CORE_TICK_MIN_NS);
}

uint32_t core_hold_us(const struct core_config *cfg, const struct beat *b)
{
	return judge_hold_said_us(b->hold_us, b->lease_us, cfg->t.rho_ppm, cfg->t.settle_ns);
}
