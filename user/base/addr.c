/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Order, cover and text of addresses of both families. */
#include "addr.h"

#include <string.h>

#define V4_BITS 32
#define MAPPED_BITS 96 /* of the prefix that makes IPv4 a part of IPv6 */

uint8_t addr_bits(const struct ipt_addr *ip)
{
	return ipt_addr_is_v4(ip) ? V4_BITS : 128;
}

bool addr_covers(const struct addr *own, const struct addr *other)
{
	bool v4 = ipt_addr_is_v4(&own->ip);
	unsigned int left = own->prefix_len + (v4 ? MAPPED_BITS : 0u);

	if (v4 != ipt_addr_is_v4(&other->ip) || own->prefix_len > other->prefix_len)
		return false;
	for (unsigned int i = 0; i < 4 && left; i++) {
		unsigned int bits = left < 32 ? left : 32;
		uint32_t mask = htonl(UINT32_MAX << (32 - bits));

		if ((own->ip.word_be32[i] ^ other->ip.word_be32[i]) & mask)
			return false;
		left -= bits;
	}
	return true;
}

int addr_order(const void *a, const void *b)
{
	/* Network order: byte by byte is numeric order. */
	return memcmp(a, b, sizeof(struct ipt_addr));
}

bool addr_is_link_local(const struct ipt_addr *ip)
{
	return (ntohl(ip->word_be32[0]) & 0xffc00000) == 0xfe800000;
}

const char *addr_text(const struct ipt_addr *ip, char text[ADDR_TEXT])
{
	bool v4 = ipt_addr_is_v4(ip);

	return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? (const void *)&ip->word_be32[3] : ip, text,
			 ADDR_TEXT);
}

bool addr_parse(const char *text, struct ipt_addr *ret)
{
	struct ipt_addr ip;
	uint32_t ip_be32;

	if (inet_pton(AF_INET, text, &ip_be32) == 1) {
		*ret = ipt_addr_v4(ip_be32);
		return true;
	}
	if (inet_pton(AF_INET6, text, &ip) != 1 || ipt_addr_is_v4(&ip))
		return false;
	*ret = ip;
	return true;
}

bool addr_parse_part(const char *text, size_t len, struct ipt_addr *ret)
{
	char ip[ADDR_TEXT] = "";

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	return addr_parse(ip, ret);
}
