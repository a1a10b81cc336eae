/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* keepalived's configurations of one or several hosts, as ours. Whatever they hold, each line of them is accounted for. */
#ifndef IPT_CONVERT_H
#define IPT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/err.h"

struct convert;

struct convert *convert_new(void);
void convert_free(struct convert *c);
/* A host's file and what it includes; several hosts, if its lines ask which host it is. 0, or -errno with "FILE:LINE: why". */
int convert_file(struct convert *c, const char *path, struct err *e);
/* The same of a text, which includes nothing. */
int convert_text(struct convert *c, const char *name, const char *text, size_t len, struct err *e);
/* Once all are there. 0, or -EINVAL with why. */
int convert_join(struct convert *c, struct err *e);

/* After that: how many hosts; what host `i` is called, and its file. */
unsigned int convert_count(const struct convert *c);
const char *convert_name(const struct convert *c, unsigned int i);
const char *convert_output(const struct convert *c, unsigned int i);
bool convert_lost(const struct convert *c);
void convert_report(const struct convert *c, FILE *f);

#endif
