/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The door to the kernel's routes and rules: one at a time, and only with our own number. */
#ifndef IPT_NET_ROUTE_H
#define IPT_NET_ROUTE_H

#include <stdbool.h>
#include "abi.h"
#include "base/err.h"

enum route_found {
	ROUTE_NOT_THERE,
	ROUTE_OURS,
	ROUTE_EQUAL, /* somebody else's, the same */
	ROUTE_OTHER /* somebody else's, and ours would not be used beside it */
};

/* 0, -EEXIST: one is in its place already, whosever; or another -errno with a text that names it. */
int route_add(const struct ipt_route *r, struct err *e);
/* Of ours only; what is gone already, or somebody else's, is done. */
int route_del(const struct ipt_route *r, struct err *e);
/* Reads the table. 0 or -errno. */
int route_look(const struct ipt_route *r, enum route_found *ret);

/* A descriptor for epoll that is readable when a route of ours, or a rule, has gone or was replaced. -errno: none to be had. */
int route_watch_open(void);
/* Takes in all that waits. True: something may have gone. */
bool route_watch_fetch(int fd);

#endif
