/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What can go wrong in the world, and which rules of the model can be left out. */
#ifndef IPT_SIM_FAULT_H
#define IPT_SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Rules that live in the kernel part, the egress program or the loop, and so in this model. */
enum model_rule {
	WITHOUT_FENCE, /* P10: XDP closes a gate that a higher epoch contradicts */
	WITHOUT_BUMP, /* P6: XDP changes the generation with every frame while the gate is closed */
	WITHOUT_CAS, /* P6: a claim expects the word that it was decided on */
	WITHOUT_STALE, /* protocol 3: a beat that was kept back does not leave */
	WITHOUT_RUN_START, /* protocol 7: a gap in the own sending begins it anew */
	WITHOUT_SEQ, /* protocol 5.2: a frame of an old number is refused */
	WITHOUT_NOW_FIRST, /* protocol 6: the clock is read before the records */
	WITHOUT_READ, /* protocol 6: the records are read before a timer's verdict is judged */
	WITHOUT_FRESH, /* protocol 5.3: a new session needs a fresh echo */
	WITHOUT_RENEW_LIVE, /* P5: a renewal is a swap from a live word */
	WITHOUT_LATE, /* protocol 3: a timer that was late does not judge */
	WITHOUT_LEASE_MAX, /* I2: the longest lease ever announced counts */
	WITHOUT_LONGER, /* I2: a longer lease that only unproven frames announce counts too */
	WITHOUT_NEXT, /* I2: of several longer ones each counts as long as it may run */
	WITHOUT_NEW_LEASE, /* I2: of a peer without a record the longest lease is assumed */
	WITHOUT_SHORTER, /* I2: it counts from when it was announced last, not from the first shorter one */
	WITHOUT_OWN_BEFORE, /* I2: a lease of our own that was longer counts as one of the peer's */
	WITHOUT_ANEW, /* P8: a process with a longer L or T than the one before adopts nothing */
	WITHOUT_DEAF_RUN, /* protocol 7: an heir does not know that the one before was deaf */
	WITHOUT_IDENTITY, /* protocol 5.3: a number that cannot be the sender's is life all the same */
	WITHOUT_LIMITED, /* protocol 5.3: unproven frames that come faster than the daemon sees them are life as well */
	WITHOUT_SETTLED, /* protocol 8: the members change before the last change is settled */
	WITHOUT_ONE_VOTER, /* protocol 8: by two voters at once */
	WITHOUT_NUMBER, /* P6: the epoch of a candidacy is kept before a frame tells of it */
	WITHOUT_RAISE, /* P6: an own claim raises the kernel's highest epoch */
	MODEL_RULES
};

enum fault_class {
	CLASS_DAEMON = 1, /* hung, killed, restarted, stopped at the worst place */
	CLASS_ONE_WAY = 2, /* one direction at a time */
	CLASS_NET = 4, /* cuts both ways, loss, delay, duplicates, recordings */
	CLASS_HOST = 8, /* crash with its memory, stalls of the whole machine */
	CLASS_ADMIN = 16, /* take, release, drain, priorities, upgrade, keys */
	CLASS_LOCAL = 32, /* links, addresses, checks, the gateway */
	CLASS_ALL = 63,
	CLASS_TIMING = 64, /* a node reads a file with other times */
	CLASS_PAUSE = 128, /* all hosts stand still for the same time */
	CLASS_RING = 256, /* what the kernel tells the daemon is lost; swaps fail; delays grow */
	CLASS_MEMBERS = 512, /* voters come and go, as far as the rules let them */
};

enum fault_kind {
	FAULT_HANG,
	FAULT_KILL,
	FAULT_STOP,
	FAULT_STALL, /* stopped at the next place `arg` between two of its actions */
	FAULT_LATE,
	FAULT_CUT, /* node -> other */
	FAULT_CUT_BOTH,
	FAULT_ISOLATE,
	FAULT_BEATS_CUT, /* heartbeats only: ARP passes */
	FAULT_LOSS,
	FAULT_DELAY,
	FAULT_DUPLICATE,
	FAULT_REPLAY,
	FAULT_FORGE,
	FAULT_REBOOT,
	FAULT_FREEZE,
	FAULT_RATE,
	FAULT_TAKE,
	FAULT_RELEASE,
	FAULT_DRAIN,
	FAULT_PRIORITY,
	FAULT_UPGRADE,
	FAULT_RELOAD,
	FAULT_DIFFER,
	FAULT_KEYS,
	FAULT_LINK,
	FAULT_TRACK,
	FAULT_NETLINK,
	FAULT_GATEWAY,
	FAULT_EGRESS,
	FAULT_TIMING,
	FAULT_PAUSE,
	FAULT_RING,
	FAULT_SWAP,
	FAULT_SLOW, /* node -> other: a delay that grows */
	FAULT_PATH, /* node -> other, one of two ways */
	FAULT_GROUPS, /* a file with a group more or less */
	FAULT_MEMBERS, /* a file with a voter more or less */
	FAULT_DEAF, /* XDP is taken off */
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	uint64_t at_ns, for_ns;
	uint64_t arg;
	uint8_t node, other, group;
	bool flag;
};

#endif
