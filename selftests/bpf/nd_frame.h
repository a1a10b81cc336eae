/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 frames for the tests of the programs, and what an answer must look like. */
#ifndef IPT_ND_FRAME_H
#define IPT_ND_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nd_frame {
	uint8_t bytes[512];
	size_t len;
};

/* An Ethernet header, an IPv6 header with hop limit 255, and `len` bytes of `next` behind it. */
void nd_ip6(struct nd_frame *f, const void *to_mac, const void *from_mac, const char *from,
	    const char *to, uint8_t next, const void *bytes, size_t len);
/* Neighbour discovery of `type` for `target`; `opts` are written behind it; the checksum is right. */
void nd_message(struct nd_frame *f, const void *to_mac, const void *from_mac, const char *from,
		const char *to, uint8_t type, uint32_t flags, const char *target, const void *opts,
		size_t len);
/* Puts an extension header of `len` bytes and type `ext` before what the IPv6 header names now. */
void nd_extend(struct nd_frame *f, uint8_t ext, const void *bytes, size_t len);
/* Puts tags, or anything else, between the MAC addresses and the type. */
void nd_tag(struct nd_frame *f, const void *tags, size_t len);
/* What the checksum of an ICMPv6, TCP or UDP packet right behind the IPv6 header at `l3` comes to: 0xffff if it is right. */
uint16_t nd_sum(const uint8_t *l3);

#endif
