/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the writers of frames share. */
#ifndef IPT_FRAME_INT_H
#define IPT_FRAME_INT_H

#include <stddef.h>
#include <stdint.h>

static inline void put_be16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1071, on top of `sum`: `len` bytes; an odd last one has a zero behind it. */
static inline uint16_t checksum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (len & 1)
		sum += (uint32_t)bytes[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#endif
