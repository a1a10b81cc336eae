/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A cable between the host that answers, h1, and the client that asks, c: both ends called eth0. */
#ifndef BENCH_CABLE_H
#define BENCH_CABLE_H

#include <stdint.h>
#include "common_rig.h"

struct cable {
	uint32_t host_ifindex, client_ifindex;
	uint8_t host_mac[6], client_mac[6];
	bool v6; /* set by who calls: addresses and questions */
};

/* Addresses, the given program on the host's end, the sink on the client's, the generator parked so that calls need
 * not wait for RCU. The group's lease is closed. This thread is in the client's namespace afterwards. */
void cable_up(struct cable *cable, const struct rig *r, int host_prog_fd, uint32_t addresses);

#endif
