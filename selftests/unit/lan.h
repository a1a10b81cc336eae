/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two nodes on a LAN in virtual time: the daemon's own core over a model of the kernel part. */
#ifndef IPT_TEST_LAN_H
#define IPT_TEST_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/core.h"
#include "core/timing.h"

#define MS 1000000ull
#define LAN_NODES 2
#define LAN_FLIGHT 64 /* frames under way */

/* What XDP, the egress program and the maps do; lives on when the daemon does not. */
struct lan_kernel {
	uint64_t word, generation, epoch_max, owner_epoch, live_epoch;
	uint64_t session; /* of the daemon that ran last */
	uint64_t peer_session, peer_session_ns, peer_seq;
	uint64_t last_ns, proven_rx_ns, unproven_rx_ns;
	struct beat proven, unproven;
	uint64_t sent_session, sent_last_ns, run_start_ns;
	uint64_t quiet_due_ns, silent_due_ns; /* the bpf_timer's two stages; 0: not armed */
	uint64_t drain_ns; /* until when */
	uint64_t seq; /* of the frame that left last */
	uint32_t hold_next_us;
	uint32_t hold_us; /* of the peer, as far as it may still run */
	__u64 hold_max_ns;
};

struct lan_node {
	bool running; /* a daemon exists */
	bool stopped; /* SIGSTOP */
	bool address; /* the kernel has the floating address */
	uint64_t address_ready_ns; /* result of an ADDR_ADD under way; 0: none */
	uint64_t probe_ready_ns;
	bool probe_answered, probe_fails;
	uint8_t nkeys; /* kids 1 to nkeys */
	bool no_group; /* its configuration does not have it */
	uint8_t key_min;
	uint64_t upgrade_ns; /* when its core asked for an heir; 0: not yet */
	struct core core;
	struct lan_kernel k;
};

struct lan_frame {
	uint64_t arrive_ns; /* 0: free */
	int to;
	struct beat beat;
};

struct lan {
	uint64_t now_ns;
	struct timing t;
	bool alone;
	bool gateway; /* alone = "gateway" */
	bool gateway_answers;
	uint64_t drain_ns, preempt_delay_ns; /* of the group; preempt_delay_ns 0: off */
	uint64_t hold_off_ns;
	uint64_t addr_ns; /* how long netlink takes */
	bool cut[LAN_NODES]; /* frames of that sender are lost */
	struct lan_node node[LAN_NODES];
	struct lan_frame flight[LAN_FLIGHT];
	uint8_t priority[LAN_NODES];
	/* what happened */
	char trace[8192];
	unsigned int both_steps; /* steps in which two gates were live */
	uint64_t nobody_ns, nobody_since_ns; /* longest time without a live gate */
	bool somebody; /* was live at the last step */
	unsigned int
		served_alarms; /* somebody answers for the address, though no heartbeats come */
	uint64_t session;
	uint64_t trace_from_ns; /* times in the trace count from here */
};

/* T, M, drift in ppm and settle; both daemons off, nothing pinned. The clock begins at 100 s. */
void lan_init(struct lan *l, uint64_t interval_ns, unsigned int misses, unsigned int rho_ppm,
	      uint64_t settle_ns);
/* The same with 50 ms x 7, 10 %, 5 ms: L 300, G 372.2, C 24, D 185 ms. */
void lan_usual(struct lan *l);
/* As usual, and both run; n1, of the better priority, owns by now. */
void lan_pair(struct lan *l);
void lan_start_both(struct lan *l, uint64_t ns); /* and let them run for so long */
void lan_start(struct lan *l, int node); /* the daemon, maps kept */
void lan_adopt(struct lan *l,
	       int node); /* kill -9, and a daemon at once that adopts what it finds */
void lan_kill(struct lan *l, int node);
void lan_stop(struct lan *l, int node); /* SIGSTOP; lan_cont(): SIGCONT */
void lan_cont(struct lan *l, int node);
void lan_event(struct lan *l, int node, struct core_event ev);
void lan_run(struct lan *l, uint64_t ns); /* events on a grid of 50 us */
void lan_clear(struct lan *l); /* forgets the trace and the figures, time counts from 0 */
bool lan_live(const struct lan *l, int node);

#endif
