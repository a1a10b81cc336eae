/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gate of a group as a packet sees it: floating address to group, lease word, binding. */
#ifndef IPT_GATE_H
#define IPT_GATE_H

#include <linux/bpf.h>
#include "maps.h"
#include "parse.h"

struct gate {
	__u8 mac[8] __attribute__((
		aligned(8))); /* six: of the interface where the address is; then IPT_NET_F_* */
	__u32 index; /* of the group that it names */
	struct ipt_group *group; /* NULL: there is none, and then nothing is live */
	__u64 word;
	int live;
};

/* The 256 addresses around this one, or NULL: it does not float. Not NULL: look. */
static __always_inline struct ipt_net *net_find(__u32 ifindex, const struct ipt_addr *addr)
{
	struct ipt_net_key key = ipt_net_key(ifindex, *addr);
	__u32 block = ipt_sieve_block(ifindex, key.net);
	const struct ipt_sieve *s = bpf_map_lookup_elem(&sieve, &block);
	struct ipt_near *n;

	if (!s || !ipt_sieve_has(s, ipt_addr_last_byte(*addr)))
		return NULL;
	n = bpf_map_lookup_elem(&near, &block);
	if (n && n->key.ifindex == ifindex && ipt_addr_equal(&n->key.net, &key.net))
		return &n->net;
	return bpf_map_lookup_elem(&nets, &key);
}

/* Is it a floating address? Then gate_read() does the rest. */
static __always_inline int gate_find_addr(struct gate *g, __u32 ifindex,
					  const struct ipt_addr *addr)
{
	const struct ipt_net *net = net_find(ifindex, addr);
	__u32 group;

	if (!net)
		return 0;
	/* Copied, or the verifier would follow each of the two maps through all that comes; at once, as it is written. */
	*(mac_word *)g->mac = *(const volatile mac_word *)net->mac;
	group = net->group[ipt_addr_last_byte(*addr)];
	g->index = group - 1;
	return group != 0;
}

/* A function of its own, as few frames have tags. */
static __noinline int gate_find_below(struct gate *g, __u32 below, const struct ipt_addr *addr)
{
	return gate_find_addr(g, below, addr);
}

/*
 * The same of an address in a frame. The kernel answers for what is below a VLAN device in that VLAN as well, and sends
 * from it there: what is found there is in a VLAN that its address is not in.
 */
static __always_inline int gate_find_in(struct gate *g, struct vlan_place *in,
					const struct ipt_addr *addr)
{
	if (gate_find_addr(g, in->ifindex, addr))
		return 1;
	if (!in->below || !gate_find_below(g, in->below, addr))
		return 0;
	in->ifindex = in->below;
	in->in_vlan = 1;
	return 1;
}

static __always_inline int gate_find(struct gate *g, struct vlan_place *in, __be32 ip_be32)
{
	struct ipt_addr addr = ipt_addr_v4(ip_be32);

	return gate_find_in(g, in, &addr);
}

/* The same of an address in an IPv6 packet, where an IPv4 one in its place has no business and is none of ours. */
static __always_inline int gate_find_ip6(struct gate *g, struct vlan_place *in,
					 const struct ipt_addr *addr)
{
	return !ipt_addr_is_v4(addr) && gate_find_in(g, in, addr);
}

static __always_inline void gate_read(struct gate *g, __u64 now_ns)
{
	__u32 index = g->index;
	__u64 *word = bpf_map_lookup_elem(&leases, &index);

	g->group = bpf_map_lookup_elem(&groups, &index);
	g->word = word ? *(volatile __u64 *)word : 0;
	g->live = g->group && lease_live(g->word, now_ns);
}

static __always_inline int gate_draining(const struct gate *g, __u64 now_ns)
{
	__u32 index = g->index;
	__u64 *until_ns = bpf_map_lookup_elem(&drain, &index);

	return until_ns && now_ns < *until_ns;
}

/*
 * A MAC under which we answer for this address, or did until the last flip? An element that is just being written has
 * none yet: then any may be ours. What is ours gets no answer and is not sent on, so nothing leaves with MAC zero.
 */
static __always_inline int gate_owns_mac(const struct gate *g, const __u8 *mac)
{
	if (mac_equal(mac, g->mac) || mac_is_zero(g->mac))
		return 1;
	if (!g->group || mac_is_zero(mac))
		return 0;
	return mac_equal(mac, g->group->binding[0].mac) || mac_equal(mac, g->group->binding[1].mac);
}

/* Is the frame meant for us? A promiscuous interface or a bridge port sees what is not. */
static __always_inline int gate_addressed(const struct gate *g, const __u8 *eth_dst)
{
	return mac_is_group(eth_dst) || gate_owns_mac(g, eth_dst);
}

#endif
