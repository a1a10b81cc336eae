/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A route or a rule that follows the owner of a group, as text. */
#ifndef IPT_ROUTE_H
#define IPT_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

#define ROUTE_TEXT 320

static inline bool route_is_rule(const struct ipt_route *r)
{
	return r->flags & IPT_ROUTE_RULE;
}

/* "global", "link" or "host". False: none of them. */
bool route_scope_parse(const char *word, uint8_t *ret);

/* As `ip route` and `ip rule` write it, and as the configuration reads it. Returns `text`. */
const char *route_text(const struct ipt_route *r, char text[ROUTE_TEXT]);

/* Can the kernel have only one of the two at a time, or take one rule for the other? */
bool route_same_place(const struct ipt_route *a, const struct ipt_route *b);

#endif
