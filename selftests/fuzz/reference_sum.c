/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internet checksums (RFC 1071), in the order of the bytes. */
#include "reference.h"

#define MOST 4096 /* bytes, of which a sum is made */

/* What a sum is over: the pseudo header's addresses and protocol, and the bytes behind. */
struct part {
	uint8_t protocol;
	const uint8_t *addresses;
	size_t addresses_len;
	uint8_t *at;
	size_t len;
};

uint32_t ref_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool of_ip4(const struct ref_frame *f, struct part *s)
{
	uint8_t *ip = f->r->bytes + f->at;
	size_t header = (ip[0] & 15) * 4u, total = ref_be16(ip + 2);

	if (header < 20 || ref_be16(ip + 6) & 0x3fff || total < header)
		return false;
	*s = (struct part){ip[9], ip + 12, 8, ip + header, total - header};
	return true;
}

/* Nobody leaves a sum behind extension headers. */
static bool of_ip6(const struct ref_frame *f, struct part *s)
{
	uint8_t *ip = f->r->bytes + f->at;

	*s = (struct part){ip[6], ip + 8, 32, ip + 40, ref_be16(ip + 4)};
	return true;
}

/* A sum that the sender has left to a card holds that of the pseudo header; it is made whole. */
void ref_complete_sum(struct ref_frame *f)
{
	uint8_t tail[4] = {0}, *field;
	struct part s;
	uint32_t sum;
	size_t at;

	if (!(f->type == ETH_IP ? of_ip4(f, &s) : of_ip6(f, &s)))
		return;
	if (s.protocol != REF_TCP && s.protocol != REF_UDP)
		return;
	at = s.protocol == REF_TCP ? 16 : 6;
	if (s.len < at + 2 || s.len > MOST || s.at + s.len > f->r->bytes + f->r->len)
		return;
	tail[1] = s.protocol;
	tail[2] = (uint8_t)(s.len >> 8);
	tail[3] = (uint8_t)s.len;
	field = s.at + at;
	if (ref_be16(field) != ref_sum(tail, 4, ref_sum(s.addresses, s.addresses_len, 0)))
		return;
	sum = 0xffff & ~ref_sum(s.at, s.len, 0);
	if (!sum)
		sum = 0xffff;
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
}
