/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs the configuration's `track` scripts, each in a thread of its own, so that a slow one delays no other. */
#ifndef IPT_TRACK_H
#define IPT_TRACK_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "config/config.h"
#include "track_rule.h"

struct tracks;

/* How one track stands. */
struct track_status {
	struct track_verdict verdict;
	uint64_t run_ns; /* end of its last run; 0: none yet */
	char text[160]; /* how that ended */
};

/* The names of checks, a blank after each. */
#define TRACK_NAMES (CONFIG_MAX_TRACKS * (IPT_NAME_LEN + 1))
/* `cfg` must outlive it. `before`: what had failed when a daemon ended that this one does not replace. */
int track_start(struct tracks **ret, const struct config *cfg, const char *before, struct err *e);
/* Kills what runs; waits for the threads, and not for what hangs in the kernel. */
void track_stop(struct tracks *t);
/*
 * The process is about to be replaced: kills what runs, waits for nothing, and leaves to the next program's
 * track_start() what is known of each check, and what ran. If it is not replaced, checks go on.
 */
void track_leave(struct tracks *t);
/* Readable: a verdict has changed. */
int track_fd(const struct tracks *t);
/* All tracks of the configuration as they stand, in its order. */
void track_read(struct tracks *t, struct track_status *ret);

#endif
