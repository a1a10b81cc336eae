/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lease gate for IPv6: who answers neighbour solicitations (RFC 4861), whose traffic goes up the stack. */
#ifndef IPT_GUARD_ND_H
#define IPT_GUARD_ND_H

#include <linux/bpf.h>
#include "guard.h"
#include "ip6.h"

#define ND_HOPS 255
#define ND_MAX_OPTS \
	8 /* units of 8 bytes that are read: Linux sends one, for duplicate address detection another */

IP6_EXT_STEP(in_ext_step, struct xdp_md, bpf_xdp_load_bytes)

/* A solicitation's answer, from the IPv6 header on. */
struct nd_answer {
	struct ipv6hdr ip;
	struct nd_msg msg;
	struct nd_opt opt;
} __attribute__((aligned(4)));

_Static_assert(sizeof(struct nd_answer) == 72, "wire size");

/* Four bytes at a time: headers are multiples of that, and stand where an IPv6 header does or in the scratch. */
typedef __u32 __attribute__((may_alias)) nd_word;

static __always_inline void nd_copy(void *to, const void *from, __u32 size)
{
	nd_word *x = to;
	const nd_word *y = from;

	for (__u32 i = 0; i < size / sizeof(*x); i++)
		x[i] = y[i];
}

/* A message of neighbour discovery, as read. It stands in the scratch, where a heartbeat would: no stack has the room. */
struct nd {
	struct ipv6hdr ip;
	struct nd_msg msg;
	struct nd_answer answer;
	__u32 l3, at; /* where header and message stand in the frame */
	__u32 opts8; /* options, in units of 8 bytes */
	__u64 sum; /* of the options' words, as an Internet checksum counts */
	__u8 mac[6]; /* sender's: as its option says it, else as the frame does */
	__u8 named; /* an option says it */
	__u8 odd; /* not as RFC 4861, 7.1 wants it: no stack answers or believes it */
	__u8 more; /* options beyond those that are read */
	__u8 bare; /* no extension headers */
	__u32 room; /* of the answer: with the option, if the frame is long enough for it, or without */
};

_Static_assert(sizeof(struct nd) <= sizeof(((struct ipt_scratch *)0)->words), "in the scratch");

/*
 * From the frame itself where no extension headers stand before: a call for each piece costs more than all that is done
 * with it. 0: there.
 */
static __always_inline long nd_load(struct xdp_md *ctx, const struct pkt *p, const struct nd *n,
				    __u32 behind, void *to, __u32 size)
{
	const void *from = p->l3 + sizeof(struct ipv6hdr) + behind;

	if (!n->bare)
		return bpf_xdp_load_bytes(ctx, n->at + behind, to, size);
	if (from + size > p->end)
		return -1;
	nd_copy(to, from, size);
	return 0;
}

/* Words as an Internet checksum counts them (RFC 1071), for csum_fold() at the end. */
static __always_inline __u64 nd_words(const void *bytes, __u32 size)
{
	const nd_word *word = bytes;
	__u64 sum = 0;

	for (__u32 i = 0; i < size / sizeof(*word); i++)
		sum += word[i];
	return sum;
}

/* Reads the options: the sender's MAC address, and whether their lengths agree. */
static __always_inline void nd_options(struct xdp_md *ctx, const struct pkt *p, struct nd *n,
				       __u8 type)
{
	__u32 left8 = 0, i;
	struct nd_opt opt __attribute__((aligned(4)));

	for (i = 0; i < ND_MAX_OPTS && i < n->opts8; i++) {
		if (nd_load(ctx, p, n, sizeof(n->msg) + i * sizeof(opt), &opt, sizeof(opt))) {
			n->odd = 1;
			return;
		}
		n->sum += nd_words(&opt, sizeof(opt));
		if (left8) {
			left8--;
			continue;
		}
		if (!opt.len8) {
			n->odd = 1;
			return;
		}
		left8 = opt.len8 - 1;
		if (opt.type == type && opt.len8 == 1 && !n->named) {
			n->named = 1;
			mac_copy(n->mac, opt.mac);
		}
	}
	if (left8 && !n->more)
		n->odd = 1;
}

/* To all, and as if they had asked. */
static __always_inline int nd_is_no_reply(const struct nd *n)
{
	return n->msg.type == ND_ADVERT && n->msg.flags_be32 & bpf_htonl(ND_F_SOLICITED) &&
	       ip6_is_multicast(&n->ip.daddr);
}

/*
 * The message and what RFC 4861 wants of it (7.1.1, 7.1.2) but for the checksum: the answer's is made from it, by what
 * differs, and is as wrong as it was. NULL: the packet is none.
 */
static __always_inline struct nd *nd_read(struct xdp_md *ctx, const struct pkt *p,
					  const struct ip6_walk *w)
{
	struct ipt_scratch *s = scratch_find();
	struct nd *n = s ? (void *)s->words : NULL;
	const struct ipv6hdr *ip = p->l3;
	__u32 len, ext;

	if (!n || w->next != IPPROTO_ICMPV6 || w->fragment == 2)
		return NULL;
	n->l3 = (__u32)(p->l3 - (void *)p->eth);
	n->at = w->at;
	ext = n->at - n->l3 - sizeof(n->ip);
	n->bare = !ext;
	if ((void *)(ip + 1) > p->end || nd_load(ctx, p, n, 0, &n->msg, sizeof(n->msg)))
		return NULL;
	if (n->msg.type != ND_SOLICIT && n->msg.type != ND_ADVERT)
		return NULL;
	n->ip = *ip;
	len = bpf_ntohs(n->ip.payload_len);
	n->opts8 = (len - ext - sizeof(n->msg)) / sizeof(struct nd_opt);
	n->more = n->opts8 > ND_MAX_OPTS;
	n->odd = n->ip.version != 6 || n->ip.hop_limit != ND_HOPS || n->msg.code || w->fragment ||
		 ip6_is_multicast(&n->ip.saddr) || ip6_is_multicast(&n->msg.target) ||
		 nd_is_no_reply(n) || len < ext + sizeof(n->msg) ||
		 (len - ext) % sizeof(struct nd_opt);
	n->sum = 0;
	n->named = 0;
	mac_copy(n->mac, p->eth->h_source);
	if (!n->odd)
		nd_options(ctx, p, n, n->msg.type == ND_SOLICIT ? ND_OPT_SOURCE : ND_OPT_TARGET);
	return n;
}

/* Duplicate address detection (RFC 4862): from nobody yet, to the group, and without a MAC address. */
static __always_inline int nd_is_dad(const struct nd *n)
{
	return ip6_is_zero(&n->ip.saddr);
}

/* The question's sum, less what is no longer in it, and with what has come: a wrong one stays wrong. */
static __always_inline __be16 nd_sum(struct nd *n)
{
	const struct nd_answer *a = &n->answer;
	__u64 come = bpf_htons((ND_ADVERT - ND_SOLICIT) << 8) + a->ip.payload_len;
	__u64 gone = n->ip.payload_len + n->sum;

	/* Both addresses, one after the other. */
	come += nd_words(&a->ip.saddr, 32) + nd_words(&a->msg.flags_be32, 4);
	gone += nd_words(&n->ip.saddr, 32) + nd_words(&n->msg.flags_be32, 4);
	if (n->room == sizeof(*a))
		come += nd_words(&a->opt, sizeof(a->opt));
	return (__be16)~csum_fold((__u64)(__u16)~n->msg.sum + come + (__u16)~csum_fold(gone));
}

/* RFC 4861, 7.2.4: to who asks, S; to all where nobody has an address yet. O always, and the MAC address if there is room. */
static __always_inline void nd_compose(struct nd *n, const __u8 *mac, __u8 flags)
{
	__u32 said = ND_F_OVERRIDE | (nd_is_dad(n) ? 0 : ND_F_SOLICITED) |
		     (flags & IPT_NET_F_ROUTER ? ND_F_ROUTER : 0);
	struct nd_answer *a = &n->answer;

	__builtin_memset(a, 0, sizeof(*a));
	a->ip.version = 6;
	a->ip.payload_len = bpf_htons(n->room - sizeof(a->ip));
	a->ip.nexthdr = IPPROTO_ICMPV6;
	a->ip.hop_limit = ND_HOPS;
	a->ip.saddr = n->msg.target;
	a->ip.daddr = n->ip.saddr;
	if (nd_is_dad(n)) {
		a->ip.daddr.s6_addr32[0] = bpf_htonl(0xff020000);
		a->ip.daddr.s6_addr32[3] = bpf_htonl(1);
	}
	a->msg.type = ND_ADVERT;
	a->msg.flags_be32 = bpf_htonl(said);
	a->msg.target = n->msg.target;
	a->opt.type = ND_OPT_TARGET;
	a->opt.len8 = 1;
	mac_copy(a->opt.mac, mac);
	a->msg.sum = nd_sum(n);
}

#define ND_SHORT (sizeof(struct nd_answer) - sizeof(struct nd_opt))

/*
 * How long the answer may be in a frame that keeps its length: a program that changes it cannot be chained, as newer
 * kernels refuse it in libxdp's dispatcher. What is left over behind the answer is no part of it. 0: RFC 4861 wants the
 * option and there is no room; nobody sends that, since such a question must have one as well.
 */
static __always_inline __u32 nd_room(const struct pkt *p, const struct nd *n)
{
	if ((__u32)(p->end - p->l3) >= sizeof(n->answer))
		return sizeof(n->answer);
	return nd_is_dad(n) || !ip6_is_multicast(&n->ip.daddr) ? ND_SHORT : 0;
}

/* Turns the frame into its answer; its tags stay. */
static __always_inline int nd_answer(struct xdp_md *ctx, struct pkt *p, struct nd *n,
				     const struct gate *g)
{
	const struct ipt_binding *bound = &g->group->binding[lease_slot(g->word)];

	nd_compose(n, mac_is_zero(bound->mac) ? g->mac : bound->mac, g->mac[6]);
	mac_copy(p->eth->h_dest, n->mac);
	if (nd_is_dad(n)) {
		*(__be16 *)&p->eth->h_dest[0] = bpf_htons(0x3333);
		*(__be16 *)&p->eth->h_dest[2] = 0;
		*(__be16 *)&p->eth->h_dest[4] = bpf_htons(1);
	}
	mac_copy(p->eth->h_source, g->mac);
	if (n->room == sizeof(n->answer) && p->l3 + sizeof(n->answer) <= p->end)
		nd_copy(p->l3, &n->answer, sizeof(n->answer));
	else
		(void)bpf_xdp_store_bytes(ctx, n->l3, &n->answer, ND_SHORT);
	return counted(CNT_nd_answer, XDP_TX);
}

/* To the address or to a group of such, not in its own name, and all of it read: as its neighbours ask. */
static __always_inline int nd_is_plain(const struct nd *n)
{
	struct ipt_addr from = ip6_addr(&n->ip.saddr), to = ip6_addr(&n->ip.daddr);
	struct ipt_addr target = ip6_addr(&n->msg.target);

	return n->bare && !n->more && !ipt_addr_equal(&from, &target) &&
	       (ip6_is_solicited_node(&n->ip.daddr) || ipt_addr_equal(&to, &target));
}

/* A solicitation for a floating address, in the order in which an ARP request is judged. */
static __noinline int guard_solicit(struct xdp_md *ctx, struct pkt *p, struct nd *n, struct gate *g)
{
	gate_read(g, bpf_ktime_get_boot_ns());
	if (!gate_addressed(g, p->eth->h_dest))
		return counted(CNT_not_ours, XDP_PASS);
	if (!g->live)
		return counted(CNT_nd_fenced, XDP_DROP);
	if (p->in.in_vlan || n->odd || !nd_is_plain(n))
		return counted(CNT_nd_passed, XDP_PASS);
	if (nd_is_dad(n) && (n->named || !ip6_is_solicited_node(&n->ip.daddr)))
		return counted(CNT_nd_passed, XDP_PASS);
	if (mac_is_group(n->mac) || mac_is_zero(n->mac) || guard_ours(p, n->mac, g))
		return counted(CNT_nd_refused, XDP_DROP);
	n->room = nd_room(p, n);
	if (!n->room)
		return counted(CNT_nd_passed, XDP_PASS);
	return nd_answer(ctx, p, n, g);
}

/* Who names the address as his: in an advertisement, as sender of a solicitation, or by asking whether it is free. */
static __always_inline void guard_nd_rival(const struct pkt *p, const struct nd *n)
{
	struct ipt_addr addr;

	if (p->in.in_vlan || n->odd)
		return;
	addr = ip6_addr(n->msg.type == ND_ADVERT || nd_is_dad(n) ? &n->msg.target : &n->ip.saddr);
	if (!ipt_addr_is_v4(&addr))
		guard_rival(p, &addr, n->mac, CNT_nd_rival);
}

static __noinline int guard_ip6(struct xdp_md *ctx, struct pkt *p)
{
	struct ip6_walk w = {.ctx = ctx};
	struct ipv6hdr *ip = p->l3;
	struct ipt_addr to;
	struct nd *n;
	struct gate g;

	if ((void *)(ip + 1) > p->end)
		return counted(CNT_pass, XDP_PASS);
	w.at = (__u32)((void *)(ip + 1) - (void *)p->eth);
	w.next = ip->nexthdr;
	if (ip6_is_ext(w.next))
		bpf_loop(IP6_MAX_EXT, in_ext_step, &w, 0);
	if (ip6_too_many(&w))
		return counted(CNT_ext_refused, XDP_DROP);
	n = nd_read(ctx, p, &w);
	if (n) {
		guard_nd_rival(p, n);
		to = ip6_addr(&n->msg.target);
		if (n->msg.type == ND_SOLICIT && gate_find_ip6(&g, &p->in, &to))
			return guard_solicit(ctx, p, n, &g);
	}
	to = ip6_addr(&ip->daddr);
	if (!gate_find_ip6(&g, &p->in, &to))
		return counted(CNT_pass, XDP_PASS);
	return guard_ip(ctx, p, &to, &g, bpf_ktime_get_boot_ns());
}

#endif
