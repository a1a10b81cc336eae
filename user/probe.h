/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the LAN who answers for an address (RFC 5227 probe, sender 0.0.0.0), and how fast. */
#ifndef IPT_PROBE_H
#define IPT_PROBE_H

#include <stdint.h>
#include "err.h"

struct probe_answer {
	uint32_t ip_be32; /* the address asked for */
	uint32_t answers; /* how many came */
	uint8_t mac[6]; /* of the first answer */
	uint8_t other_mac[6]; /* of the first answer from somebody else; all zero: none */
	uint64_t rtt_ns; /* of the first answer, CLOCK_BOOTTIME */
};

/*
 * Sends `count` probes for each of the `n` addresses, spread over `wait_ns`, collects answers until its
 * end. Blocks: for commands and for the prober thread, never for the loop. Fills ret[n]. 0 or -errno.
 */
int probe_run(uint32_t ifindex, const uint8_t own_mac[6], const uint32_t *ip_be32, uint32_t n,
	      unsigned int count, uint64_t wait_ns, struct probe_answer *ret, struct err *e);

#endif
