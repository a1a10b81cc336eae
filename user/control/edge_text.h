/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reader's side of edges: lines from the daemon, and what people see of them. */
#ifndef IPT_EDGE_TEXT_H
#define IPT_EDGE_TEXT_H

#include <json-c/json.h>
#include <stdio.h>
#include "control.h"

/* Cuts what comes from a socket into lines. */
struct edge_lines {
	int fd;
	unsigned int len;
	char bytes[2 * CONTROL_EDGE];
};

enum edge_read { EDGE_READ_END, EDGE_READ_NONE, EDGE_READ_LINE };

/* Reads what is there without waiting. Then `line` holds one without its end. */
enum edge_read edge_lines_next(struct edge_lines *l, char line[CONTROL_EDGE]);

/* "[TIME] EVENT WHO WHAT", without the end of the line. */
void edge_text_print(FILE *f, struct json_object *edge);

#endif
