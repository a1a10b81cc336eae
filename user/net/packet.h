/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only door to raw sockets: sends ready frames, receives ARP and neighbour advertisements for probes. */
#ifndef IPT_PACKET_H
#define IPT_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum packet_result {
	PACKET_SENT = 0,
	PACKET_DROPPED = 1, /* port down, queue full, or our own fence: nothing left this host */
};

/* A socket bound to the interface; never PACKET_QDISC_BYPASS (it would pass the fence). fd or -errno. */
int packet_open(uint32_t ifindex);
/* The same, receiving ARP. */
int packet_open_arp(uint32_t ifindex);
/* The same, receiving neighbour advertisements. */
int packet_open_nd(uint32_t ifindex);
/* Bound to no protocol; while it is open the interface takes in the frames of all groups. */
int packet_open_all_groups(uint32_t ifindex);
/* An IPv6 socket that receives nothing: to be a member of groups by. */
int packet_open_member(void);
/* PACKET_SENT, PACKET_DROPPED, or -errno. */
int packet_send(int fd, const void *frame, size_t len);
/* sendmmsg of `n` frames of `len` bytes each, back to back: the number that left, or -errno. */
int packet_send_many(int fd, const void *frames, size_t len, unsigned int n);
/* More frames than wait in a socket: whoever has read so many has read all that had come before. A LAN on which they
 * come faster than they are read keeps nobody reading. */
#define PACKET_LOOKS 1024
/* Length, 0 if nothing waits, or -errno. */
int packet_recv(int fd, void *frame, size_t size);

/*
 * A packet socket is closed only when no processor can be looking at it any more, which takes 10 to 50 ms each: too long
 * between two processes; and with its last socket a membership ends. They stay open across exec, and the heir uses those that it needs.
 */
void packet_pass(void); /* before exec, ... */
void packet_keep(void); /* ... which has failed */
void packet_inherit(void); /* the heir, before its first packet_open() */
void packet_drop_left(void); /* closes what it did not need; waits: in a thread */

#endif
