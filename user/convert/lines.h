/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keepalived does to lines before it reads their words: comments, conditions, parameters, sequences, includes. */
#ifndef IPT_CONVERT_LINES_H
#define IPT_CONVERT_LINES_H

#include "tree.h"

#define LINES_IDS_MAX 64

/* The hosts that conditional lines name: "@NAME", "@^NAME". */
struct lines_ids {
	const char *name[LINES_IDS_MAX];
	unsigned int n;
};

/* An "include" that opened nothing. */
struct lines_missing {
	struct lines_missing *next;
	const char *file, *what;
	int line;
};

struct lines_param {
	struct lines_param *next;
	const char *name, *value;
};

struct lines {
	struct arena *arena;
	struct tree *tree;
	struct err *e;
	const char *id; /* of which host the lines are wanted; NULL: find out which there are */
	struct lines_ids *ids;
	bool includes; /* may files be opened? */
	struct lines_param *params;
	struct lines_missing *missing;
	const char *file;
	int line;
	unsigned int files, depth;
	size_t spent; /* characters gone through: parameters can multiply */
};

/* The file `path` and those that it includes, into l->tree. 0, or -errno with "FILE:LINE: why". */
int lines_file(struct lines *l, const char *path);
/* The same of a text, which is changed. */
int lines_text(struct lines *l, const char *name, char *text, size_t len);

#endif
