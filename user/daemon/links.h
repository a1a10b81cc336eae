/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces that groups and heartbeats use. A group can be served while its interface exists, is up, has the MAC that
 * the group answers with, and carries our programs. One interface's trouble concerns only the groups on it. If only the
 * egress filter is missing, the host still hears its peers: it hands these groups over, then puts them in FAULT.
 */
#ifndef IPT_LINKS_H
#define IPT_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "link_rule.h"
#include "worker.h"

struct daemon;
struct links;

/* The state of every interface as it is now, and the thread that looks at them from here on. */
int links_start(struct daemon *d, struct err *e);
void links_stop(struct daemon *d);

int links_watch_fd(const struct daemon *d); /* readable: interfaces have changed */
void links_fetch(struct daemon *d);
int links_route_fd(const struct daemon *d); /* readable: routes have; -1: no group has any */
void links_routes(struct daemon *d);
int links_jobs_fd(const struct daemon *d); /* readable: a look or a repair is done */
void links_jobs(struct daemon *d);

/* About once a second: sysctls, programs, repairs that are due. */
void links_guard(struct daemon *d);
/* Tells the core what has changed for its groups. */
void links_tell(struct daemon *d);
/* When to call links_tell() without an event, CLOCK_BOOTTIME ns. */
uint64_t links_due_ns(const struct daemon *d);

#endif
