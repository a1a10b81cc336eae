/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From bytes to headers: Ethernet, up to two VLAN tags, ARP for IPv4. Checks bounds, judges nothing. */
#ifndef IPT_PARSE_H
#define IPT_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PARSE_MAX_TAGS 2

/* <linux/if_arp.h> drags in the C library, which is not for BPF. */
#define ARP_HTYPE_ETHER 1
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

struct pkt {
	struct ethhdr *eth;
	void *l3;
	void *end;
	__u32 ifindex;
	__be16 proto_be16; /* of what stands at l3 */
	__u16 tags;
};

static __always_inline int proto_is_tag(__be16 proto_be16)
{
	return proto_be16 == bpf_htons(ETH_P_8021Q) || proto_be16 == bpf_htons(ETH_P_8021AD);
}

/* 0, or -1 when the frame ends within the Ethernet header or a tag. */
static __always_inline int pkt_parse(const struct xdp_md *ctx, struct pkt *p)
{
	int i;

	p->eth = (void *)(long)ctx->data;
	p->end = (void *)(long)ctx->data_end;
	p->ifindex = ctx->ingress_ifindex;
	p->tags = 0;
	if ((void *)(p->eth + 1) > p->end)
		return -1;
	p->proto_be16 = p->eth->h_proto;
	p->l3 = p->eth + 1;
	for (i = 0; i < PARSE_MAX_TAGS && proto_is_tag(p->proto_be16); i++) {
		struct vlan_tag *tag = p->l3;

		if ((void *)(tag + 1) > p->end)
			return -1;
		p->proto_be16 = tag->proto;
		p->l3 = tag + 1;
		p->tags++;
	}
	return 0;
}

/* The header if it is whole and speaks of IPv4 over Ethernet, else NULL. */
static __always_inline struct arp_eth *pkt_arp(const struct pkt *p)
{
	struct arp_eth *arp = p->l3;

	if ((void *)(arp + 1) > p->end)
		return NULL;
	if (arp->htype != bpf_htons(ARP_HTYPE_ETHER) || arp->ptype != bpf_htons(ETH_P_IP))
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
