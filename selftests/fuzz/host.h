/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One node's core over the smallest kernel that is one, and peers that say whatever the input makes them say. */
#ifndef IPT_FUZZ_HOST_H
#define IPT_FUZZ_HOST_H

#include "core/core.h"
#include "fuzz.h"

#define HOST_GROUPS 2
#define HOST_PEERS 3
#define HOST_OUTCOMES 16
#define HOST_MS 1000000ull

struct host {
	struct core core;
	struct core_config cfg;
	struct core_view view;
	struct beat proven[HOST_PEERS], unproven[HOST_PEERS];
	struct core_out out;
	uint64_t now_ns, session;
	uint64_t word[HOST_GROUPS], binding[HOST_GROUPS][2], generation[HOST_GROUPS];
	uint64_t stamp_ns; /* of the newest frame of this process */
	uint64_t reach_ns; /* S4: newest frame that left + the lease that it announced */
	uint64_t best_ns; /* the same over all frames, for leases that were announced longer */
	uint64_t taken[HOST_GROUPS]; /* S5: epoch of the last claim */
	uint64_t ended[HOST_GROUPS]; /* S8: highest epoch of a gate that has closed */
	bool addrs[HOST_GROUPS], probe[HOST_GROUPS];
	struct core_event outcome[HOST_OUTCOMES];
	unsigned int noutcomes;
	bool gone;
};

/* host.c */
void host_play(struct fuzz_in *in);

/* host_kernel.c: lease words, and what the core wants done with them, judged. */
void host_close_gate(struct host *h, uint32_t g);
void host_raise(uint64_t *word, uint64_t value);
/* An event, and the outcomes of what it led to; afterwards there is nothing to be done at once. */
void host_event(struct host *h, struct core_event ev, struct fuzz_in *in);

/* host_peer.c: a peer's frame has passed XDP. */
void host_hear(struct host *h, uint32_t peer, bool proven, struct fuzz_in *in);

#endif
