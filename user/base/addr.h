/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An address with the length of its network's prefix, as configuration, netlink and commands hand it around. */
#ifndef IPT_ADDR_H
#define IPT_ADDR_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

struct addr {
	uint32_t ip_be32;
	uint8_t prefix_len;
	bool host; /* scope host: for who asks for it, never a source or a sender of the kernel's choice */
};

/* Does the network of `own` hold all of that of `other`? */
static inline bool addr_covers(const struct addr *own, const struct addr *other)
{
	uint32_t mask = own->prefix_len ? htonl(UINT32_MAX << (32 - own->prefix_len)) : 0;

	return own->prefix_len <= other->prefix_len && !((own->ip_be32 ^ other->ip_be32) & mask);
}

#endif
