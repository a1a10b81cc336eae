/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of a keepalived configuration, as statements in blocks. */
#ifndef IPT_CONVERT_TREE_H
#define IPT_CONVERT_TREE_H

#include <stdbool.h>
#include "arena.h"
#include "base/err.h"

/* WORD WORD ... [{ statements }] */
struct stmt {
	const char *file;
	int line;
	unsigned int nwords;
	char **words; /* quotes taken away */
	bool block;
	struct stmt *child, *last_child, *parent, *next;
};

struct tree {
	struct arena *arena;
	struct stmt root;
	struct stmt *at; /* the block that is open */
	struct stmt *last; /* the statement that a brace would open; NULL: none */
	unsigned int depth, nstmts;
};

void tree_init(struct tree *t, struct arena *arena);
/* Words and braces of one line, comments taken away. 0, or -EINVAL with "FILE:LINE: why". */
int tree_line(struct tree *t, const char *file, int line, const char *text, struct err *e);
/* All blocks must be closed. */
int tree_end(const struct tree *t, struct err *e);

/* The word `i`, "" if there is none. */
const char *stmt_word(const struct stmt *s, unsigned int i);

#endif
