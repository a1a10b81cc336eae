/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Completes a checksum that its sender left to a network card. Between namespaces and virtual machines there is
 * none on the way: the kernel knows that the sum is not made yet, but a frame that XDP sends out forgets it,
 * and the receiver would drop every TCP segment and UDP datagram that was forwarded.
 */
#ifndef IPT_CSUM_H
#define IPT_CSUM_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include "maps.h"
#include "parse.h"

#define CSUM_CHUNK 512u /* as much as bpf_csum_diff() takes */
#define CSUM_CHUNKS 8 /* beyond any frame that native XDP gets in one piece */
#define CSUM_AT_TCP 16
#define CSUM_AT_UDP 6

static __always_inline __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)((sum & 0xffff) + (sum >> 16));
}

/* Where the sum stands in such a header, or 0: none of ours. */
static __always_inline __u32 csum_at(__u8 protocol)
{
	return protocol == IPPROTO_TCP ? CSUM_AT_TCP : protocol == IPPROTO_UDP ? CSUM_AT_UDP : 0;
}

/* Over `len` bytes from `at` on, by way of the scratch; negative if the frame ends before. */
static __always_inline __s64 csum_bytes(struct xdp_md *ctx, __u32 at, __u32 len)
{
	__u32 zero = 0, i;
	struct ipt_scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	__s64 sum = 0;

	for (i = 0; s && i < CSUM_CHUNKS && len; i++) {
		__u32 now = len < CSUM_CHUNK ? len : CSUM_CHUNK, less = now - 1;

		__builtin_memset(s->words, 0, CSUM_CHUNK);
		/* The same number, in a form whose bounds every verifier sees: 1 to CSUM_CHUNK. */
		asm volatile("" : "+r"(less));
		now = (less & (CSUM_CHUNK - 1)) + 1;
		if (bpf_xdp_load_bytes(ctx, at, s->words, now))
			return -1;
		sum = bpf_csum_diff(NULL, 0, (void *)s->words, CSUM_CHUNK, (__wsum)sum);
		at += now;
		len -= now;
	}
	return s && !len ? sum : -1;
}

/* What a checksum of a packet is over, and its pseudo header: nothing, as in a fragment, where `len` is 0. */
struct csum_what {
	__u32 at, len;
	__u32 addresses; /* their sum */
	__u8 protocol;
};

/* What the sender's kernel leaves in the field: the sum of the pseudo header, not inverted. */
static __always_inline __u16 csum_pseudo(const struct csum_what *w)
{
	return csum_fold((__u64)w->addresses + bpf_htons(w->protocol) + bpf_htons(w->len));
}

static __always_inline void csum_of_ipv4(struct csum_what *w, const struct pkt *p)
{
	const struct iphdr *ip = p->l3;

	if ((void *)(ip + 1) > p->end || ip->ihl < 5 || ip->frag_off & bpf_htons(0x3fff))
		return;
	w->at = (__u32)((void *)ip - (void *)p->eth) + ip->ihl * 4u;
	w->len = bpf_ntohs(ip->tot_len) - ip->ihl * 4u;
	w->addresses = csum_fold((__u64)ip->saddr + ip->daddr);
	w->protocol = ip->protocol;
}

/* In generic mode the frame stays the kernel's own, and whoever sends it at last still knows what is missing. */
static __always_inline int csum_is_lost(__u32 ifindex)
{
	__u32 i;

	for (i = 0; i < IPT_MAX_IFACES; i++) {
		__u32 index = i;
		struct ipt_iface *iface = bpf_map_lookup_elem(&ifaces, &index);

		if (iface && iface->ifindex == ifindex)
			return iface->flags & IPT_IF_NATIVE;
	}
	return 0;
}

/* Behind extension headers nothing is left to a card by Linux. */
static __always_inline void csum_of_ipv6(struct csum_what *w, const struct pkt *p)
{
	struct ipv6hdr *ip = p->l3;

	if ((void *)(ip + 1) > p->end)
		return;
	w->at = (__u32)((void *)(ip + 1) - (void *)p->eth);
	w->len = bpf_ntohs(ip->payload_len);
	w->addresses = csum_fold((__u32)bpf_csum_diff(NULL, 0, (void *)&ip->saddr, 32, 0));
	w->protocol = ip->nexthdr;
}

/* A sum that was complete stays what it is, even if it looks like the pseudo header's by chance. */
static __always_inline void csum_complete(struct xdp_md *ctx, const struct pkt *p)
{
	struct csum_what w = {};
	__s64 bytes;
	__u32 at;
	__u16 sum;

	if (p->proto_be16 == bpf_htons(ETH_P_IP))
		csum_of_ipv4(&w, p);
	else
		csum_of_ipv6(&w, p);
	at = csum_at(w.protocol);
	if (!at || w.len < at + sizeof(sum) || w.len > CSUM_CHUNK * CSUM_CHUNKS)
		return;
	if (bpf_xdp_load_bytes(ctx, w.at + at, &sum, sizeof(sum)) || sum != csum_pseudo(&w) ||
	    !csum_is_lost(p->in.below ? p->in.below : p->in.ifindex))
		return;
	bytes = csum_bytes(ctx, w.at, w.len);
	if (bytes < 0)
		return;
	sum = ~csum_fold((__u64)bytes);
	if (!sum) /* in UDP, "none was made" */
		sum = 0xffff;
	(void)bpf_xdp_store_bytes(ctx, w.at + at, &sum, sizeof(sum));
}

#endif
