/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 frames, written as RFC 8200 and RFC 4861 have them, by nothing that the programs use. */
#include "nd_frame.h"
#include <arpa/inet.h>
#include <string.h>

#define L3 14
#define L4 54

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint16_t nd_sum(const uint8_t *l3)
{
	size_t len = (size_t)l3[4] << 8 | l3[5];
	uint32_t sum = l3[6] + (uint32_t)len;

	for (size_t i = 8; i < 40 + len; i += 2)
		sum += (uint32_t)l3[i] << 8 | (i + 1 < 40 + len ? l3[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

void nd_ip6(struct nd_frame *f, const void *to_mac, const void *from_mac, const char *from,
	    const char *to, uint8_t next, const void *bytes, size_t len)
{
	uint8_t *p = f->bytes;

	memset(f, 0, sizeof(*f));
	memcpy(p, to_mac, 6);
	memcpy(p + 6, from_mac, 6);
	put16(p + 12, 0x86dd);
	p[L3] = 0x60;
	put16(p + L3 + 4, (unsigned int)len);
	p[L3 + 6] = next;
	p[L3 + 7] = 255;
	(void)inet_pton(AF_INET6, from, p + L3 + 8);
	(void)inet_pton(AF_INET6, to, p + L3 + 24);
	memcpy(p + L4, bytes, len);
	f->len = L4 + len;
}

void nd_message(struct nd_frame *f, const void *to_mac, const void *from_mac, const char *from,
		const char *to, uint8_t type, uint32_t flags, const char *target, const void *opts,
		size_t len)
{
	uint8_t message[448] = {type};

	put16(message + 4, flags >> 16);
	(void)inet_pton(AF_INET6, target, message + 8);
	if (len)
		memcpy(message + 24, opts, len);
	nd_ip6(f, to_mac, from_mac, from, to, 58, message, 24 + len);
	put16(f->bytes + L4 + 2, (uint16_t)~nd_sum(f->bytes + L3));
}

void nd_extend(struct nd_frame *f, uint8_t ext, const void *bytes, size_t len)
{
	uint8_t *p = f->bytes;

	memmove(p + L4 + len, p + L4, f->len - L4);
	memcpy(p + L4, bytes, len);
	p[L4] = p[L3 + 6];
	p[L3 + 6] = ext;
	f->len += len;
	put16(p + L3 + 4, (unsigned int)(f->len - L4));
}

void nd_tag(struct nd_frame *f, const void *tags, size_t len)
{
	memmove(f->bytes + 12 + len, f->bytes + 12, f->len - 12);
	memcpy(f->bytes + 12, tags, len);
	f->len += len;
}
