/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's maps hold, in ordinary memory: the reference works on one, the real programs on the maps. */
#ifndef IPT_FUZZ_MODEL_H
#define IPT_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi.h"

#define MODEL_IFINDEX 1 /* where BPF_PROG_TEST_RUN says that a frame came from: lo */
#define MODEL_GROUPS 2
#define MODEL_PEERS 2
#define MODEL_PATHS 6
#define MODEL_KEYS 3
#define MODEL_VIPS 6
#define MODEL_EVENTS 64
#define MODEL_FRAME 2048
#define MODEL_WIRE_ID 0x7788 /* of group 0; the next ones follow */

struct model_vip {
	struct ipt_addr addr;
	struct ipt_vip vip;
};

/* Everything that a program may read or write; `counter` and `event` are of one run. */
struct model {
	uint64_t word[MODEL_GROUPS], drain_ns[MODEL_GROUPS];
	struct ipt_group group[MODEL_GROUPS];
	struct ipt_self self;
	struct ipt_peer peer[MODEL_PEERS];
	struct ipt_path path[MODEL_PATHS];
	struct ipt_key key[MODEL_KEYS];
	struct ipt_sent sent;
	struct ipt_iface iface;
	struct ipt_stray_key stray; /* the one client that may have been told ... */
	uint64_t stray_ns; /* ... and when; 0: not */
	uint64_t counter[CNT_MAX];
	struct ipt_event event[MODEL_EVENTS];
	uint32_t nevents;
};

/* Same addresses in every run. */
extern const struct model_vip model_vips[MODEL_VIPS];

struct model_run {
	int verdict;
	size_t len;
	uint8_t bytes[MODEL_FRAME];
};

/* reference.c, reference_beat.c: what the protocol page says should happen to the frame in `r`. */
void reference_ingress(struct model *m, uint64_t now_ns, struct model_run *r);
void reference_egress(struct model *m, uint64_t now_ns, struct model_run *r);

/* programs.c: what the programs in the kernel do. False: the kernel cannot run such a frame. */
void programs_load(void);
bool programs_run(struct model *m, bool egress, struct model_run *r);

#endif
