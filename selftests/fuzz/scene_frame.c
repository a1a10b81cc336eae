/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The frame: ARP, IPv4, IPv6, a heartbeat or rubbish, then spoiled byte by byte, then perhaps signed once more. */
#include <arpa/inet.h>
#include <string.h>
#include "core/frame.h"
#include "scene.h"

#define S SCENE_SECOND_NS
#define SPOILS 8

static void some_ip(uint8_t *at, struct fuzz_in *in)
{
	static const uint8_t ips[][4] = {
		{198, 18, 1, 1}, {198, 18, 2, 2},  {198, 18, 1, 3}, {198, 18, 0, 1},
		{198, 18, 0, 2}, {198, 18, 9, 1},  {198, 18, 9, 2}, {198, 18, 0, 3},
		{0, 0, 0, 0},	 {198, 18, 0, 99},
	};

	memcpy(at, ips[fuzz_below(in, 10)], 4);
}

/* How many tags, of which VLANs: mostly none, a few, of VLAN 0 or not; now and then as many as are read, or more. */
static size_t some_tags(uint8_t *b, size_t at, uint8_t how)
{
	unsigned int n = how < 200 ? 0 : how < 250 ? how % 6 : 60 + how % 6;

	for (unsigned int i = 0; i < n; i++, at += 4) {
		memcpy(b + at, i & 1 ? "\x81\x00\xe0\x00" : "\x88\xa8\x00\x00", 4);
		if (how & 8 && i == how % 3)
			b[at + 3] = 100;
	}
	return at;
}

size_t scene_ethernet(uint8_t *b, unsigned int type, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);
	size_t at;

	scene_mac(b, in);
	scene_mac(b + 6, in);
	at = some_tags(b, 12, how);
	if (how > 190 && how < 205) {
		memcpy(b + at, "\x00\x40\xaa\xaa\x03\x00\x00\x00", 8);
		at += 8;
	}
	b[at] = (uint8_t)(type >> 8);
	b[at + 1] = (uint8_t)type;
	return at + 2;
}

static size_t arp(uint8_t *b, struct fuzz_in *in)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0};
	size_t at = scene_ethernet(b, 0x0806, in);
	uint8_t oper = fuzz_byte(in);

	memcpy(b + at, head, sizeof(head));
	if (oper > 240)
		b[at + 1] = 6;
	b[at + 7] = 1 + oper % 3;
	scene_mac(b + at + 8, in);
	some_ip(b + at + 14, in);
	scene_mac(b + at + 18, in);
	some_ip(b + at + 24, in);
	return at + 28 < 60 ? 60 : at + 28;
}

uint32_t scene_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

/* As a kernel leaves it to the card: the sum of the pseudo header. */
static void leave_sum(uint8_t *ip, size_t l4_len, size_t at)
{
	uint8_t tail[4] = {0, ip[9], (uint8_t)(l4_len >> 8), (uint8_t)l4_len};
	uint32_t sum = scene_sum(tail, 4, scene_sum(ip + 12, 8, 0));

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[20 + at] = (uint8_t)(sum >> 8);
	ip[20 + at + 1] = (uint8_t)sum;
}

static size_t ipv4(uint8_t *b, struct fuzz_in *in)
{
	size_t at = scene_ethernet(b, 0x0800, in), len = 8 + fuzz_byte(in);
	uint8_t how = fuzz_byte(in), *ip = b + at;

	if (how >= 250)
		len += 4 * fuzz_byte(in);
	ip[0] = 0x45;
	ip[2] = (uint8_t)((20 + len) >> 8);
	ip[3] = (uint8_t)(20 + len);
	ip[8] = how & 1 ? 255 : 64;
	ip[9] = how & 2 ? 17 : how & 4 ? 6 : 1;
	some_ip(ip + 12, in);
	some_ip(ip + 16, in);
	for (size_t i = 0; i < len; i++)
		ip[20 + i] = (uint8_t)(i * 7 + how);
	if (how & 8) { /* the heartbeat port on both ends */
		memcpy(ip + 20, "\x16\x3e\x16\x3e", 4);
		ip[24] = (uint8_t)(len >> 8);
		ip[25] = (uint8_t)len;
	}
	if (how & 16 && ip[9] == 17)
		leave_sum(ip, len, 6);
	if (how & 16 && ip[9] == 6 && len >= 18)
		leave_sum(ip, len, 16);
	return at + 20 + len;
}

static void some_groups(struct beat *b, struct fuzz_in *in)
{
	for (unsigned int i = 0; i < b->ngroups; i++) {
		uint8_t how = fuzz_byte(in);

		b->group[i].group = (uint16_t)(MODEL_WIRE_ID + how % 3);
		b->group[i].state = how / 3 % (HB_STATES + 1);
		b->group[i].epoch = (uint64_t)fuzz_byte(in) << (how >= 240   ? 52
								: how >= 220 ? 40
									     : 8) |
				    (how & 1 ? 9 : 3);
	}
}

static uint64_t some_echo(struct fuzz_in *in, uint64_t now_ns)
{
	static const int64_t ago[] = {3, 20, 900, -20};
	uint8_t which = fuzz_byte(in);
	int64_t step = ago[which & 3] * (int64_t)S;

	if (which & 64)
		return 0;
	return step > 0 && (uint64_t)step > now_ns ? 1 : now_ns - (uint64_t)step;
}

/* Of the first peer, by another network, of the second one, of a stranger; not all of them are paths. */
static void some_way(struct ipt_addr *from, struct ipt_addr *to, unsigned int way, bool v6)
{
	static const uint32_t ways[4][2] = {{0xc6120002, 0xc6120001},
					    {0xc6120902, 0xc6120901},
					    {0xc6120003, 0xc6120001},
					    {0xc6120063, 0xc6120001}};
	static const struct ipt_addr ways6[4][2] = {{SCENE_IP6(9, 2), SCENE_IP6(9, 1)},
						    {SCENE_LOCAL(3), SCENE_IP6(9, 1)},
						    {SCENE_LOCAL(3), SCENE_LOCAL(1)},
						    {SCENE_IP6(9, 0x63), SCENE_IP6(9, 1)}};

	*from = v6 ? ways6[way][0] : ipt_addr_v4(htonl(ways[way][0]));
	*to = v6 ? ways6[way][1] : ipt_addr_v4(htonl(ways[way][1]));
}

static size_t beat(const struct model *m, uint8_t *b, struct fuzz_in *in, uint64_t now_ns)
{
	uint8_t how = fuzz_byte(in), way = fuzz_byte(in), kid = fuzz_byte(in);
	struct frame_addr from = {0}, to = {.mac = {2, 0, 0, 0, 0, 1}};
	size_t len;
	const struct ipt_peer *rec = &m->peer[(way & 3) == 2];
	struct sip_key key = scene_key;
	struct beat f = {.session = how & 1 ? rec->session + !rec->session : 8,
			 .seq = how & 2 ? rec->last_seq + 1 : fuzz_byte(in),
			 .ts_ns = now_ns - (way & 4 ? 30 : 1) * S,
			 .lease_us = how & 64 ? 20000000 : 300000,
			 .interval_us = 50000,
			 .key_id = kid & 3,
			 .node = (way & 3) == 2 ? 3 : 9,
			 .npeers = way >> 3 & 7,
			 .ngroups = way >> 6 == 3 ? 48 : way >> 6};

	scene_mac(from.mac, in);
	for (unsigned int i = 0; i < f.npeers; i++)
		f.peer[i] = (struct beat_peer){.node = i == (unsigned int)(kid >> 6) ? m->self.node
										     : 20,
					       .session = how & 4   ? m->self.session
							  : how & 8 ? 4
								    : 0,
					       .echo_ts_ns = some_echo(in, now_ns)};
	some_groups(&f, in);
	if (way & 32 && kid & 32) /* our own, on its way out, or back, or a copied file's */
		f.node = m->self.node, f.session = kid & 4 ? 8 : m->self.session;
	else if (way >> 2 == 4)
		f.node = (way & 3) == 2 ? 9 : 3;
	if (way >> 2 == 5)
		f.hold_us = how & 1 ? 299999 : UINT32_MAX;
	key.k0 ^= kid >> 4 & 1 ? kid & 3 : 0;
	some_way(&from.ip, &to.ip, way & 3, how & 16);
	len = frame_udp_wrap(b,
			     frame_beat_encode(&f, &key, b + frame_hb_overhead(&to.ip), HB_MAX_LEN),
			     &from, &to, htons(5694));
	if (how & 32) /* through some routers */
		b[how & 16 ? 21 : 22] -= kid >> 2 & 3;
	return len;
}

/* A priority tag on a frame that has none. */
static size_t tag_it(uint8_t *b, size_t len)
{
	memmove(b + 16, b + 12, len - 12);
	memcpy(b + 12, "\x81\x00\xa0\x00", 4);
	return len + 4;
}

static size_t rubbish(uint8_t *b, struct fuzz_in *in)
{
	size_t len = 14 + fuzz_byte(in);

	for (size_t i = 0; i < len; i++)
		b[i] = fuzz_byte(in);
	return len;
}

/* Makes the tag right again, and over IPv6 the checksum, so that what is spoiled is seen by what stands behind it. */
static void sign(uint8_t *b, size_t len)
{
	bool v6 = b[12] == 0x86;
	size_t overhead = v6 ? FRAME_HB_OVERHEAD6 : FRAME_HB_OVERHEAD;
	struct sip_tag tag;

	if (len < overhead + HB_TAG_LEN)
		return;
	tag = frame_sip(b + overhead, len - overhead - HB_TAG_LEN, &scene_key);
	for (unsigned int i = 0; i < 8; i++) {
		b[len - 16 + i] = (uint8_t)(tag.h0 >> 8 * i);
		b[len - 8 + i] = (uint8_t)(tag.h1 >> 8 * i);
	}
	if (v6)
		scene_ip6_sum(b + 14, b + 54, len - 54, 6, 0);
}

void scene_frame(const struct model *m, struct model_run *r, struct fuzz_in *in, uint64_t now_ns)
{
	uint8_t kind = fuzz_byte(in), spoils = fuzz_byte(in), cut = fuzz_byte(in);

	memset(r->bytes, 0, sizeof(r->bytes));
	if (kind % 8 < 2)
		r->len = arp(r->bytes, in);
	else if (kind % 8 < 3)
		r->len = ipv4(r->bytes, in);
	else if (kind % 8 < 4)
		r->len = scene_ip6(r->bytes, in);
	else
		r->len = kind % 8 < 7 ? beat(m, r->bytes, in, now_ns) : rubbish(r->bytes, in);
	for (spoils = spoils < 96 ? 0 : spoils % SPOILS; spoils; spoils--) {
		uint8_t value = fuzz_byte(in);

		r->bytes[fuzz_bytes(in, 2) % r->len] = value;
	}
	if (kind & 64)
		sign(r->bytes, r->len);
	if (kind >= 240 && r->len > 60 && r->len + 4 < sizeof(r->bytes))
		r->len = tag_it(r->bytes, r->len);
	if (cut >= 224)
		r->len -= fuzz_bytes(in, 2) % (r->len - 13);
	else if (cut >= 208)
		r->len += fuzz_byte(in) % (sizeof(r->bytes) - r->len + 1);
}
