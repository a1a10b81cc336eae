/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The calls of hooks that wait, in the order of what happened. When it is full, what is obsolete goes first. Pure. */
#ifndef IPT_HOOK_RULE_H
#define IPT_HOOK_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

/* More than there are groups, so that a full queue holds a call that a later one of its group makes obsolete. */
#define HOOK_QUEUE 256

struct hook_call {
	uint32_t group;
	const char *state, *reason; /* of static storage */
	uint64_t term;
};

struct hook_queue {
	uint32_t n;
	uint32_t skipped; /* since hook_queue_skipped() */
	const char *last[IPT_MAX_GROUPS]; /* state put in last; NULL: none yet */
	struct hook_call call[HOOK_QUEUE]; /* oldest first */
};

/* False: that is the state which was put in last for the group. */
bool hook_queue_put(struct hook_queue *q, const struct hook_call *call);
bool hook_queue_get(struct hook_queue *q, struct hook_call *ret);
/* Only the newest call of each group stays. */
void hook_queue_newest(struct hook_queue *q);
/* How many had to go because the queue was full; starts again from 0. */
uint32_t hook_queue_skipped(struct hook_queue *q);

#endif
