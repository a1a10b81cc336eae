/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces that groups and heartbeats use. A group can be served while its own is there, up, under the MAC
 * that the group answers with, with our programs on it; the state of one is no matter of the groups on another. Where
 * the egress filter alone is missing the host lives and hears: its groups are handed over, then they are in FAULT.
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
void links_drain(struct daemon *d);
int links_jobs_fd(const struct daemon *d); /* readable: a look or a repair is done */
void links_jobs(struct daemon *d);

/* About once a second: sysctls, programs, repairs that are due. */
void links_guard(struct daemon *d);
/* Tells the core what has changed for its groups. */
void links_tell(struct daemon *d);
/* When to call links_tell() without an event, CLOCK_BOOTTIME ns. */
uint64_t links_due_ns(const struct daemon *d);

#endif
