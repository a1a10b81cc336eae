/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends heartbeats. Receipt belongs to XDP: no socket of ours ever reads one. */
#ifndef IPT_BEAT_H
#define IPT_BEAT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "core/frame.h"

/*
 * One way to one peer. Frames are built here down to the Ethernet header and go to the MAC that the peer's
 * own heartbeats came from, or to all where none is known yet: no neighbour cache, whose entries expire and
 * queue, stands between a beat and the wire. The egress program sees them like any other frame.
 */
struct beat_path {
	int fd;
	uint32_t ifindex;
	uint32_t peer; /* index in the configuration */
	uint8_t hops; /* above 1: it may be behind a router, and nothing is sent until that one's MAC address is known */
	struct frame_addr from, to;
};

int beat_open(struct beat_path *path, uint32_t ifindex, const struct frame_addr *from,
	      const struct ipt_addr *to, struct err *e);
void beat_close(struct beat_path *path);
/*
 * One frame, over every path, so that its sequence number is the same on each. PACKET_SENT if it left by one at
 * least: a dead link to one peer must not stop the others. Else PACKET_DROPPED or -errno.
 */
int beat_send(struct beat_path *paths, unsigned int n, const struct beat *b,
	      const struct sip_key *key, uint16_t port_be16);
/* Takes the UDP port of both families, so that no other program gets it and no ICMP error leaves; reads nothing. fd or -errno. */
int beat_hold_port(uint16_t port_be16, struct err *e);
/* Does that socket hold the port, for a process that finds it? */
bool beat_holds_port(int fd, uint16_t port_be16);
/*
 * A datagram that reached that socket: no program of ours took it. Length, 0: none waits. *ret_ifindex: where it came in, as
 * the kernel sees it.
 */
size_t beat_missed(int port_fd, void *payload, size_t size, struct ipt_addr *ret_from,
		   uint32_t *ret_ifindex);

#endif
