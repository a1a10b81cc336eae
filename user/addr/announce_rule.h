/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When which announcement may leave (P12): burst rounds, pacing, refresh. Pure: time is a parameter. */
#ifndef IPT_ANNOUNCE_RULE_H
#define IPT_ANNOUNCE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_ROUNDS 6
#define PACE_HEAD 256 /* frames of a round that leave at once, unpaced */
#define PACE_NEVER UINT64_MAX
#define PACE_RETRY_NS 10000000ull /* after frames that did not leave */
#define PACE_AGAIN_NS 1000000000ull /* bursts against a rival: at most one a second */
#define PACE_REFRESH_PPS 1000 /* per interface: its plans share it, each by what it wants */
#define PACE_REFRESH_TICK_NS 10000000ull /* finer spreading would only cost wake-ups */

/* One group's addresses of one family on one interface. */
struct pace {
	/* set by the owner of the plan */
	uint32_t addrs;
	uint32_t forms; /* frames that say one address: two of ARP, one of neighbour discovery */
	uint32_t burst_pps;
	uint64_t refresh_ns; /* 0: off */
	uint32_t rounds; /* of a burst: PACE_ROUNDS, or 1 */
	/* state */
	uint64_t begin_ns; /* of the burst */
	uint64_t due_ns; /* nothing may leave before */
	uint64_t done; /* frames of this round, or addresses of this refresh, that have left */
	uint32_t round; /* == rounds: the burst is over, refreshing */
};

enum pace_what {
	PACE_IDLE, /* nothing before next_ns */
	PACE_BURST, /* address i is in frames forms * i and those after it: each form once, the first form first */
	PACE_REFRESH, /* frame i: address i in its first form */
};

struct pace_step {
	enum pace_what what;
	uint64_t first; /* number of the first frame */
	uint32_t frames;
	uint64_t next_ns; /* PACE_IDLE: when to ask again; PACE_NEVER: all is said */
};

/* Offset of a round from the burst's begin. */
uint64_t pace_round_ns(uint32_t round);
void pace_begin(struct pace *p, uint64_t now_ns);
/* A rival was seen: another burst, unless one began within the last second or its first round
 * is still leaving. False: nothing changes. */
bool pace_again(struct pace *p, uint64_t now_ns);
/*
 * What may go now: in a burst's head up to PACE_HEAD frames, after it `chunk`. `load_mpps`: refresh frames
 * that all plans on the same interface want to send, this one included, in thousandths of one a second.
 */
struct pace_step pace_next(const struct pace *p, uint64_t now_ns, uint32_t chunk,
			   uint64_t load_mpps);
/* `sent` of the step's frames have left; the others will be planned again. */
void pace_sent(struct pace *p, const struct pace_step *step, uint32_t sent, uint64_t now_ns,
	       uint64_t load_mpps);
/* What this plan alone adds to the load of its interface. */
uint64_t pace_load_mpps(const struct pace *p);
/* How long one refresh of all addresses takes: refresh_ns, or longer where the rate limit rules. */
uint64_t pace_refresh_takes_ns(const struct pace *p, uint64_t load_mpps);

#endif
