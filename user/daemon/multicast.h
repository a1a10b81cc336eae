/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Members, standbys too, are in the solicited-node groups of all IPv6 floating addresses: cards and switches must know it
 * before the takeover.
 */
#ifndef IPT_MULTICAST_H
#define IPT_MULTICAST_H

#include <stdint.h>

struct daemon;
struct membership;

struct multicast {
	struct membership *membership; /* the thread's own */
	int told; /* the -errno of the alarm; 0: there is none */
};

/* What one look found. */
struct multicast_look {
	int err;
	uint32_t missing; /* groups that are not joined */
};

/* From the addresses as set up. 0 or -ENOMEM. */
int multicast_open(struct daemon *d);
void multicast_close(struct daemon *d);
/* In the thread of links. */
void multicast_keep(struct daemon *d, struct multicast_look *ret);
/* In the loop. */
void multicast_kept(struct daemon *d, const struct multicast_look *look);

#endif
