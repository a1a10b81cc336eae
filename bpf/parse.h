/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From bytes to headers: Ethernet, VLAN tags, SNAP, ARP for IPv4. Checks bounds, judges nothing. */
#ifndef IPT_PARSE_H
#define IPT_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "vlan.h"

/* Linux takes off one tag of VLAN 0 after the other, however many: a frame with more tags than these is dropped. */
#define PARSE_MAX_TAGS 64
#define PARSE_LENGTH_MAX \
	1500 /* up to here the type of a frame is the length of what follows: LLC */

/* <linux/if_arp.h> drags in the C library, which is not for BPF. */
#define ARP_HTYPE_ETHER 1
#define ARP_HTYPE_IEEE802 6 /* Linux and others take it for Ethernet */
#define ARP_OP_REQUEST 1
#define ARP_OP_REPLY 2

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

/* struct arphdr of the system headers ends before the addresses. */
struct arp_eth {
	__be16 htype, ptype;
	__u8 hlen, plen;
	__be16 oper;
	__u8 sha[6];
	__be32 spa_be32;
	__u8 tha[6];
	__be32 tpa_be32;
} __attribute__((packed, aligned(2)));

_Static_assert(sizeof(struct arp_eth) == 28, "wire size");

/* RFC 1042: a type in a frame that has a length where others have their type. */
struct snap {
	__be32 llc_be32; /* SAPs, control, first byte of the organisation */
	__be16 organisation;
	__be16 proto;
} __attribute__((packed, aligned(2)));

_Static_assert(sizeof(struct snap) == 8, "wire size");

#define SNAP_LLC 0xaaaa0300

struct pkt {
	struct ethhdr *eth;
	void *l3;
	void *end;
	struct vlan_place in;
	__be16 proto_be16; /* of what stands at l3 */
	__u16 at; /* where that is */
};

enum parsed { PARSED, PARSED_SHORT, PARSED_TAGS };

static __always_inline int proto_is_tag(__be16 proto_be16)
{
	return proto_be16 == bpf_htons(ETH_P_8021Q) || proto_be16 == bpf_htons(ETH_P_8021AD);
}

static __always_inline int proto_is_plain(__be16 proto_be16)
{
	return !proto_is_tag(proto_be16) && bpf_ntohs(proto_be16) > PARSE_LENGTH_MAX;
}

static __always_inline int snap_is_type(const struct snap *s)
{
	return s->llc_be32 == bpf_htonl(SNAP_LLC) && !s->organisation;
}

/* One frame on its way through its tags. */
struct tag_walk {
	void *ctx;
	__u32 at; /* of the next header */
	__be16 proto_be16;
	__u16 short_frame;
	struct vlan_path vlans;
};

/*
 * Both programs read tags by copying, one loop for any number: read in place, each number of tags would be a program
 * of its own to the verifier. Expands to the callback `name`, which reads by `load`; it ends behind the last tag.
 */
#define PARSE_TAG_STEP(name, type, load)                              \
	static long name(__u32 i, void *arg)                          \
	{                                                             \
		struct tag_walk *w = arg;                             \
		struct vlan_tag tag;                                  \
                                                                      \
		(void)i;                                              \
		if (!proto_is_tag(w->proto_be16))                     \
			return 1;                                     \
		if (load((type *)w->ctx, w->at, &tag, sizeof(tag))) { \
			w->short_frame = 1;                           \
			return 1;                                     \
		}                                                     \
		vlan_path_add(&w->vlans, w->proto_be16, tag.tci);     \
		w->proto_be16 = tag.proto;                            \
		w->at += sizeof(tag);                                 \
		return 0;                                             \
	}

PARSE_TAG_STEP(pkt_tag_step, struct xdp_md, bpf_xdp_load_bytes)

/* The tags and the SNAP header behind them. */
static __noinline enum parsed pkt_walk(struct xdp_md *ctx, struct pkt *p)
{
	struct tag_walk w = {.ctx = ctx, .at = sizeof(struct ethhdr), .proto_be16 = p->proto_be16};
	struct snap snap;

	bpf_loop(PARSE_MAX_TAGS, pkt_tag_step, &w, 0);
	if (w.short_frame)
		return PARSED_SHORT;
	if (proto_is_tag(w.proto_be16))
		return PARSED_TAGS;
	if (w.vlans.outer)
		vlan_find(&w.vlans, &p->in);
	if (!proto_is_plain(w.proto_be16) && !bpf_xdp_load_bytes(ctx, w.at, &snap, sizeof(snap)) &&
	    snap_is_type(&snap)) {
		w.proto_be16 = snap.proto;
		w.at += sizeof(snap);
	}
	p->proto_be16 = w.proto_be16;
	p->at = (__u16)w.at;
	return PARSED;
}

#define PARSE_L3_MAX \
	(sizeof(struct ethhdr) + PARSE_MAX_TAGS * sizeof(struct vlan_tag) + sizeof(struct snap))

/*
 * The same number, of which the verifier no longer knows how it came about: it goes through memory in a piece that it
 * does not follow. What comes after is then looked through once, not once for each way to it.
 */
static __always_inline __u8 verifier_forget(__u8 value)
{
	__u8 word[8] __attribute__((aligned(8)));
	volatile __u8 *piece = word + 1;

	asm volatile(
		""
		: "+r"(piece)); /* or clang moves the piece to where a word begins, which is followed */
	*piece = value;
	return *piece;
}

_Static_assert(PARSE_L3_MAX / 2 <= 0xff, "half of it is said in a byte");

static __always_inline enum parsed pkt_parse(struct xdp_md *ctx, struct pkt *p)
{
	enum parsed parsed;
	__u32 at;

	p->eth = (void *)(long)ctx->data;
	p->end = (void *)(long)ctx->data_end;
	p->in.ifindex = ctx->ingress_ifindex;
	p->in.below = p->in.in_vlan = 0;
	if ((void *)(p->eth + 1) > p->end)
		return PARSED_SHORT;
	p->proto_be16 = p->eth->h_proto;
	p->at = sizeof(struct ethhdr);
	if (!proto_is_plain(p->proto_be16)) {
		parsed = pkt_walk(ctx, p);
		if (parsed != PARSED)
			return parsed;
	}
	if (p->at > PARSE_L3_MAX)
		return PARSED_TAGS;
	/* Tags and SNAP headers are even, and more than a byte can say. */
	at = 2u * verifier_forget(p->at / 2);
	p->l3 = (void *)p->eth + at;
	return PARSED;
}

/* The header if it is whole and speaks of IPv4 over Ethernet, else NULL. */
static __always_inline struct arp_eth *pkt_arp(const struct pkt *p)
{
	struct arp_eth *arp = p->l3;

	if ((void *)(arp + 1) > p->end)
		return NULL;
	if ((arp->htype != bpf_htons(ARP_HTYPE_ETHER) &&
	     arp->htype != bpf_htons(ARP_HTYPE_IEEE802)) ||
	    arp->ptype != bpf_htons(ETH_P_IP))
		return NULL;
	return arp->hlen == 6 && arp->plen == 4 ? arp : NULL;
}

/* Two bytes at a time: MACs stand at even offsets in frames and in our structures, and clang makes of an array of
 * bytes one load each. */
typedef __u16 __attribute__((may_alias)) mac_part;
typedef __u64 __attribute__((may_alias)) mac_word; /* with two bytes of padding, aligned */

static __always_inline int mac_equal(const __u8 *a, const __u8 *b)
{
	const mac_part *x = (const void *)a, *y = (const void *)b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

static __always_inline void mac_copy(__u8 *to, const __u8 *from)
{
	mac_part *x = (void *)to;
	const mac_part *y = (const void *)from;

	x[0] = y[0];
	x[1] = y[1];
	x[2] = y[2];
}

static __always_inline int mac_is_group(const __u8 *mac)
{
	return mac[0] & 1;
}

static __always_inline int mac_is_zero(const __u8 *mac)
{
	const mac_part *x = (const void *)mac;

	return (x[0] | x[1] | x[2]) == 0;
}

#endif
