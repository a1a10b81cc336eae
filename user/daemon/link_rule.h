/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a link that failed counts as well again, and when what it lost is tried again. Pure. */
#ifndef IPT_LINK_RULE_H
#define IPT_LINK_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_HOLD_MIN_NS 200000000ull
#define LINK_WAIT_MIN_NS 1000000000ull
#define LINK_WAIT_MAX_NS 30000000000ull
#define LINK_CALM_NS 60000000000ull /* that long without a fault: the next is a first one again */

/*
 * A link that flaps would otherwise move its addresses at each turn: after a fault it must have been well for
 * a while, twice as long after each further fault. All zero: well, and never seen otherwise.
 */
struct link_hold {
	bool faulty;
	uint64_t fault_ns; /* when the last fault began */
	uint64_t well_ns; /* since when there is none */
	uint64_t hold_ns; /* how long it must have been well */
};

void link_hold_note(struct link_hold *h, bool well, uint64_t now_ns);
bool link_hold_well(const struct link_hold *h, uint64_t now_ns);
/* When link_hold_well() becomes true by itself; UINT64_MAX: not by waiting. */
uint64_t link_hold_due_ns(const struct link_hold *h, uint64_t now_ns);

/* Tries: the first after LINK_WAIT_MIN_NS, each further one after twice as long. */
struct link_retry {
	uint64_t due_ns; /* 0: none */
	uint64_t tried_ns;
	uint64_t wait_ns;
};

/* True: it is time for a try; counts it. The first call starts the waiting. */
bool link_retry_due(struct link_retry *r, uint64_t now_ns);
/* The same for what must not wait: after LINK_CALM_NS without a try the first one is due at once. */
bool link_retry_soon(struct link_retry *r, uint64_t now_ns);
/* It worked: no try is due. */
void link_retry_done(struct link_retry *r);

#endif
