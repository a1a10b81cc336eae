/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replaces the daemon's process by itself, so that gates, peers and clients notice nothing: `upgrade` (the
 * program on disk, the configuration in force), `reload` (the file read again) and a start over.
 */
#ifndef IPT_AGAIN_H
#define IPT_AGAIN_H

#include "daemon.h"
#include "handoff.h"

/* How this process was started: what the next one needs. Made before the first thread. */
struct origin {
	char program[4096];
	char config[4096]; /* absolute */
	char instance[64];
	uint64_t started_ns;
};

/* Words before the first file name changes its meaning. 0 or -errno. */
int again_origin(struct origin *ret, const char *program, const char *config, const char *instance,
		 struct err *e);

/* *ret is d->again: its thread may begin at once. */
int again_open(struct again **ret, struct daemon *d, const struct origin *origin, struct err *e);
void again_close(struct again *a);
int again_fd(struct again *a);
/* What its thread has prepared. */
void again_drain(struct daemon *d);

/* The client is answered with the reason why not, or sees the connection end with this process: what came of it is
 * the first edge of the next one. 0: nobody asks. */
void again_upgrade(struct daemon *d, uint32_t client);
void again_reload(struct daemon *d, uint32_t client);
/* The configuration in force, set up anew: an interface has come back, its MAC is another. At most once in a while. */
void again_replace(struct daemon *d, const char *why);

/* Once a wake-up: is it time to ask the core? */
void again_tick(struct daemon *d);
/* CORE_FX_UPGRADE: now. Returns only if it failed; then all goes on as before. */
void again_go(struct daemon *d);
/* CORE_FX_UPGRADE_NOT: leaving now would cost a peer its lease, for `reason`. All goes on as before. */
void again_not(struct daemon *d, const char *reason);

/* again_heard.c: may this host have the members of `next_hash` now? 0, or -EBUSY with who speaks against it. */
int again_heard_refused(const struct daemon *d, uint32_t next_hash, struct err *e);

#endif
