/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether this host forwards IPv6 where its addresses float, now and when it changes: advertisements say so. */
#ifndef IPT_ROUTER_WATCH_H
#define IPT_ROUTER_WATCH_H

#include <stdint.h>
#include "abi.h"
#include "config/config.h"

struct daemon;

/* On which of its interfaces with IPv6 addresses does the kernel forward IPv6? A bit for each. */
uint8_t router_watch_group(const struct config_group *g);

/* What one look found, group by group. */
struct router_look {
	uint8_t routers[IPT_MAX_GROUPS];
};

/* In a thread. */
void router_watch_look(const struct daemon *d, struct router_look *ret);
/* In the loop. */
void router_watch_looked(struct daemon *d, const struct router_look *look);

#endif
