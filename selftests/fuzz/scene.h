/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From an input to what the maps hold and the frame that comes: mostly plausible, always possible. */
#ifndef IPT_FUZZ_SCENE_H
#define IPT_FUZZ_SCENE_H

#include "fuzz.h"
#include "model.h"

#define SCENE_SECOND_NS 1000000000ull

/* Returns whether the frame is on its way out. */
bool scene_read(struct model *m, struct model_run *r, struct fuzz_in *in, uint64_t now_ns);

/* scene_frame.c */
void scene_frame(const struct model *m, struct model_run *r, struct fuzz_in *in, uint64_t now_ns);

size_t scene_ethernet(uint8_t *b, unsigned int type, struct fuzz_in *in);
uint32_t scene_sum(const uint8_t *p, size_t len, uint32_t sum);

/* scene_ip6.c: the frame's length. */
size_t scene_ip6(uint8_t *b, struct fuzz_in *in);
/* The checksum of `len` bytes at `at`: right; or as it is left to a card; or wrong, if ICMPv6 is not what they are. */
void scene_ip6_sum(const uint8_t *ip, uint8_t *at, size_t len, size_t field, uint8_t how);

/* 2001:db8::NET:HOST and fe80::HOST, as initialisers. */
#define SCENE_IP6(net, host)                                            \
	{                                                               \
		{                                                       \
			__builtin_bswap32(0x20010db8), 0, 0,            \
				__builtin_bswap32((net) << 16 | (host)) \
		}                                                       \
	}
#define SCENE_LOCAL(host)                                                            \
	{                                                                            \
		{                                                                    \
			__builtin_bswap32(0xfe800000), 0, 0, __builtin_bswap32(host) \
		}                                                                    \
	}

/* One of the few that mean something here. */
void scene_mac(uint8_t mac[6], struct fuzz_in *in);
extern const struct sip_key scene_key;

#endif
