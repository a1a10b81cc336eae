/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Neighbour discovery over Ethernet (RFC 4861): solicitations and advertisements, structs to bytes and back. Pure. */
#ifndef IPT_FRAME_ND_H
#define IPT_FRAME_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"

#define FRAME_ND 86 /* Ethernet, IPv6, message, one link-layer option */
#define FRAME_ND_BARE 78 /* without the option */

enum nd_type { ND_SOLICIT = 135, ND_ADVERTISE = 136 };

#define ND_ROUTER 0x80
#define ND_SOLICITED 0x40
#define ND_OVERRIDE 0x20

struct nd_packet {
	uint8_t eth_src[6], eth_dst[6];
	struct ipt_addr src, dst;
	enum nd_type type;
	uint8_t flags; /* of an advertisement: ND_... */
	struct ipt_addr target;
	bool has_mac;
	uint8_t mac
		[6]; /* link-layer address of a solicitation's source, or of an advertisement's target */
};

/* Writes one frame; returns its length, FRAME_ND, or FRAME_ND_BARE without `has_mac`. */
size_t frame_nd_write(uint8_t bytes[FRAME_ND], const struct nd_packet *nd);

/*
 * A question about `target` to its solicited-node group (RFC 4291, 2.7.1): as duplicate address detection asks (RFC 4862,
 * 5.4.2) if `from` is NULL, else as a neighbour that can be answered.
 */
struct nd_packet frame_nd_question(const uint8_t mac[6], const struct ipt_addr *from,
				   const struct ipt_addr *target);

/* Unasked, to all nodes: `target` is at `mac` (RFC 4861, 7.2.6). */
struct nd_packet frame_nd_announcement(const uint8_t mac[6], const struct ipt_addr *target,
				       bool router);

/* True if the frame is one that a host may believe (RFC 4861, 7.1): whole, hop limit 255, checksum and options right. */
bool frame_nd_parse(const void *bytes, size_t len, struct nd_packet *ret);

#endif
