/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What lies behind an IPv6 header (RFC 8200): the extension headers that Linux reads on the way to a protocol. */
#ifndef IPT_IP6_H
#define IPT_IP6_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include "parse.h"

#define IP6_MAX_EXT 16 /* headers; nobody sends more than a handful */

#define IP6_HOP_BY_HOP 0
#define IP6_ROUTING 43
#define IP6_FRAGMENT 44
#define IP6_AUTH 51
#define IP6_DEST 60

struct ip6_ext {
	__u8 next, len; /* of those behind the first 8 bytes, in eights; AH counts fours */
	__be16 offset_be16; /* a fragment's, above three bits of flags */
};

/* One packet on its way through its extension headers. */
struct ip6_walk {
	void *ctx;
	__u32 at; /* of the next header */
	__u8 next; /* what it is */
	__u8 fragment; /* 1: of several, 2: and not the first: what stands at `at` is no header */
	__u8 cut; /* the frame ends within a header */
	__u8 pad;
};

static __always_inline int ip6_is_ext(__u8 next)
{
	return next == IP6_HOP_BY_HOP || next == IP6_ROUTING || next == IP6_FRAGMENT ||
	       next == IP6_AUTH || next == IP6_DEST;
}

static __always_inline void ip6_pass(struct ip6_walk *w, const struct ip6_ext *ext)
{
	__be16 offset = w->next == IP6_FRAGMENT ? ext->offset_be16 : 0;

	if (w->next == IP6_FRAGMENT)
		w->at += 8;
	else if (w->next == IP6_AUTH)
		w->at += (ext->len + 2u) * 4;
	else
		w->at += (ext->len + 1u) * 8;
	if (offset & bpf_htons(0xfff9)) /* an offset, or more to come: a lone one is whole */
		w->fragment = offset & bpf_htons(0xfff8) ? 2 : 1;
	w->next = ext->next;
}

/* Expands to the callback `name` of a loop over the headers, which reads by `load`; it ends at the first that is none. */
#define IP6_EXT_STEP(name, type, load)                                \
	static long name(__u32 i, void *arg)                          \
	{                                                             \
		struct ip6_walk *w = arg;                             \
		struct ip6_ext ext;                                   \
                                                                      \
		(void)i;                                              \
		if (w->fragment == 2 || !ip6_is_ext(w->next))         \
			return 1;                                     \
		if (load((type *)w->ctx, w->at, &ext, sizeof(ext))) { \
			w->cut = 1;                                   \
			return 1;                                     \
		}                                                     \
		ip6_pass(w, &ext);                                    \
		return 0;                                             \
	}

/* Behind more headers than we read something may stand that the kernel would answer. */
static __always_inline int ip6_too_many(const struct ip6_walk *w)
{
	return !w->cut && w->fragment != 2 && ip6_is_ext(w->next);
}

/* Neighbour discovery (RFC 4861): a solicitation or an advertisement without its options. */
#define ND_FIRST 133 /* a router's solicitation */
#define ND_SOLICIT 135
#define ND_ADVERT 136
#define ND_LAST 137 /* a redirect */

struct nd_msg {
	__u8 type, code;
	__be16 sum;
	__be32 flags_be32; /* of an advertisement */
	struct in6_addr target;
};

#define ND_F_ROUTER 0x80000000u
#define ND_F_SOLICITED 0x40000000u
#define ND_F_OVERRIDE 0x20000000u

#define ND_OPT_SOURCE 1 /* link-layer address */
#define ND_OPT_TARGET 2

struct nd_opt {
	__u8 type, len8;
	__u8 mac[6]; /* of one of these two types, on Ethernet */
} __attribute__((packed, aligned(2)));

_Static_assert(sizeof(struct nd_msg) == 24 && sizeof(struct nd_opt) == 8, "wire size");

static __always_inline struct ipt_addr ip6_addr(const struct in6_addr *a)
{
	struct ipt_addr addr = {
		.word_be32 = {a->s6_addr32[0], a->s6_addr32[1], a->s6_addr32[2], a->s6_addr32[3]}};

	return addr;
}

static __always_inline int ip6_is_zero(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[2] | a->s6_addr32[3]);
}

static __always_inline int ip6_is_multicast(const struct in6_addr *a)
{
	return a->s6_addr[0] == 0xff;
}

/* ff02::1:ff00:0/104, where solicitations for an address that nobody is known to have go. */
static __always_inline int ip6_is_solicited_node(const struct in6_addr *a)
{
	return a->s6_addr32[0] == bpf_htonl(0xff020000) && !a->s6_addr32[1] &&
	       a->s6_addr32[2] == bpf_htonl(1) && a->s6_addr[12] == 0xff;
}

#endif
