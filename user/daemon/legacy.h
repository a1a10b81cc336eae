/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process leaves to the one that takes its place by exec: the configuration that it ran, keys included. */
#ifndef IPT_LEGACY_H
#define IPT_LEGACY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "config/config.h"
#include "net/found.h"

enum legacy_how {
	LEGACY_SAME, /* what is inherited counts, the file is to fall back on */
	LEGACY_REREAD, /* the other way round */
	LEGACY_TRY, /* would all this work? Only an exit status is wanted */
};

struct legacy {
	enum legacy_how how;
	int conf_fd, key_fd, found_fd; /* -1: none */
	uint64_t left_ns; /* when the process before ended, CLOCK_BOOTTIME */
	char key_file[256]; /* where the keys had come from */
};

/* Writes configuration and netlink's answers into memory that survives exec. 0 or -errno; only 0 needs legacy_drop(). */
int legacy_make(struct legacy *ret, const struct config *running, const struct found *found,
		enum legacy_how how, struct err *e);
/* Runs `program` beside us to see if it would do: 0 or -errno; takes seconds at worst. */
int legacy_try(const struct legacy *h, const char *program, char *const argv[], struct err *e);
/* Becomes `program` with `argv`. Returns only on failure: -errno. */
int legacy_exec(const struct legacy *h, const char *program, char *const argv[]);

/* The heir: what the process before has left; false: there was none. To be dropped all the same. */
bool legacy_take(struct legacy *ret);
/* As config_load(), of what was left. */
int legacy_load(const struct legacy *h, struct config *ret, struct err *e);
/* Leaves *ret as it is if nothing was. */
void legacy_found(const struct legacy *h, struct found *ret);
void legacy_drop(struct legacy *h);

#endif
