/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gate of a group as a packet sees it: floating address to group, lease word, binding. */
#ifndef IPT_GATE_H
#define IPT_GATE_H

#include <linux/bpf.h>
#include "maps.h"
#include "parse.h"

#define GATE_AF_INET 2 /* the system's <sys/socket.h> is not for BPF */

struct gate {
	struct ipt_vip *vip;
	struct ipt_group *group; /* NULL: the address names no group, and then nothing is live */
	__u64 word;
	int live;
};

static __always_inline struct ipt_vip *vip_find(__u32 ifindex, __be32 ip_be32)
{
	struct ipt_vip_key key = {.ifindex = ifindex, .family = GATE_AF_INET};

	__builtin_memcpy(key.addr, &ip_be32, sizeof(ip_be32));
	return bpf_map_lookup_elem(&vips, &key);
}

static __always_inline void gate_read(struct gate *g, struct ipt_vip *vip, __u64 now_ns)
{
	__u32 index = vip->group;
	__u64 *word = bpf_map_lookup_elem(&leases, &index);

	g->vip = vip;
	g->group = bpf_map_lookup_elem(&groups, &index);
	g->word = word ? *(volatile __u64 *)word : 0;
	g->live = g->group && lease_live(g->word, now_ns);
}

static __always_inline int gate_draining(const struct gate *g, __u64 now_ns)
{
	__u32 index = g->vip->group;
	__u64 *until_ns = bpf_map_lookup_elem(&drain, &index);

	return until_ns && now_ns < *until_ns;
}

/* A MAC under which we answer for this address, or did until the last flip? */
static __always_inline int gate_owns_mac(const struct gate *g, const __u8 *mac)
{
	if (mac_equal(mac, g->vip->mac))
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
