/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Deafness whatever its cause: heartbeats that reach this host, and none that our program takes. They arrive at the port's
 * socket, answer what we have sent a moment ago, and so cannot be recorded ones.
 */
#ifndef IPT_MISSED_H
#define IPT_MISSED_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

struct daemon;

struct missed {
	uint64_t
		since_ns[IPT_MAX_PEERS]; /* of each peer; 0: our program hears it, or nobody does */
};

/* Before the loop: what waits is from before our programs were there. */
void missed_start(struct daemon *d);
/* At each look, after the records have been read. */
void missed_look(struct daemon *d);
/* Does our program hear none of those that this interface leads to, and the host does? */
bool missed_on(const struct daemon *d, uint32_t ifindex);

#endif
