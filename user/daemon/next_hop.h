/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The MAC addresses of the routers towards peers beyond the LAN. Heartbeats to a peer on the LAN go where its own come from;
 * those of a routed one come from whichever router sent them on. So the router that the kernel's routes name is asked, once
 * a second, in a thread of its own: no neighbour cache stands between a heartbeat and the wire.
 */
#ifndef IPT_NEXT_HOP_H
#define IPT_NEXT_HOP_H

#include "daemon.h"

/* Asks at once. Nothing is done where no peer is beyond the LAN. */
int next_hop_start(struct daemon *d, struct err *e);
void next_hop_look(struct daemon *d); /* once a second */
int next_hop_fd(const struct daemon *d); /* for epoll; -1: there is nothing to ask */
void next_hop_fetch(struct daemon *d);
void next_hop_stop(struct daemon *d);

#endif
