/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the LAN who answers for an address, and how fast: by RFC 5227 probe (sender 0.0.0.0) or ARP request, and by neighbour
 * solicitation, from this interface's link-local address if it has one.
 */
#ifndef IPT_PROBE_H
#define IPT_PROBE_H

#include <stdint.h>
#include "base/addr.h"
#include "base/err.h"

#define PROBE_FAMILIES 2 /* a socket each */

struct probe_answer {
	struct ipt_addr ip; /* the address asked for */
	uint32_t answers; /* how many came */
	uint8_t mac[6]; /* of the first answer */
	uint8_t other_mac[6]; /* of the first answer from somebody else; all zero: none */
	uint64_t rtt_ns; /* of the first answer, CLOCK_BOOTTIME */
};

struct probe_ask {
	uint32_t ifindex;
	const uint8_t *own_mac;
	uint32_t
		from_be32; /* IPv4; 0: an RFC 5227 probe; else an ordinary request of this host's */
	const struct ipt_addr *ip;
	uint32_t n;
	unsigned int count; /* times that each is asked for, */
	uint64_t wait_ns; /* spread over this time */
	/* Where the sockets are left, above 0, for whoever has no time to close them: that takes an RCU grace period. NULL:
	 * they are closed. */
	int *spent_fd; /* PROBE_FAMILIES of them */
};

/* Asks, collects answers until wait_ns has passed. Blocks: for commands and for the prober thread, never for
 * the loop. Fills ret[ask->n], with what came until then on an error too.
 * 0 or -errno: not all were asked. */
int probe_run(const struct probe_ask *ask, struct probe_answer *ret, struct err *e);

#endif
