/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which addresses are worth a look-up: nearly all that a host hears of float nowhere, and a hash costs more than a bit. */
#ifndef IPT_SIEVE_H
#define IPT_SIEVE_H

#include <linux/types.h>
#include "address.h"

/*
 * Map `sieve`, an array: 256 neighbours are a block of it, an address is a bit. Several neighbourhoods may share a block, so
 * a bit that is set says "look it up", and one that is not says "no floating address". An address has its bit from before
 * it is in `near` or `nets` until after it has left.
 */
#define IPT_SIEVE_SHIFT 10 /* 32 KiB, of which few addresses need a line each; 272 KiB of `near` */
#define IPT_SIEVE_BLOCKS (1u << IPT_SIEVE_SHIFT)

struct ipt_sieve {
	__u8 bits[32]; /* by the last byte of the address */
};

/*
 * `net`: the address with its last byte 0, as in struct ipt_net_key. A multiplicative hash of both; the last factor puts
 * the 256 nets of a /16 (of IPv4), or of a /112, far from each other.
 */
IPT_INLINE __u32 ipt_sieve_block(__u32 ifindex, struct ipt_addr net)
{
	__u32 upper = (net.word_be32[0] * 0x85ebca6bu + net.word_be32[1]) * 0xc2b2ae35u +
		      (net.word_be32[2] ^ IPT_V4_MARK_BE32); /* 0 for IPv4 */

	return ((net.word_be32[3] + upper * 0x27d4eb2fu + ifindex) * 0x9e379e37u) >>
	       (32 - IPT_SIEVE_SHIFT);
}

IPT_INLINE int ipt_sieve_has(const struct ipt_sieve *s, __u32 last_byte)
{
	return s->bits[last_byte >> 3] >> (last_byte & 7) & 1;
}

IPT_INLINE void ipt_sieve_add(struct ipt_sieve *s, __u32 last_byte)
{
	s->bits[last_byte >> 3] |= (__u8)(1u << (last_byte & 7));
}

#endif
