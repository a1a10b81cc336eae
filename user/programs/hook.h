/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Notify hooks: the groups' `notify` programs, one at a time, in the order of what happened, beside the loop.
 * Each is told a group's state (owner, standby, fault) when that changes, and once when it is first known: also what
 * a process that was replaced had still queued, and never what that one has told already.
 */
#ifndef IPT_HOOK_H
#define IPT_HOOK_H

#include <stdint.h>
#include "base/err.h"
#include "config/config.h"

#define HOOK_TIMEOUT_NS 30000000000ull

struct hooks;

/* In the hooks' thread: so many calls had to be left out, since too many were waiting. */
struct hook_told {
	void (*skipped)(uint32_t n, void *arg);
	void *arg;
};

/* `cfg` must stay. No group has a hook: *ret is NULL, which the others take. */
int hook_start(struct hooks **ret, const struct config *cfg, const struct hook_told *told,
	       struct err *e);
/* `state`: enum hb_state; `reason`: of static storage. Never blocks. */
void hook_state(struct hooks *h, uint32_t group, uint32_t state, uint64_t epoch,
		const char *reason);
/* The process is about to be replaced: leaves to the next one's hook_start() what has been told. Waits for nothing. */
void hook_leave(struct hooks *h);
/* Waits for the call that runs, then runs what is newest of each group, within HOOK_TIMEOUT_NS in all, and ends. */
void hook_stop(struct hooks *h);

#endif
