/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner asks its own kernel whether a packet to the address would be taken in. XDP answers ARP whatever the stack
 * behind it does, so a standby's question does not tell.
 */
#ifndef IPT_STACK_WATCH_H
#define IPT_STACK_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "config/config.h"

struct daemon;

/* One look: at the first address of each family on each interface of each group that has an owner here. */
struct stack_look {
	uint64_t groups; /* a bit for each that is looked at */
	/* By which interface the traffic of each of the group's comes in; 0: that is not to be known. */
	uint32_t into[IPT_MAX_GROUPS][CONFIG_MAX_GROUP_IFACES];
	/* result */
	int err[IPT_MAX_GROUPS]; /* as netdev_delivers(); -ENOLINK: answers leave by a bridge's port */
	uint32_t iface[IPT_MAX_GROUPS]; /* on which of the group's interfaces */
};

#define STACK_LOOKS 2 /* in a row: the first may have met an address on its way */

static inline bool stack_watch_astray(unsigned int looks)
{
	return looks >= STACK_LOOKS;
}

/* In the loop, in a thread, and in the loop again. */
void stack_watch_begin(const struct daemon *d, struct stack_look *ret);
void stack_watch_ask(const struct daemon *d, struct stack_look *look);
void stack_watch_asked(struct daemon *d, const struct stack_look *look);

#endif
