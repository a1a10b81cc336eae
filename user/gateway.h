/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the gateway by ARP whether the LAN still hears and answers this host (alone = "gateway"). */
#ifndef IPT_GATEWAY_H
#define IPT_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "found.h"
#include "frame.h"

struct gateway {
	int fd; /* for epoll; -1: not open */
	uint32_t ip_be32;
	struct frame_addr own; /* MAC and address on the gateway's interface */
	uint64_t asked_ns; /* when the newest question left; 0: none has */
};

/* Blocks for netlink: at start and reload, not from the loop. -EHOSTUNREACH, -EMULTIHOP if it is no neighbour. */
int gateway_open(struct gateway *g, uint32_t ip_be32, struct found *found, struct err *e);
void gateway_close(struct gateway *g);
/* One question. What waits unread was answered before it, and is forgotten. LINK_SENT, LINK_DROPPED or -errno. */
int gateway_ask(struct gateway *g);
/* Reads what has come. True: the gateway has answered the question that left at g->asked_ns, or a later one. */
bool gateway_answered(struct gateway *g);

#endif
