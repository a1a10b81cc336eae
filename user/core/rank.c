/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who comes first (P7). */
#include "core_int.h"

/* Has a release that is under way named us? */
bool core_named(const struct core *c, uint32_t group)
{
	return c->group[group].named_node == c->cfg.node;
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
	if (g->named_node && g->named_node == node)
		return true;
	if (g->owner_epoch && holder == node)
		return true;
	if (g->owner_epoch && holder == c->cfg.node)
		return false;
	if (said->priority != g->priority)
		return said->priority > g->priority;
	return node < c->cfg.node;
}

/* A peer whose words are proven and whose right is better than ours. */
static bool comes_first(const struct core *c, uint32_t peer, uint32_t group, uint64_t now_ns)
{
	const struct core_peer *p = &c->peer[peer];

	return core_proven(c, p, now_ns) && !p->restarting &&
	       (!c->cfg.quorum || core_compatible(c, p)) &&
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
		    c->peer[i].restarting || (c->cfg.quorum && !core_compatible(c, &c->peer[i])) ||
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
