/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floating addresses that we have put somewhere, or may want to: taken off by somebody they are put back, put there by
 * somebody they are told of before they matter.
 */
#ifndef IPT_ADDR_WATCH_H
#define IPT_ADDR_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

struct daemon;

/* What is known of one group's addresses. */
struct addr_watch {
	bool gone; /* one of them may have been taken off: to be put back; by that it is known whether it was */
	uint64_t gone_ns
		[3]; /* the last times, or when they could not be put back, the newest first */
	uint64_t fault_until_ns; /* they are taken off again and again; 0: they are not */
	bool refused; /* or rather, the kernel does not take them back */
	char route_failed
		[96]; /* why a route or a rule could not be added the last time; empty: all could */
	uint32_t
		strange; /* looks in a row that found them on their interface, and nobody of ours had put them there */
	uint32_t amiss; /* looks in a row that found one on another interface */
	uint32_t
		lacking; /* looks in a row that found an interface without the IPv6 that it needs, ... */
	uint32_t lacking_iface; /* ... and which of the group's that was */
};

/* An address that lies where none of ours has put it, and where it is of no use. */
struct addr_amiss {
	uint32_t ifindex; /* 0: there is none */
	struct ipt_addr ip;
};

/* How many of each group's addresses lie where they belong. */
struct addr_census {
	bool made;
	bool wide; /* one has another scope than host, there or elsewhere */
	uint32_t
		homed_mask; /* a bit for each of links->link[]: an address of the host itself is on it */
	uint32_t there[IPT_MAX_GROUPS];
	uint32_t routes_missing[IPT_MAX_GROUPS];
	struct addr_amiss amiss[IPT_MAX_GROUPS]; /* the first one of each */
	uint8_t lacks
		[IPT_MAX_GROUPS]; /* which of its interfaces has no IPv6 and needs it, plus 1; 0: none */
};

/* By so many looks in a row. */
static inline bool addr_watch_sure(uint32_t looks)
{
	return looks >= 2;
}

/* In a thread. */
void addr_watch_count(const struct daemon *d, struct addr_census *ret);

/* In the loop: netlink tells that an address has gone; it is put back by addr_watch_mend(), once for many. */
void addr_watch_gone(struct daemon *d, uint32_t ifindex, const struct ipt_addr *ip);
/* A route of ours, or a rule, has gone. */
void addr_watch_route_gone(struct daemon *d);
void addr_watch_mend(struct daemon *d);
/* They were to be added; NULL: all routes and rules are there. */
void addr_watch_tried(struct daemon *d, uint32_t group, const char *route_failed);
void addr_watch_counted(struct daemon *d, const struct addr_census *census);
/* Once a second: a fault that is over. */
void addr_watch_look(struct daemon *d);

#endif
