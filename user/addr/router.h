/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether advertisements of a group's IPv6 addresses on an interface say that this host is a router (RFC 4861, 4.4: R). */
#ifndef IPT_ROUTER_H
#define IPT_ROUTER_H

#include "kern/kern.h"

/* Writes it into the maps, address by address, where it is not so yet. 0 or -errno. */
int router_say(struct kern *k, uint32_t group, uint32_t ifindex, bool router);

#endif
