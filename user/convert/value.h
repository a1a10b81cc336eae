/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words of keepalived as values. */
#ifndef IPT_CONVERT_VALUE_H
#define IPT_CONVERT_VALUE_H

#include "model.h"

/* These say what is wrong, and leave `ret` alone then. */

/* Seconds, which may have a decimal point. */
void value_seconds(struct host *h, const struct stmt *s, uint64_t *ret_us);
bool value_number(struct host *h, const struct stmt *s, unsigned int word, int64_t min, int64_t max,
		  int64_t *ret);
/* WORD "weight N [reverse]", from the word `first` on. */
bool value_weight(struct host *h, const struct stmt *s, unsigned int first, int64_t *ret,
		  bool *ret_reverse);

/* For a time of ours: "250ms". */
const char *value_time(struct host *h, uint64_t us);
/* 1 to 31 characters of those that names may have; `text` itself if it is one. */
const char *value_name(struct host *h, const char *text);
/* For a program's line: no tabs in it, which no word of ours may hold. */
const char *value_line(struct host *h, const char *text);
bool value_is_iface(const char *text);
/* Says if it is none that a user can have. */
const char *value_user(struct host *h, const struct stmt *s, unsigned int word);
/* The one way to write an address that a heartbeat can go to, of a host and not link-local; NULL: it is none. */
const char *value_host(struct host *h, const char *text);

#endif
