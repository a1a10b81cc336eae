/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Announcements (P12) of all addresses of a group: the burst, the refresh, the pacing, from a thread. */
#ifndef IPT_ANNOUNCE_H
#define IPT_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "base/err.h"
#include "kern/kern.h"

struct announce_addr {
	struct ipt_addr ip;
	uint32_t ifindex;
	uint8_t mac[6];
	uint8_t flags; /* IPT_NET_F_ROUTER, as the programs answer */
};

/* What to say: for one group, under one epoch. */
struct announce_order {
	uint32_t group;
	uint32_t slot;
	uint64_t epoch;
	uint64_t refresh_ns; /* 0: off */
	uint32_t burst_pps;
	bool relinquish; /* `epoch` is the owner's, a peer: say where the addresses are now */
	const struct announce_addr *addrs; /* announcer_begin(): kept until announcer_stop() */
	uint32_t naddrs;
};

/* Foreground, for commands: the whole burst of P12 (0, 20, 100, 500, 1100, 2200 ms), then returns.
 * `once`: a single round. Stops when the lease or its epoch is no longer the order's: -ESTALE. */
int announce_now(struct kern *k, const struct announce_order *order, bool once, struct err *e);

/* The daemon's thread. */
struct announcer;
int announcer_start(struct announcer **ret, struct kern *k, struct err *e);
void announcer_stop(struct announcer *a);
/*
 * None blocks beyond a short mutex.
 * begin: a burst now, then refreshes. again: a burst, at most one a second. end: silence.
 * defend: a burst of this address alone, if it is announced.
 * relinquish: a round now and one after more than a second, for the new owner's MAC, while that one owns and is heard.
 */
int announcer_begin(struct announcer *a, const struct announce_order *order);
int announcer_relinquish(struct announcer *a, const struct announce_order *order);
void announcer_again(struct announcer *a, uint32_t group);
void announcer_defend(struct announcer *a, uint32_t group, const struct ipt_addr *ip,
		      uint32_t ifindex);
/* The maps say anew whether this host forwards IPv6: the same is announced once more, with R or without it from now on. */
void announcer_router(struct announcer *a, uint32_t group);
void announcer_end(struct announcer *a, uint32_t group);
/* How this group is announced, and why so: for `status`. */
enum ipt_announce_via announcer_via(struct announcer *a, uint32_t group, char why[64]);

#endif
