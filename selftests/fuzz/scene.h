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

/* One of the few that mean something here. */
void scene_mac(uint8_t mac[6], struct fuzz_in *in);
extern const struct sip_key scene_key;

#endif
