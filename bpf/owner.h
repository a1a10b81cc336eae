/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The peer that owns a group, and where it is on an interface: for what is sent on to it, or told of it. */
#ifndef IPT_OWNER_H
#define IPT_OWNER_H

#include <linux/bpf.h>
#include "gate.h"
#include "peer.h"

struct owner {
	__u64 proven_ns; /* of the path that `mac` is of */
	__u32 ifindex;
	__u32 peer; /* IPT_MAX_PEERS: it has no path on this interface, or none of its frames came by it */
	__u32 member; /* is `from` a member's MAC? */
	__u8 mac[6]; /* the owner's on this interface, as its newest heartbeat there shows it */
	__u8 from[6];
	__u8 node;
	__u8 pad[7];
};

static long owner_step(__u32 i, void *arg)
{
	struct ipt_path *path = bpf_map_lookup_elem(&paths, &i);
	struct owner *o = arg;

	if (!path)
		return 1;
	if (!path->ifindex)
		return 0;
	/* A path on which nothing has come yet has no MAC: it makes nobody a member. */
	if (!mac_is_zero(o->from) && mac_equal(o->from, path->mac))
		o->member = 1;
	if (path->node != o->node || path->ifindex != o->ifindex || mac_is_zero(path->mac))
		return 0;
	/* A way on which nothing comes any more keeps the MAC that the peer had then. */
	if (path->proven_ns < o->proven_ns)
		return 0;
	o->proven_ns = path->proven_ns;
	o->peer = path->peer;
	__builtin_memcpy(o->mac, path->mac, 6);
	return 0;
}

/* A MAC that a peer's heartbeats come from, on any interface? */
static __always_inline int owner_is_member(const __u8 *mac)
{
	struct owner o = {};

	__builtin_memcpy(o.from, mac, 6);
	bpf_loop(IPT_MAX_PATHS, owner_step, &o, 0);
	return o.member;
}

/*
 * Does a peer own the group that `g` is of, above every epoch of ours, heard lately enough that its lease
 * may still run, with a MAC known on o->ifindex? Needs o->ifindex and o->from; fills the rest in. The daemon
 * may be dead: XDP learns all of it from the heartbeats.
 */
static __always_inline int owner_find(struct owner *o, const struct gate *g, __u64 now_ns)
{
	const struct ipt_group *group = g->group;
	struct ipt_self *me;
	struct ipt_peer *rec;
	__u32 zero = 0;

	me = bpf_map_lookup_elem(&self, &zero);
	if (!group || !me || group->owner_epoch <= group->binding[0].epoch ||
	    group->owner_epoch <= group->binding[1].epoch)
		return 0;
	o->node = EPOCH_NODE(group->owner_epoch);
	o->peer = IPT_MAX_PEERS;
	o->member = gate_owns_mac(g, o->from);
	bpf_loop(IPT_MAX_PATHS, owner_step, o, 0);
	rec = bpf_map_lookup_elem(&peers, &o->peer);
	return rec && o->node != me->node && !gate_owns_mac(g, o->mac) &&
	       !peer_silent(group->owner_ns, now_ns, peer_g_ns(me, rec));
}

#endif
