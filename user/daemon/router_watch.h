/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether this host forwards IPv6 where its addresses float, now and when it changes: advertisements say so. */
#ifndef IPT_ROUTER_WATCH_H
#define IPT_ROUTER_WATCH_H

#include <stdint.h>

struct daemon;

/* In a thread: a bit for each group on whose interface the kernel forwards IPv6. */
uint64_t router_watch_look(const struct daemon *d);
/* In the loop. */
void router_watch_looked(struct daemon *d, uint64_t routers);

#endif
