/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SipHash-2-4 with 128-bit output (Aumasson, Bernstein 2012), the same code for BPF and user space. */
#ifndef IPT_SIP_H
#define IPT_SIP_H

#include <linux/types.h>
#include "judge.h"

struct sip_key {
	__u64 k0, k1;
};

struct sip_tag {
	__u64 h0, h1;
};

struct sip_state {
	__u64 v0, v1, v2, v3;
};

#define SIP_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

IPT_INLINE void sip_round(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v1 = SIP_ROTL(s->v1, 13) ^ s->v0;
	s->v0 = SIP_ROTL(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = SIP_ROTL(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = SIP_ROTL(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = SIP_ROTL(s->v1, 17) ^ s->v2;
	s->v2 = SIP_ROTL(s->v2, 32);
}

IPT_INLINE void sip_init(struct sip_state *s, const struct sip_key *key)
{
	s->v0 = key->k0 ^ 0x736f6d6570736575ull;
	s->v1 = key->k1 ^ 0x646f72616e646f6dull ^ 0xee;
	s->v2 = key->k0 ^ 0x6c7967656e657261ull;
	s->v3 = key->k1 ^ 0x7465646279746573ull;
}

/* Absorb one little-endian 64-bit word of the message. */
IPT_INLINE void sip_word(struct sip_state *s, __u64 m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* `last` holds the 0 to 7 bytes left over, and the message length modulo 256 in its highest byte. */
IPT_INLINE struct sip_tag sip_final(struct sip_state *s, __u64 last)
{
	struct sip_tag tag;
	int i;

	sip_word(s, last);
	s->v2 ^= 0xee;
	for (i = 0; i < 4; i++)
		sip_round(s);
	tag.h0 = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	s->v1 ^= 0xdd;
	for (i = 0; i < 4; i++)
		sip_round(s);
	tag.h1 = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	return tag;
}

/* Equal in constant time. */
IPT_INLINE int sip_equal(struct sip_tag a, struct sip_tag b)
{
	return ((a.h0 ^ b.h0) | (a.h1 ^ b.h1)) == 0;
}

#endif
