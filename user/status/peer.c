/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The peers, the ways to them, and the keys they use, as the maps have them. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "status_int.h"

static bool up(const struct collect *c, uint64_t last_ns, uint64_t g_ns)
{
	return last_ns && !peer_silent(last_ns, c->s->now_ns, g_ns);
}

static void collect_paths(struct collect *c, uint32_t peer, uint64_t g_ns, struct status_peer *out)
{
	for (uint32_t i = 0; i < IPT_MAX_PATHS && out->npaths < IPT_MAX_PEER_PATHS; i++) {
		struct status_path *to = &out->paths[out->npaths];
		struct ipt_path path;

		if (kern_path_get(c->k, i, &path) || !path.ifindex || path.peer != peer)
			continue;
		if (!if_indextoname(path.ifindex, to->interface))
			(void)snprintf(to->interface, sizeof(to->interface), "#%u", path.ifindex);
		to->ip = path.addr;
		to->last_ns = path.last_ns;
		to->frames = path.frames;
		to->up = up(c, path.last_ns, g_ns);
		(void)memcpy(to->mac, path.mac, sizeof(to->mac));
		out->npaths++;
	}
}

/* Its newest frame says which of ours it had heard, and how long before. */
static uint64_t round_trip_ns(const struct collect *c, const struct beat *beat, uint64_t rx_ns)
{
	for (uint32_t i = 0; i < beat->npeers && i < HB_MAX_NODES; i++) {
		const struct beat_peer *us = &beat->peer[i];
		uint64_t waited_ns = us->echo_ts_ns + (uint64_t)us->rx_age_us * 1000;

		if (us->node == c->self.node && us->echo_ts_ns && rx_ns > waited_ns)
			return rx_ns - waited_ns;
	}
	return 0;
}

static void collect_peer(struct collect *c, uint32_t i)
{
	struct status_peer *out = &c->s->peers[c->s->npeers];
	struct heard *h = &c->heard[c->s->npeers];
	struct ipt_peer peer;
	uint64_t hold_us, g_ns;

	if (kern_peer_get(c->k, i, &peer) || !peer.node)
		return;
	hold_us = judge_hold_us(c->self.lease_ns, c->self.rho_ppm, c->self.settle_ns);
	if (hold_us < peer.hold_us_max)
		hold_us = peer.hold_us_max;
	g_ns = judge_g_of_hold_ns(hold_us, c->self.rho_ppm);
	(void)snprintf(out->name, sizeof(out->name), "%s", peer.name);
	out->witness = peer.witness;
	out->node = peer.node;
	out->odd[ODD_IDENTITY] = (struct odd){peer.identity_ns, peer.identity_node};
	out->odd[ODD_BOUNDS] = (struct odd){peer.bounds_ns, peer.node};
	out->last_ns = peer.last_ns;
	out->silence_ns = c->s->now_ns > peer.last_ns ? c->s->now_ns - peer.last_ns : 0;
	out->up = up(c, peer.last_ns, g_ns);
	h->up = out->up;
	h->decoded = peer.proven.rx_ns && peer.proven.len <= sizeof(peer.proven.bytes) &&
		     frame_beat_decode(peer.proven.bytes, peer.proven.len, &h->beat);
	h->proven = h->decoded && up(c, peer.proven.rx_ns, g_ns);
	h->hello = up(c, peer.unproven.rx_ns, g_ns);
	if (h->decoded)
		out->rtt_ns = round_trip_ns(c, &h->beat, peer.proven.rx_ns);
	out->key = h->decoded ? h->beat.key_id : 0;
	collect_paths(c, i, g_ns, out);
	c->s->npeers++;
}

void status_collect_peers(struct collect *c)
{
	struct status *s = c->s;

	for (uint32_t i = 0; i < IPT_MAX_PEERS; i++)
		collect_peer(c, i);
	s->quorum = c->self.flags & IPT_SELF_QUORUM;
	s->witness = c->self.flags & IPT_SELF_WITNESS;
	s->members = c->self.node ? c->self.npeers + 1u : 0;
	s->votes = s->quorum ? s->members / 2 + 1 : 0;
}

void status_collect_keys(struct collect *c)
{
	struct ipt_key keys[IPT_MAX_KEYS];

	if (kern_keys_get(c->k, keys))
		return;
	for (uint32_t i = 0; i < IPT_MAX_KEYS; i++)
		if (keys[i].valid)
			c->s->keys[c->s->nkeys++] = (struct status_key){
				.kid = keys[i].kid,
				.used_ns = keys[i].used_ns,
				.retired = keys[i].kid < c->self.key_min,
			};
}
