/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does the interface of a group carry heartbeats? Where it does not, the group is served with less. */
#ifndef IPT_REACH_H
#define IPT_REACH_H

#include <stdbool.h>
#include "config/config.h"

/* By which interfaces the peers that may own a group are reached. */
struct reach {
	uint32_t ifindex[IPT_MAX_PATHS];
	unsigned int n;
	bool partial; /* a way is not there, or not on this host: nothing can be said */
};

/* As the kernel would route now. */
void reach_ask(const struct config *cfg, struct reach *ret);

#define REACH_NOTE_LEN 192
/* The note that the group deserves, in one line; false: none. */
bool reach_note(const struct reach *r, const struct config_group *g, char ret[REACH_NOTE_LEN]);

#endif
