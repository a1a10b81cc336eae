/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose words carry how long a lease (P2, P3, protocol 7). All times are on our own clock, ns. */
#include "core_int.h"

#define MILLION 1000000ull

/* P2: the stamp of the frame of ours that this peer's promise for our epoch answered; 0: it promised nothing. */
uint64_t core_grant_ns(const struct core *c, const struct core_peer *p, uint32_t group)
{
	const struct core_said *said = &p->said[group];

	if (c->cfg.quorum && !core_counts(c, p))
		return 0;
	/* A pair whose other host has been reconfigured first: no vote is to be had there, and none is needed, as long as
	 * it says so to this process: what the peer's own next process knows is not in a record of before. */
	if (!said->listed && !c->cfg.quorum) {
		if (!c->first_ts_ns || said->echo_ts_ns < c->first_ts_ns)
			return 0;
		return core_min(said->echo_ts_ns, c->sent_ts_ns);
	}
	if (said->promise_holder != c->cfg.node || said->promise_epoch != c->group[group].epoch)
		return 0;
	/* Whatever a member says, no lease reaches beyond a frame that was sent. */
	return core_min(said->echo_ts_ns, c->sent_ts_ns);
}

/* A frame that a pair's peer cannot verify tells it nothing: of our last under each key it has heard the older one, perhaps. */
uint64_t core_told_ns(const struct core *c)
{
	return core_min(c->key_ts_ns[0], c->key_ts_ns[1]);
}

/* The longest lease of ours whose hold is no longer than `hold_us`. */
static uint64_t lease_of_hold_ns(const struct timing *t, uint64_t hold_us)
{
	uint64_t settle_us = t->settle_ns / 1000;

	return hold_us > settle_us ? (hold_us - settle_us) * (MILLION - t->rho_ppm) / 1000 : 0;
}

/*
 * I2: a peer that has lost its memory waits for a lease of its own X. Ours reaches no further with its help, or it would
 * give away what it has promised us. What its bounds for clock and wire are is not known, only what they make of its L.
 */
static uint64_t remembered_ns(const struct core *c, const struct core_peer *p)
{
	const struct timing *t = &c->cfg.t;
	uint64_t x_ns = core_max(p->lease_ns, TIMING_X_MIN_NS);

	if (!p->lease_ns)
		return CORE_NEVER;
	if (judge_hold_us(p->lease_ns, t->rho_ppm, t->settle_ns) == p->hold_us)
		return x_ns;
	return lease_of_hold_ns(t, p->hold_us + (x_ns - p->lease_ns) / 1000);
}

/* X is for a while; what a peer takes for granted of us is its L. */
void core_note_lease(const struct core *c, struct core_peer *p, const struct beat *b)
{
	if (b->flags & (HB_F_LONG | HB_F_RESTARTING))
		return;
	p->lease_ns = b->lease_us * 1000ull;
	p->hold_us = core_hold_us(&c->cfg, b);
}

/*
 * A record that a predecessor left, too old to prove anything: silence as before. But the peer may live and not hear us, and
 * then its L and its T are the last that were heard.
 */
bool core_left_over(const struct step *s, struct core_peer *p, const struct beat *b, uint64_t rx_ns)
{
	const struct core *c = s->c;

	if (c->sent_ts_ns || !peer_silent(rx_ns, s->now_ns, c->cfg.t.f_ns))
		return false;
	if (p->lease_ns && p->hold_us <= core_hold_us(&c->cfg, b))
		return true;
	core_note_lease(c, p, b);
	p->interval_ns = core_min(b->interval_us * 1000ull, c->cfg.t.interval_ns);
	return true;
}

uint64_t core_long_ns(const struct core *c)
{
	uint64_t x_ns = c->cfg.t.x_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		x_ns = core_min(x_ns, remembered_ns(c, &c->peer[i]));
	return x_ns;
}

/* How long a lease that counts from `stamp_ns` is: X, where the frame of that stamp has announced it. */
static uint64_t length_ns(const struct core *c, uint64_t stamp_ns)
{
	return c->long_from_ns && stamp_ns >= c->long_from_ns ? core_long_ns(c) : c->cfg.t.lease_ns;
}

/* What a peer's grant of `stamp_ns` carries; 0: nothing. */
static uint64_t granted_ns(const struct core *c, const struct core_peer *p, uint64_t stamp_ns)
{
	return stamp_ns ? stamp_ns + core_min(length_ns(c, stamp_ns), remembered_ns(c, p)) : 0;
}

static uint64_t own_reach_ns(const struct core *c)
{
	return c->sent_ts_ns ? c->sent_ts_ns + length_ns(c, c->sent_ts_ns) : 0;
}

/*
 * A pair's lease without this peer. A peer that does not hear us judges by what it knew of us last, and never by less than
 * its own lease: until it has answered, ours is no longer than that. It cannot have heard of X either.
 */
static uint64_t alone_reach_ns(const struct core *c, const struct core_peer *p)
{
	uint64_t stamp_ns = core_told_ns(c);
	uint64_t most_ns = core_min(c->cfg.t.lease_ns, remembered_ns(c, p));

	if (!p->acked && p->lease_ns)
		most_ns = core_min(most_ns, lease_of_hold_ns(&c->cfg.t, p->hold_us));
	return stamp_ns ? stamp_ns + most_ns : 0;
}

/* P3: how far `need` of the members carry it, ourselves included, but without the one of number `without`; 0: not at all. */
static uint64_t votes_reach_ns(const struct core *c, uint32_t group, unsigned int need,
			       uint8_t without)
{
	uint64_t reach[HB_MAX_NODES] = {own_reach_ns(c)};
	unsigned int n = 1;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];
		uint64_t value = granted_ns(c, p, core_grant_ns(c, p, group));
		unsigned int at = n;

		if (c->cfg.peer_node[i] == without)
			continue;
		for (n++; at && reach[at - 1] < value; at--)
			reach[at] = reach[at - 1];
		reach[at] = value;
	}
	return need && need <= n ? reach[need - 1] : 0;
}

/* A majority of the members; while they change, of those before as well (protocol 8). */
static uint64_t quorum_reach_ns(const struct core *c, uint32_t group)
{
	uint64_t reach = votes_reach_ns(c, group, core_majority(c), 0);

	if (!c->cfg.cfg_prev)
		return reach;
	return core_min(reach, votes_reach_ns(c, group, c->cfg.prev_votes, c->cfg.prev_not));
}

/* A candidate of a pair needs its peer's word, unless that is silent for G (and the gateway answers, if asked). */
static uint64_t pair_claim_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	uint64_t reach = own_reach_ns(c);

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (!p->silent)
			reach = core_min(reach, granted_ns(c, p, core_grant_ns(c, p, group)));
		else if (c->cfg.alone == CORE_ALONE_GATEWAY &&
			 (!core_gateway_fresh(c, now_ns) || !core_free_fresh(c, group, now_ns)))
			return 0;
		else
			reach = core_min(reach, alone_reach_ns(c, p));
	}
	return reach;
}

uint64_t core_claim_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	return c->cfg.quorum ? quorum_reach_ns(c, group) : pair_claim_ns(c, group, now_ns);
}

/* Protocol 7: is this peer's word needed to go on? */
static bool in_set(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	if (c->cfg.alone == CORE_ALONE_NEVER)
		return true;
	/* It claims nothing before it has said for G that it hears again. */
	if (p->deaf)
		return false;
	return core_heard(c, p, now_ns) || (p->last_ns && now_ns < p->keep_until_ns);
}

static uint64_t pair_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	uint64_t reach = own_reach_ns(c);

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (!in_set(c, p, now_ns)) {
			if (c->cfg.alone == CORE_ALONE_GATEWAY && !core_gateway_fresh(c, now_ns))
				return 0;
			reach = core_min(reach, alone_reach_ns(c, p));
		} else {
			reach = core_min(reach, granted_ns(c, p, core_grant_ns(c, p, group)));
		}
	}
	return reach;
}

uint64_t core_lease_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	return c->cfg.quorum ? quorum_reach_ns(c, group) : pair_reach_ns(c, group, now_ns);
}
