/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replaces the daemon's process by itself, so that gates, peers and clients notice nothing: `upgrade` (the
 * program on disk, the configuration in force), `reload` (the file read again) and a start over.
 */
#ifndef IPT_HEIR_H
#define IPT_HEIR_H

#include "daemon.h"
#include "legacy.h"

/* How this process was started: what the next one needs. Made before the first thread. */
struct origin {
	char program[4096];
	char config[4096]; /* absolute */
	char instance[64];
	uint64_t started_ns;
};

/* Words before the first file name changes its meaning. 0 or -errno. */
int heir_origin(struct origin *ret, const char *program, const char *config, const char *instance,
		struct err *e);

/* *ret is d->heir: its thread may begin at once. */
int heir_open(struct heir **ret, struct daemon *d, const struct origin *origin, struct err *e);
void heir_close(struct heir *a);
int heir_fd(struct heir *a);
/* What its thread has prepared. */
void heir_fetch(struct daemon *d);

/* The client is answered with the reason why not, or sees the connection end with this process: what came of it is
 * the first edge of the next one. 0: nobody asks. */
void heir_upgrade(struct daemon *d, uint32_t client);
void heir_reload(struct daemon *d, uint32_t client);

/* Once a wake-up: is it time to ask the core? */
void heir_tick(struct daemon *d);
/* CORE_FX_UPGRADE: now. Returns only if it failed; then all goes on as before. */
void heir_go(struct daemon *d);
/* CORE_FX_UPGRADE_NOT: leaving now would cost a peer its lease, for `reason`. All goes on as before. */
void heir_not(struct daemon *d, const char *reason);

/* heir_heard.c: may this host have the members of `next_hash` now? 0, or -EBUSY with who speaks against it. */
int heir_heard_refused(const struct daemon *d, uint32_t next_hash, struct err *e);

#endif
