/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the byte layout of neighbour discovery. */
#include "frame_int.h"
#include "frame_nd.h"

#include <string.h>

#define ETHERTYPE_IPV6 0x86dd
#define ETH_TYPE 12
#define IP6 14
#define IP6_LEN (IP6 + 4)
#define IP6_NEXT (IP6 + 6)
#define IP6_HOPS (IP6 + 7)
#define IP6_SRC (IP6 + 8)
#define IP6_DST (IP6 + 24)
#define ICMP (IP6 + 40)
#define ND_SUM (ICMP + 2)
#define ND_FLAGS (ICMP + 4)
#define ND_TARGET (ICMP + 8)
#define ND_OPTIONS (ICMP + 24)
#define NEXT_ICMPV6 58
#define HOPS 255 /* no router has passed it on */
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2
#define OPTION_UNIT 8

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* RFC 1071 over the pseudo-header (RFC 8200, 8.1) and `len` bytes of message: 0 if the checksum within is right. */
static uint16_t icmp_sum(const uint8_t *frame, size_t len)
{
	return checksum((uint32_t)len + NEXT_ICMPV6, frame + IP6_SRC, ICMP - IP6_SRC + len);
}

size_t frame_nd_write(uint8_t bytes[FRAME_ND], const struct nd_packet *nd)
{
	size_t len = nd->has_mac ? FRAME_ND : FRAME_ND_BARE;

	memset(bytes, 0, FRAME_ND);
	memcpy(bytes, nd->eth_dst, 6);
	memcpy(bytes + 6, nd->eth_src, 6);
	put_be16(bytes + ETH_TYPE, ETHERTYPE_IPV6);
	bytes[IP6] = 0x60;
	put_be16(bytes + IP6_LEN, (uint32_t)(len - ICMP));
	bytes[IP6_NEXT] = NEXT_ICMPV6;
	bytes[IP6_HOPS] = HOPS;
	memcpy(bytes + IP6_SRC, &nd->src, sizeof(nd->src));
	memcpy(bytes + IP6_DST, &nd->dst, sizeof(nd->dst));
	bytes[ICMP] = (uint8_t)nd->type;
	bytes[ND_FLAGS] = nd->flags;
	memcpy(bytes + ND_TARGET, &nd->target, sizeof(nd->target));
	if (nd->has_mac) {
		bytes[ND_OPTIONS] = nd->type == ND_SOLICIT ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;
		bytes[ND_OPTIONS + 1] = 1;
		memcpy(bytes + ND_OPTIONS + 2, nd->mac, 6);
	}
	put_be16(bytes + ND_SUM, icmp_sum(bytes, len - ICMP));
	return len;
}

/* A group's frames go to 33:33 and the last four bytes of its address (RFC 2464, 7). */
static void to_group(struct nd_packet *nd, const uint8_t group[16])
{
	memcpy(&nd->dst, group, 16);
	nd->eth_dst[0] = nd->eth_dst[1] = 0x33;
	memcpy(nd->eth_dst + 2, group + 12, 4);
}

struct nd_packet frame_nd_question(const uint8_t mac[6], const struct ipt_addr *from,
				   const struct ipt_addr *target)
{
	struct nd_packet nd = {.type = ND_SOLICIT, .target = *target};
	uint8_t group[16] = {0xff, 2, [11] = 1, 0xff};

	memcpy(group + 13, (const uint8_t *)target + 13, 3);
	to_group(&nd, group);
	memcpy(nd.eth_src, mac, 6);
	if (from) {
		nd.src = *from;
		nd.has_mac = true;
		memcpy(nd.mac, mac, 6);
	}
	return nd;
}

struct nd_packet frame_nd_announcement(const uint8_t mac[6], const struct ipt_addr *target,
				       bool router)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	struct nd_packet nd = {.type = ND_ADVERTISE,
			       .flags = ND_OVERRIDE | (router ? ND_ROUTER : 0),
			       .src = *target,
			       .target = *target,
			       .has_mac = true};

	to_group(&nd, all_nodes);
	memcpy(nd.eth_src, mac, 6);
	memcpy(nd.mac, mac, 6);
	return nd;
}

/* All of one length at least (RFC 4861, 4.6); the first link-layer address counts. */
static bool parse_options(const uint8_t *p, size_t len, struct nd_packet *ret)
{
	uint8_t kind = ret->type == ND_SOLICIT ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;

	while (len) {
		size_t size = len < OPTION_UNIT ? 0 : p[1] * (size_t)OPTION_UNIT;

		if (!size || size > len)
			return false;
		if (p[0] == kind && p[1] == 1 && !ret->has_mac) {
			ret->has_mac = true;
			memcpy(ret->mac, p + 2, 6);
		}
		p += size;
		len -= size;
	}
	return true;
}

bool frame_nd_parse(const void *bytes, size_t len, struct nd_packet *ret)
{
	const uint8_t *p = bytes;
	struct nd_packet nd = {0};
	size_t icmp_len;

	if (len < FRAME_ND_BARE || be16(p + ETH_TYPE) != ETHERTYPE_IPV6 || p[IP6] >> 4 != 6)
		return false;
	icmp_len = be16(p + IP6_LEN);
	if (icmp_len < FRAME_ND_BARE - ICMP || icmp_len > len - ICMP ||
	    p[IP6_NEXT] != NEXT_ICMPV6 || p[IP6_HOPS] != HOPS ||
	    (p[ICMP] != ND_SOLICIT && p[ICMP] != ND_ADVERTISE) || p[ICMP + 1] != 0 ||
	    p[ND_TARGET] == 0xff || icmp_sum(p, icmp_len))
		return false;
	memcpy(nd.eth_dst, p, 6);
	memcpy(nd.eth_src, p + 6, 6);
	memcpy(&nd.src, p + IP6_SRC, sizeof(nd.src));
	memcpy(&nd.dst, p + IP6_DST, sizeof(nd.dst));
	nd.type = p[ICMP] == ND_SOLICIT ? ND_SOLICIT : ND_ADVERTISE;
	nd.flags = p[ND_FLAGS];
	memcpy(&nd.target, p + ND_TARGET, sizeof(nd.target));
	if (!parse_options(p + ND_OPTIONS, icmp_len - (ND_OPTIONS - ICMP), &nd))
		return false;
	*ret = nd;
	return true;
}
