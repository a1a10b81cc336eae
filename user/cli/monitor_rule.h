/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What members of the monitoring group may ask for. Pure. */
#ifndef IPT_MONITOR_RULE_H
#define IPT_MONITOR_RULE_H

#include <stdbool.h>
#include <stddef.h>

#define MONITOR_BYTES 512
#define MONITOR_WORDS 8

/* The words of a request, NUL after each, into `ret`, the first one a command; false: not those of one that only reads. */
bool monitor_words(char *bytes, size_t len, char *ret[MONITOR_WORDS + 1]);

#endif
