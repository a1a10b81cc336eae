/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the gateway by ARP whether the LAN still hears and answers this host (alone = "gateway"). */
#ifndef IPT_GATEWAY_H
#define IPT_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "core/frame.h"
#include "found.h"
#include "gateway_rule.h"

struct gateway {
	int fd; /* for epoll; -1: not open */
	uint32_t ip_be32;
	struct frame_addr own; /* MAC and address on the gateway's interface */
	struct gateway_asked asked;
};

/* Blocks for netlink: at start and reload, not from the loop. -EHOSTUNREACH, -EMULTIHOP if it is no neighbour. */
int gateway_open(struct gateway *g, uint32_t ip_be32, struct found *found, struct err *e);
void gateway_close(struct gateway *g);
/* One question; `d_ns` is how long its answer would be good for. PACKET_SENT, PACKET_DROPPED (or not the time for one), -errno. */
int gateway_ask(struct gateway *g, uint64_t d_ns);
/* Reads what has come; `slept`: perhaps long ago. When the question left that has been answered; 0: none has. */
uint64_t gateway_answered(struct gateway *g, bool slept);

#endif
