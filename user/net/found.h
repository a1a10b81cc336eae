/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel said of interfaces and routes, kept for a process that takes another's place: each question waits for
 * the kernel's netlink lock, which anybody may hold for longer than a lease lasts. Changes since are told by the watch.
 */
#ifndef IPT_FOUND_H
#define IPT_FOUND_H

#include <stdbool.h>
#include <stdio.h>
#include "abi.h"
#include "netdev.h"

struct found_route {
	struct netdev_to to;
	struct netdev_way way;
};

/* An own address that stays where it is. */
struct found_own {
	uint32_t ifindex;
	struct addr addr;
};

#define FOUND_OWN 64 /* those beyond are as if they were not there */

struct found {
	bool given; /* by the process before, which has rehearsed our set-up with it, ... */
	bool well; /* ... and found our programs on each interface that they are recorded of */
	unsigned int nlinks, nroutes, nown;
	struct found_own own[FOUND_OWN];
	struct netdev link[IPT_MAX_IFACES];
	struct found_route route[IPT_MAX_PATHS + 1]; /* the gateway's */
};

/* As netdev_by_name(), netdev_by_index() and netdev_route(), which are asked where nothing is known yet. */
int found_by_name(struct found *f, const char *name, struct netdev *ret, struct err *e);
int found_by_index(struct found *f, uint32_t ifindex, struct netdev *ret);
int found_route(struct found *f, const struct netdev_to *to, struct netdev_way *ret, struct err *e);

/* The route to `to`, asked before, has another source from now on. */
void found_source(struct found *f, const struct netdev_to *to, const struct ipt_addr *src);

/* One line each; what cannot be read back is as if it had not been found. */
void found_write(const struct found *f, FILE *to);
void found_read(struct found *ret, FILE *from);

#endif
