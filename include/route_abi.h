/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes and rules that follow the owner, as a map keeps them. */
#ifndef IPT_ROUTE_ABI_H
#define IPT_ROUTE_ABI_H

#include <linux/types.h>
#include "address.h"

#define IPT_MAX_ROUTES 1024
#define IPT_MAX_GROUP_ROUTES 64

/*
 * Map `routes`, hash: routes and rules that follow the owner of a group. By its name an interface is found again that has
 * been made anew.
 */
#define IPT_RTPROT \
	73 /* who has put it there, as the kernel keeps it: nobody else's number in iproute2 */

/* As the kernel has them. */
#define IPT_SCOPE_GLOBAL 0
#define IPT_SCOPE_LINK 253
#define IPT_SCOPE_HOST 254
#define IPT_TABLE_MAIN 254
#define IPT_TABLE_LOCAL 255

#define IPT_ROUTE_RULE 0x01 /* a rule, not a route */
#define IPT_ROUTE_V6 0x02
#define IPT_ROUTE_ONLINK 0x04

struct ipt_route {
	struct ipt_addr to,
		from; /* a route's destination and preferred source; what a rule is for */
	struct ipt_addr via; /* all zero: on the link */
	__u32 table;
	__u32 metric; /* a rule's priority */
	__u32 mark, mask; /* of a rule; mask 0: any */
	char dev[16]; /* a rule's incoming interface; empty: any */
	char oif[16]; /* of a rule */
	__u8 to_len, from_len; /* a route without a source has from_len 0 */
	__u8 scope; /* of IPv4 routes, as the kernel has it */
	__u8 flags;
	__u8 pad[4];
};

#define IPT_ROUTE_ADDED 0x01 /* we put (or are about to put) it there: ours to remove */
#define IPT_ROUTE_THEIRS 0x02 /* wanted, and somebody else's is there: left alone */

struct ipt_route_mark {
	__u32 group; /* index into groups and leases */
	__u16 order; /* in the configuration: rules after routes */
	__u8 flags;
	__u8 pad;
};

#endif
