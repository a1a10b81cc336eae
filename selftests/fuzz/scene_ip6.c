/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An IPv6 frame: neighbour discovery or traffic, behind extension headers or not. */
#include <string.h>
#include "scene.h"

#define HEADER 40
#define MESSAGE 24

static void some_ip6(uint8_t *at, struct fuzz_in *in)
{
	static const uint8_t ips[][16] = {
		{0x20, 1, 0xd, 0xb8, [15] = 0x10}, /* these three float */
		{0x20, 1, 0xd, 0xb8, [13] = 1, [14] = 1, [15] = 0x22},
		{0xfe, 0x80, [13] = 3, [15] = 3},
		{0x20, 1, 0xd, 0xb8, [15] = 0x99},
		{0},
		{0xff, 2, [11] = 1, [12] = 0xff, [15] = 0x10},
		{0xff, 2, [11] = 1, [12] = 0xff, [13] = 1, [14] = 1, [15] = 0x22},
		{0xff, 2, [15] = 1},
		{[10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18, [14] = 1, [15] = 1},
		{0x20, 1, 0xd, 0xb8, [13] = 1, [14] = 1, [15] = 0x23},
	};

	memcpy(at, ips[fuzz_below(in, 10)], 16);
}

/* Mostly none, now and then many; each as it would be chained. Returns where the next header stands. */
static size_t some_headers(uint8_t *ip, uint8_t last, struct fuzz_in *in)
{
	static const uint8_t kinds[] = {0, 43, 60, 51, 44, 60};
	uint8_t how = fuzz_byte(in);
	unsigned int n = how < 160 ? 0 : how < 240 ? how % 4 : 14 + how % 4;
	size_t at = HEADER, next = 6;

	while (n--) {
		uint8_t kind = fuzz_byte(in), type = kinds[kind % 6], *ext = ip + at;

		ip[next] = type;
		next = at;
		if (kind & 64)
			ext[type == 44 ? 3 : 1] =
				type == 44 ? (kind & 128 ? 8 : 1) : 1 + (kind >> 7);
		at += type == 44 ? 8 : type == 51 ? (ext[1] + 2u) * 4 : (ext[1] + 1u) * 8;
	}
	ip[next] = last;
	return at;
}

static size_t some_options(uint8_t *o, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);
	size_t len = 0;

	for (unsigned int n = how < 200 ? how % 4 : how % 12; n; n--) {
		uint8_t kind = fuzz_byte(in);

		o[len] = kind & 8 ? 14 : 1 + (kind & 1);
		o[len + 1] = kind < 224 ? 1 : kind & 3;
		scene_mac(o + len + 2, in);
		len += o[len + 1] ? 8u * o[len + 1] : 8;
	}
	return len;
}

static size_t discovery(uint8_t *msg, uint8_t how, struct fuzz_in *in)
{
	msg[0] = how & 1 ? 136 : 135;
	msg[1] = how >= 250;
	msg[4] = fuzz_byte(in) & 0xe0;
	some_ip6(msg + 8, in);
	return MESSAGE + some_options(msg + MESSAGE, in);
}

static size_t payload(uint8_t *at, uint8_t how, struct fuzz_in *in)
{
	size_t len = 8 + fuzz_byte(in);

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(i * 5 + how);
	return len;
}

void scene_ip6_sum(const uint8_t *ip, uint8_t *at, size_t len, size_t field, uint8_t how)
{
	const uint8_t tail[4] = {(uint8_t)(len >> 8), (uint8_t)len, 0, how & 2 ? 58 : ip[6]};
	uint32_t sum;

	if (len < field + 2)
		return;
	at[field] = at[field + 1] = 0;
	sum = scene_sum(tail, 4, scene_sum(ip + 8, 32, 0));
	if (!(how & 4))
		sum = scene_sum(at, len, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (!(how & 4))
		sum = ~sum;
	at[field] = (uint8_t)(sum >> 8);
	at[field + 1] = (uint8_t)sum;
}

size_t scene_ip6(uint8_t *b, struct fuzz_in *in)
{
	size_t at = scene_ethernet(b, 0x86dd, in), l4, len;
	uint8_t how = fuzz_byte(in), odd = fuzz_byte(in), *ip = b + at;
	uint8_t last = how & 2 ? 58 : how & 8 ? 17 : 6;

	ip[0] = odd == 255 ? 0x50 : 0x60;
	ip[7] = odd >= 250 ? 64 : 255;
	some_ip6(ip + 8, in);
	some_ip6(ip + 24, in);
	l4 = some_headers(ip, last, in);
	len = how & 2 ? discovery(ip + l4, how, in) : payload(ip + l4, how, in);
	len += odd >= 240 && odd < 250 ? odd & 7 : 0;
	ip[4] = (uint8_t)((l4 - HEADER + len) >> 8);
	ip[5] = (uint8_t)(l4 - HEADER + len);
	scene_ip6_sum(ip, ip + l4, len, last == 6 ? 16 : last == 17 ? 6 : 2, how);
	return at + l4 + len;
}
