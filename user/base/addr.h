/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An address with the length of its network's prefix, as configuration, netlink and commands hand it around. */
#ifndef IPT_ADDR_H
#define IPT_ADDR_H

#include <stdint.h>

struct addr {
	uint32_t ip_be32;
	uint8_t prefix_len;
};

#endif
