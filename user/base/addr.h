/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An address of either family with the length of its network's prefix, as configuration, netlink and commands hand it around. */
#ifndef IPT_ADDR_H
#define IPT_ADDR_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include "address.h"

#define ADDR_TEXT INET6_ADDRSTRLEN

struct addr {
	struct ipt_addr ip;
	uint8_t prefix_len; /* of 32 bits or of 128 */
	bool host; /* for who asks for it, never a source of the kernel's choice: IPv4 of scope host, IPv6 deprecated */
	bool temporary; /* IPv6: for privacy, until the kernel makes another (RFC 8981) */
	uint8_t scope; /* of IPv4, enum ipt_vip_scope: as it was asked for */
	char label[16]; /* of IPv4; empty: none */
	uint8_t iface; /* in a configuration: which of its group's interfaces it is on */
	uint32_t word; /* in a configuration: which word of `addresses` it comes from */
	bool again; /* in a configuration: it is on another interface, too, as an address of its own */
};

/* The whole length of a prefix in the address's family, in bits. */
uint8_t addr_bits(const struct ipt_addr *ip);

/* Does the network of `own` hold all of that of `other`? Never if they are of two families. */
bool addr_covers(const struct addr *own, const struct addr *other);

/* For qsort() and bsearch() of `struct ipt_addr`: IPv4 and IPv6 each in numeric order. */
int addr_order(const void *a, const void *b);

/* fe80::/10: one on each interface, and known there alone (RFC 4291, 2.5.6). */
bool addr_is_link_local(const struct ipt_addr *ip);

/* As RFC 5952 has it, or a.b.c.d. Returns `text`. */
const char *addr_text(const struct ipt_addr *ip, char text[ADDR_TEXT]);

/* False: it is an address of neither family, or IPv4 as IPv6. */
bool addr_parse(const char *text, struct ipt_addr *ret);
/* The same of the first `len` characters. */
bool addr_parse_part(const char *text, size_t len, struct ipt_addr *ret);

#endif
