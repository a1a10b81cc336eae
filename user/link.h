/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only door to AF_PACKET: sends ready frames, receives ARP for probes. */
#ifndef IPT_LINK_H
#define IPT_LINK_H

#include <stddef.h>
#include <stdint.h>

enum link_result {
	LINK_SENT = 0,
	LINK_DROPPED = 1, /* port down, queue full, or our own fence: nothing left this host */
};

/* A socket bound to the interface; never PACKET_QDISC_BYPASS (it would pass the fence). fd or -errno. */
int link_open(uint32_t ifindex);
/* The same, receiving ARP. */
int link_open_arp(uint32_t ifindex);
/* LINK_SENT, LINK_DROPPED, or -errno. */
int link_send(int fd, const void *frame, size_t len);
/* sendmmsg of `n` frames of `len` bytes each, back to back: the number that left, or -errno. */
int link_send_many(int fd, const void *frames, size_t len, unsigned int n);
/* More frames than wait in a socket: whoever has read so many has read all that had come before. A LAN on which they
 * come faster than they are read keeps nobody reading. */
#define LINK_LOOKS 1024
/* Length, 0 if nothing waits, or -errno. */
int link_recv(int fd, void *frame, size_t size);

/*
 * A socket is closed only when no processor can be looking at it any more, which takes 10 to 50 ms each: too long between
 * two processes. They stay open across exec, and the successor uses those that it needs.
 */
void link_pass(void); /* before exec, ... */
void link_keep(void); /* ... which has failed */
void link_inherit(void); /* the successor, before its first link_open() */
void link_drop_left(void); /* closes what it did not need; waits: in a thread */

#endif
