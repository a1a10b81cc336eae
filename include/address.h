/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One form for addresses of both families. */
#ifndef IPT_ADDRESS_H
#define IPT_ADDRESS_H

#include <linux/types.h>
#include "judge.h"

/* The byte-order macros of the system headers are not for BPF. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IPT_V4_MARK_BE32 0xffff0000u
#define IPT_NET_MASK_BE32 0x00ffffffu
#else
#define IPT_V4_MARK_BE32 0x0000ffffu
#define IPT_NET_MASK_BE32 0xffffff00u
#endif

/* An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), which is none of IPv6's own on a wire. */
struct ipt_addr {
	__be32 word_be32[4];
};

IPT_INLINE struct ipt_addr ipt_addr_v4(__be32 ip_be32)
{
	struct ipt_addr a = {.word_be32 = {0, 0, IPT_V4_MARK_BE32, ip_be32}};

	return a;
}

IPT_INLINE int ipt_addr_is_v4(const struct ipt_addr *a)
{
	return !a->word_be32[0] && !a->word_be32[1] && a->word_be32[2] == IPT_V4_MARK_BE32;
}

IPT_INLINE int ipt_addr_equal(const struct ipt_addr *a, const struct ipt_addr *b)
{
	return a->word_be32[0] == b->word_be32[0] && a->word_be32[1] == b->word_be32[1] &&
	       a->word_be32[2] == b->word_be32[2] && a->word_be32[3] == b->word_be32[3];
}

IPT_INLINE __u32 ipt_addr_last_byte(struct ipt_addr a)
{
	return ((const __u8 *)&a.word_be32[3])[3];
}

#endif
