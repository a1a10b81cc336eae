/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who comes first (P7), who is heard (protocol 2.5a), and whose words carry how long a lease (P2, P3). */
#include "core_int.h"

/* Any authentic frame within D, HELLO included (protocol 2.5a). */
bool core_heard(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	return p->last_ns && !peer_silent(p->last_ns, now_ns, c->cfg.t.d_ns);
}

/* A proven frame within D: what it said is what it thinks. */
bool core_proven(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	return p->proven_rx_ns && !peer_silent(p->proven_rx_ns, now_ns, c->cfg.t.d_ns);
}

/* Has a release that is under way named us? */
bool core_named(const struct core *c, uint32_t group)
{
	return RULE(P7_NAMED) && c->group[group].named_node == c->cfg.node;
}

/*
 * P7: is that candidate's right better than ours? The last holder comes before any priority, with preempt too:
 * a lapse is not a repair, and a role changes by force for neither.
 */
bool core_better(const struct core *c, uint32_t group, const struct core_said *said, uint8_t node)
{
	const struct core_group *g = &c->group[group];
	uint8_t holder = EPOCH_NODE(g->owner_epoch);

	if (core_named(c, group) || !(said->flags & HB_GF_READY))
		return false;
	if (RULE(P7_NAMED) && g->named_node && g->named_node == node)
		return true;
	if (RULE(P7_HOLDER) && g->owner_epoch && holder == node)
		return true;
	if (RULE(P7_HOLDER) && g->owner_epoch && holder == c->cfg.node)
		return false;
	if (said->priority != g->priority)
		return said->priority > g->priority;
	return node < c->cfg.node;
}

/* A peer whose words are proven and whose right is better than ours. */
static bool comes_first(const struct core *c, uint32_t peer, uint32_t group, uint64_t now_ns)
{
	const struct core_peer *p = &c->peer[peer];

	return core_proven(c, p, now_ns) &&
	       core_better(c, group, &p->said[group], c->cfg.peer_node[peer]);
}

unsigned int core_rank(const struct core *c, uint32_t group, uint64_t now_ns)
{
	unsigned int better = 0;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		better += comes_first(c, i, group, now_ns);
	return better;
}

/* Have all who come first answered a frame of ours that left since nobody is promised anything? */
bool core_better_answered(const struct core *c, uint32_t group, uint64_t now_ns)
{
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (comes_first(c, i, group, now_ns) &&
		    c->peer[i].said[group].echo_ts_ns < c->group[group].vacant_ns)
			return false;
	return true;
}

/* `wanted`, or the best of all (0); 0: nobody is READY. */
uint8_t core_ready_peer(const struct core *c, uint32_t group, uint8_t wanted, uint64_t now_ns)
{
	uint8_t best = 0, best_priority = 0;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_said *said = &c->peer[i].said[group];
		uint8_t node = c->cfg.peer_node[i];

		if (!core_proven(c, &c->peer[i], now_ns) || !(said->flags & HB_GF_READY) ||
		    (wanted && wanted != node))
			continue;
		if (best && (said->priority < best_priority ||
			     (said->priority == best_priority && node > best)))
			continue;
		best = node;
		best_priority = said->priority;
	}
	return best;
}

unsigned int core_majority(const struct core *c)
{
	return (c->cfg.npeers + 1u) / 2 + 1;
}

/* alone = "gateway": our receive path worked a moment ago. */
bool core_gateway_fresh(const struct core *c, uint64_t now_ns)
{
	return c->gateway_ns && !peer_silent(c->gateway_ns, now_ns, c->cfg.t.d_ns);
}

/* alone = "gateway": nobody answered for the address a moment ago. */
bool core_free_fresh(const struct core *c, uint32_t group, uint64_t now_ns)
{
	uint64_t asked_ns = c->group[group].take_probed_ns;

	return asked_ns && !peer_silent(asked_ns, now_ns, c->cfg.t.g_ns);
}

/* P2: the stamp of the frame of ours that this peer's promise for our epoch answered; 0: it promised nothing. */
uint64_t core_grant_ns(const struct core *c, const struct core_peer *p, uint32_t group)
{
	const struct core_said *said = &p->said[group];

	/* A pair whose other host has been reconfigured first: no vote is to be had there, and none is needed. */
	if (!said->listed && !c->cfg.quorum)
		return core_min(said->echo_ts_ns, c->sent_ts_ns);
	if (said->promise_holder != c->cfg.node || said->promise_epoch != c->group[group].epoch)
		return 0;
	/* Whatever a member says, no lease reaches beyond a frame that was sent. */
	return RULE(P2_ANCHOR) ? core_min(said->echo_ts_ns, c->sent_ts_ns) : p->proven_rx_ns;
}

static uint64_t own_anchor_ns(const struct core *c, uint64_t now_ns)
{
	return RULE(P2_SELF) ? c->sent_ts_ns : now_ns;
}

/* P3: the stamp that a majority of the members has answered, ourselves included; 0: none. */
uint64_t core_quorum_anchor_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	uint64_t grant[HB_MAX_NODES] = {own_anchor_ns(c, now_ns)};
	unsigned int n = 1, need = core_majority(c);

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		uint64_t value = core_grant_ns(c, &c->peer[i], group);
		unsigned int at = n++;

		for (; at && grant[at - 1] < value; at--)
			grant[at] = grant[at - 1];
		grant[at] = value;
	}
	return need <= n ? grant[need - 1] : 0;
}

/* A candidate of a pair needs its peer's word, unless that is silent for G (and the gateway answers, if asked). */
static uint64_t pair_claim_anchor_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	uint64_t anchor = own_anchor_ns(c, now_ns);

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		if (!c->peer[i].silent)
			anchor = core_min(anchor, core_grant_ns(c, &c->peer[i], group));
		else if (c->cfg.alone == CORE_ALONE_GATEWAY &&
			 (!core_gateway_fresh(c, now_ns) || !core_free_fresh(c, group, now_ns)))
			return 0;
	}
	return anchor;
}

uint64_t core_claim_anchor_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	return c->cfg.quorum ? core_quorum_anchor_ns(c, group, now_ns)
			     : pair_claim_anchor_ns(c, group, now_ns);
}

/* Protocol 2.5a: is this peer's word needed to go on? */
static bool in_set(const struct core *c, const struct core_peer *p, uint64_t now_ns)
{
	return c->cfg.alone == CORE_ALONE_NEVER || core_heard(c, p, now_ns) ||
	       (p->last_ns && now_ns < p->keep_until_ns);
}

static uint64_t pair_anchor_ns(const struct core *c, uint32_t group, uint64_t now_ns, bool *alone)
{
	uint64_t anchor = own_anchor_ns(c, now_ns);

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (!in_set(c, p, now_ns)) {
			*alone = true;
			if (c->cfg.alone == CORE_ALONE_GATEWAY && !core_gateway_fresh(c, now_ns))
				return 0;
		} else if (RULE(P4_ECHO)) {
			anchor = core_min(anchor, core_grant_ns(c, p, group));
		}
	}
	return anchor;
}

uint64_t core_lease_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns)
{
	bool alone = false;
	uint64_t anchor = c->cfg.quorum ? core_quorum_anchor_ns(c, group, now_ns)
					: pair_anchor_ns(c, group, now_ns, &alone);

	if (!anchor)
		return 0;
	/* Frames that announced X have been answered: whoever answered waits for G of X (protocol 2.6). A peer
	 * that is not heard may not have heard of it either. */
	if (c->upgrade_from_ns && anchor >= c->upgrade_from_ns && !alone)
		return anchor + c->cfg.t.x_ns;
	return anchor + c->cfg.t.lease_ns;
}
