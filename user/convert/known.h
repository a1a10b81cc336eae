/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words of keepalived that make nothing here, and why. */
#ifndef IPT_CONVERT_KNOWN_H
#define IPT_CONVERT_KNOWN_H

#include "model.h"

enum scope { TOP = 1, GLOBAL = 2, INSTANCE = 4, SYNC = 8, SCRIPT = 16, PROCESS = 32 };

/* Says what becomes of a statement that nobody reads: known or not, never nothing. */
void known_say(struct host *h, const struct stmt *s, enum scope scope);

struct known_reader {
	const char *word;
	void (*read)(struct host *h, void *into, const struct stmt *s);
};

/* Has each statement in `block` read by who knows its first word; the others are said. */
void known_read(struct host *h, void *into, const struct stmt *block, enum scope scope,
		const struct known_reader *readers);

#endif
