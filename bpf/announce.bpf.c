/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The announcer: run by the daemon over live frames, writes one announcement at each run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

IPT_MAP(leases);
IPT_MAP(groups);
IPT_MAP(stats);
IPT_MAP(announce_job);
IPT_MAP(announce_list);

#include "count.h"
#include "csum.h"
#include "ip6.h"

#define ANNOUNCE_HOPS 255

struct announce_arp {
	struct ethhdr eth;
	struct arp_eth arp;
	__u8 padding[18];
} __attribute__((packed));

_Static_assert(sizeof(struct announce_arp) == 60, "shortest Ethernet frame");

struct announce_nd {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct nd_msg msg;
	struct nd_opt opt;
} __attribute__((packed, aligned(2)));

_Static_assert(sizeof(struct announce_nd) == 86, "wire size");

/* The frame leaves past the egress program, so it is judged here, on the lease that the caller meant. */
static __always_inline int announce_allowed(const struct ipt_announce_job *job, __u64 now_ns)
{
	__u32 index = job->group, slot = job->slot & 1;
	__u64 *word = bpf_map_lookup_elem(&leases, &index), now_word;
	struct ipt_group *g = bpf_map_lookup_elem(&groups, &index);

	if (!word || !g)
		return 0;
	now_word = *(volatile __u64 *)word;
	return lease_live(now_word, now_ns) && lease_slot(now_word) == slot &&
	       g->binding[slot].epoch == job->epoch;
}

/* Both forms name the address as sender and target; the reply form needs the target MAC as well, or
 * Linux does not count it as gratuitous. Written whole: the page still holds the frame before. */
static __always_inline int announce_arp(struct xdp_md *ctx, int reply,
					const struct ipt_announce_entry *entry)
{
	struct announce_arp *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;

	__builtin_memset(f, 0, sizeof(*f));
	__builtin_memset(f->eth.h_dest, 0xff, 6);
	__builtin_memcpy(f->eth.h_source, entry->mac, 6);
	f->eth.h_proto = bpf_htons(ETH_P_ARP);
	f->arp.htype = bpf_htons(ARP_HTYPE_ETHER);
	f->arp.ptype = bpf_htons(ETH_P_IP);
	f->arp.hlen = 6;
	f->arp.plen = 4;
	f->arp.oper = reply ? bpf_htons(ARP_OP_REPLY) : bpf_htons(ARP_OP_REQUEST);
	__builtin_memcpy(f->arp.sha, entry->mac, 6);
	f->arp.spa_be32 = entry->addr.word_be32[3];
	if (reply)
		__builtin_memcpy(f->arp.tha, entry->mac, 6);
	f->arp.tpa_be32 = entry->addr.word_be32[3];
	return counted(CNT_announce_sent, XDP_TX);
}

/* To all nodes, unsolicited, with the target's MAC address (RFC 4861, 7.2.6); from the address itself, as in ARP. */
static __always_inline int announce_nd(struct xdp_md *ctx, const struct ipt_announce_entry *entry)
{
	struct announce_nd *f = (void *)(long)ctx->data;
	__be32 pseudo[2] = {bpf_htonl(sizeof(f->msg) + sizeof(f->opt)), bpf_htonl(IPPROTO_ICMPV6)};
	__u32 said = ND_F_OVERRIDE | (entry->flags & IPT_NET_F_ROUTER ? ND_F_ROUTER : 0), sum;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memset(f, 0, sizeof(*f));
	f->eth.h_dest[0] = f->eth.h_dest[1] = 0x33;
	f->eth.h_dest[5] = 1;
	__builtin_memcpy(f->eth.h_source, entry->mac, 6);
	f->eth.h_proto = bpf_htons(ETH_P_IPV6);
	f->ip.version = 6;
	f->ip.payload_len = bpf_htons(sizeof(f->msg) + sizeof(f->opt));
	f->ip.nexthdr = IPPROTO_ICMPV6;
	f->ip.hop_limit = ANNOUNCE_HOPS;
	__builtin_memcpy(&f->ip.saddr, &entry->addr, 16);
	f->ip.daddr.s6_addr[0] = 0xff;
	f->ip.daddr.s6_addr[1] = 2;
	f->ip.daddr.s6_addr[15] = 1;
	f->msg.type = ND_ADVERT;
	f->msg.flags_be32 = bpf_htonl(said);
	__builtin_memcpy(&f->msg.target, &entry->addr, 16);
	f->opt.type = ND_OPT_TARGET;
	f->opt.len8 = 1;
	__builtin_memcpy(f->opt.mac, entry->mac, 6);
	sum = bpf_csum_diff(NULL, 0, pseudo, sizeof(pseudo), 0);
	/* Addresses, message and option, one after the other. */
	sum = bpf_csum_diff(NULL, 0, (void *)&f->ip.saddr, 32 + sizeof(f->msg) + sizeof(f->opt),
			    sum);
	f->msg.sum = (__be16)~csum_fold(sum);
	return counted(CNT_announce_sent, XDP_TX);
}

SEC("xdp")
int ipt_announce(struct xdp_md *ctx)
{
	struct ipt_announce_entry *entry;
	struct ipt_announce_job *job;
	__u32 zero = 0, index, both;
	__u64 frame;

	job = bpf_map_lookup_elem(&announce_job, &zero);
	if (!job)
		return XDP_ABORTED;
	frame = __sync_fetch_and_add(&job->cursor, 1);
	both = (job->forms & IPT_FORM_REQUEST) && (job->forms & IPT_FORM_REPLY);
	index = frame >> both;
	entry = bpf_map_lookup_elem(&announce_list, &index);
	/* Past the end of the list: a frame that the caller did not mean, no announcement that was refused. */
	if (!entry || frame >> both >= job->count)
		return XDP_DROP;
	if (!announce_allowed(job, bpf_ktime_get_boot_ns()))
		return counted(CNT_announce_stale, XDP_DROP);
	if (job->forms == IPT_FORM_ADVERT)
		return announce_nd(ctx, entry);
	return announce_arp(ctx, both ? frame & 1 : job->forms == IPT_FORM_REPLY, entry);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
