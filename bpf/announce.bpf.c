/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The announcer: run by the daemon over live frames, writes one gratuitous ARP frame at each run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

IPT_MAP(leases);
IPT_MAP(groups);
IPT_MAP(stats);
IPT_MAP(announce_job);
IPT_MAP(announce_list);

#include "count.h"
#include "parse.h"

#define ANNOUNCE_FORM_REQUEST 1u
#define ANNOUNCE_FORM_REPLY 2u

struct announce_frame {
	struct ethhdr eth;
	struct arp_eth arp;
	__u8 padding[18];
} __attribute__((packed));

_Static_assert(sizeof(struct announce_frame) == 60, "shortest Ethernet frame");

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
static __always_inline void announce_write(struct announce_frame *f, int reply,
					   const struct ipt_announce_entry *entry)
{
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
}

SEC("xdp")
int ipt_announce(struct xdp_md *ctx)
{
	struct announce_frame *f = (void *)(long)ctx->data;
	struct ipt_announce_entry *entry;
	struct ipt_announce_job *job;
	__u32 zero = 0, index, both;
	__u64 frame;

	job = bpf_map_lookup_elem(&announce_job, &zero);
	if (!job || (void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	frame = __sync_fetch_and_add(&job->cursor, 1);
	both = (job->forms & ANNOUNCE_FORM_REQUEST) && (job->forms & ANNOUNCE_FORM_REPLY);
	index = frame >> both;
	entry = bpf_map_lookup_elem(&announce_list, &index);
	/* Past the end of the list: a frame that the caller did not mean, no announcement that was refused. */
	if (!entry || frame >> both >= job->count)
		return XDP_DROP;
	if (!announce_allowed(job, bpf_ktime_get_boot_ns()))
		return counted(CNT_announce_stale, XDP_DROP);
	announce_write(f, both ? frame & 1 : job->forms == ANNOUNCE_FORM_REPLY, entry);
	return counted(CNT_announce_sent, XDP_TX);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
