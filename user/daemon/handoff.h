/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process leaves to the one that takes its place by exec: the configuration that it ran, keys included. */
#ifndef IPT_HANDOFF_H
#define IPT_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "config/config.h"
#include "net/found.h"

enum handoff_how {
	HANDOFF_SAME, /* what is handed over counts, the file is to fall back on */
	HANDOFF_REREAD, /* the other way round */
	HANDOFF_TRY, /* would all this work? Only an exit status is wanted */
};

struct handoff {
	enum handoff_how how;
	int conf_fd, key_fd, found_fd; /* -1: none */
	uint64_t left_ns; /* when the process before ended, CLOCK_BOOTTIME */
	char key_file[256]; /* where the keys had come from */
};

/* Writes configuration and netlink's answers into memory that survives exec. 0 or -errno; only 0 needs handoff_drop(). */
int handoff_make(struct handoff *ret, const struct config *running, const struct found *found,
		 enum handoff_how how, struct err *e);
/* Runs `program` beside us to see if it would do: 0 or -errno; takes seconds at worst. */
int handoff_try(const struct handoff *h, const char *program, char *const argv[], struct err *e);
/* Becomes `program` with `argv`. Returns only on failure: -errno. */
int handoff_exec(const struct handoff *h, const char *program, char *const argv[]);

/* The successor: what the process before has left; false: there was none. To be dropped all the same. */
bool handoff_take(struct handoff *ret);
/* As config_load(), of what was left. */
int handoff_load(const struct handoff *h, struct config *ret, struct err *e);
/* Leaves *ret as it is if nothing was. */
void handoff_found(const struct handoff *h, struct found *ret);
void handoff_drop(struct handoff *h);

#endif
