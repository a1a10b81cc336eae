/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stays in the kernel when the daemon is gone: lease words, records, stamps, timers (bpf/ is the original). */
#ifndef IPT_SIM_KERNEL_H
#define IPT_SIM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "core/core.h"

#define SIM_NODES 5
#define SIM_GROUPS 2
#define SIM_NO_SLOT UINT32_MAX

struct sim;
struct slot;

#define SIM_SEEN 8

struct kernel_seen {
	uint64_t session, seq, since_ns;
};

struct kernel_peer {
	uint64_t session, session_ns, last_seq, last_ns, tat_ns;
	uint64_t
		unproven_ns; /* the first frame that proved nothing, since the newest that did; 0: none */
	struct kernel_seen seen[SIM_SEEN];
	uint64_t proven_rx_ns, unproven_rx_ns;
	__u64 hold_max_ns;
	uint32_t hold_us_max, hold_us_next;
	uint32_t proven, unproven; /* slots of the frames */
};

struct kernel_timer {
	uint64_t due_ns;
	uint64_t fires_ns; /* true time */
	uint64_t queued_ns; /* of the event that will look at it, not later than that; 0: none */
	uint8_t looks;
	bool armed, silent; /* silent: the second stage, G; else G - C */
};

struct kernel {
	uint64_t word[SIM_GROUPS], binding[SIM_GROUPS][2], generation[SIM_GROUPS];
	uint64_t epoch_max[SIM_GROUPS], owner_epoch[SIM_GROUPS], drain_ns[SIM_GROUPS];
	bool drained[SIM_GROUPS];
	struct core_promise promise[SIM_GROUPS]; /* kept by the daemon before a frame tells of it */
	uint64_t session; /* of the daemon that ran last; 0: none has */
	uint64_t sent_session, sent_ns, run_start_ns, sent_seq;
	uint64_t
		reach_ns; /* the judge's: end of the longest lease that a frame which left can carry */
	uint32_t cfg_hash, cfg_prev; /* of the daemon that ran last */
	struct timing t; /* of its file */
	bool cfg_settled, prev_over;
	uint32_t groups; /* that it had */
	uint8_t key_min;
	struct kernel_peer peer[SIM_NODES - 1];
	struct kernel_timer timer[SIM_NODES - 1];
};

enum verdict { HB_ACCEPTED, HB_HELLO, HB_REFUSED };

void kernel_boot(struct sim *s, uint32_t n); /* all maps are new */
enum verdict kernel_receive(struct sim *s, uint32_t n, uint32_t from, uint32_t slot);
void kernel_timer(struct sim *s, uint32_t n, uint32_t peer, uint64_t queued_ns);
void kernel_timers_again(struct sim *s, uint32_t n); /* the clock's rate has changed */
bool kernel_leaves(struct sim *s, uint32_t n, const struct beat *b); /* the egress program */
void kernel_close(struct sim *s, uint32_t n, uint32_t g);
bool kernel_swap(struct sim *s, uint32_t n, uint32_t g, uint64_t expect, uint64_t word);

/* kernel_life.c: frames that prove nothing; since when this host is heard. */
void kernel_run(struct sim *s, uint32_t n, const struct beat *b); /* a heartbeat leaves */
bool kernel_once(struct kernel_peer *rec, const struct beat *b,
		 uint64_t now_ns); /* the first time? Then it is remembered */
bool kernel_admits(struct kernel_peer *rec, uint64_t now_ns,
		   uint64_t interval_ns); /* does the daemon see it? */
bool kernel_claims(const struct beat *b);
bool kernel_far(const struct kernel *k, uint32_t g,
		uint64_t epoch); /* that nobody can have counted to */
/* The session that `rec` has is a past one from here on. */
void kernel_forget(struct kernel_peer *rec, uint64_t now_ns);

#endif
