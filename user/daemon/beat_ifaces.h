/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does the interface of a group carry heartbeats? Where it does not, the group is served with less. */
#ifndef IPT_BEAT_IFACES_H
#define IPT_BEAT_IFACES_H

#include <stdbool.h>
#include "config/config.h"

/* The interfaces that lead to the peers that may own a group. */
struct beat_ifaces {
	uint32_t ifindex[IPT_MAX_PATHS];
	unsigned int n;
	bool partial; /* a way is not there, or not on this host: nothing can be said */
};

/* As the kernel would route now. */
void beat_ifaces_ask(const struct config *cfg, struct beat_ifaces *ret);

#define BEAT_IFACES_NOTE_LEN 192
/* The note that one of the group's interfaces deserves, in one line; false: none. */
bool beat_ifaces_note(const struct beat_ifaces *r, const struct config_group *g, uint32_t iface,
		      char ret[BEAT_IFACES_NOTE_LEN]);

#endif
