/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the maps hold. Every time is zero, long ago, or far ahead, as no decision may depend on the run's own length. */
#include "scene.h"

#include <arpa/inet.h>
#include <asm/byteorder.h>
#include <string.h>

#define S SCENE_SECOND_NS
#define IP(a, b, c, d) __constant_htonl((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

const struct sip_key scene_key = {.k0 = 0x0706050403020100ull, .k1 = 0x0f0e0d0c0b0a0908ull};

#define V4(a, b, c, d)                                         \
	{                                                      \
		{                                              \
			0, 0, IPT_V4_MARK_BE32, IP(a, b, c, d) \
		}                                              \
	}
#define V6(first, third, last)                                                    \
	{                                                                         \
		{                                                                 \
			__constant_htonl(first), 0, third, __constant_htonl(last) \
		}                                                                 \
	}

const struct model_vip model_vips[MODEL_VIPS] = {
	{V4(198, 18, 1, 1), {.group = 0, .mac = {2, 0, 0, 0, 0, 1}, .prefix_len = 16}},
	{V4(198, 18, 2, 2), {.group = 1, .mac = {2, 0, 0, 0, 0, 0x11}, .prefix_len = 16}},
	{V4(198, 18, 1, 3), {.group = 60, .mac = {2, 0, 0, 0, 0, 1}, .prefix_len = 16}},
	{V6(0x20010db8, 0, 0x10), {.group = 0, .mac = {2, 0, 0, 0, 0, 1}, .prefix_len = 64}},
	{V6(0x20010db8, 0, 0x10122),
	 {.group = 1, .mac = {2, 0, 0, 0, 0, 0x11}, .prefix_len = 64, .flags = IPT_VIP_F_ROUTER}},
	{V6(0xfe800000, 0, 0x30003), {.group = 60, .mac = {2, 0, 0, 0, 0, 1}, .prefix_len = 64}},
};

void scene_mac(uint8_t mac[6], struct fuzz_in *in)
{
	static const uint8_t macs[][6] = {
		{2, 0, 0, 0, 0, 1}, /* ours */
		{2, 0, 0, 0, 0, 0x11}, /* ours */
		{2, 0, 0, 0, 0, 2}, /* peers' */
		{2, 0, 0, 0, 0, 3},    {2, 0, 0, 0, 0, 9}, /* a client */
		{0, 0, 0, 0, 0, 0},    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{1, 0, 0x5e, 0, 0, 1},
	};
	uint8_t which = fuzz_byte(in);

	memcpy(mac, macs[which % 8], 6);
	if (which >= 0xf0)
		mac[which & 3] = fuzz_byte(in);
}

/* Ago in seconds; 0 stays 0. */
static uint64_t some_time(struct fuzz_in *in, uint64_t now_ns)
{
	static const int64_t steps[] = {-1000, -30, -8, -2, 2, 4, 9, 40, 1000};
	uint8_t which = fuzz_byte(in);
	int64_t step;

	if (which % 10 == 9)
		return 0;
	step = steps[which % 10] * (int64_t)S;
	return step < 0 && (uint64_t)-step > now_ns ? 1 : now_ns + (uint64_t)step;
}

/* 0 is what comes first, not what never was: for stamps that the programs compare with now. */
static uint64_t some_past(struct fuzz_in *in, uint64_t now_ns)
{
	uint64_t ns = some_time(in, now_ns);

	return ns > now_ns ? 0 : ns;
}

static uint64_t some_epoch(struct fuzz_in *in)
{
	static const uint8_t nodes[] = {1, 9, 3, 7};
	uint8_t which = fuzz_byte(in);

	return (uint64_t)(which >> 2 & 7) << (which >> 5 == 7 ? 44 : 8) | nodes[which & 3];
}

static uint64_t some_word(struct fuzz_in *in, uint64_t now_ns)
{
	uint8_t which = fuzz_byte(in);

	switch (which & 3) {
	case 0:
		return lease_generation(which >> 2);
	case 1:
		return lease_word(now_ns + 100 * S, which >> 2);
	case 2:
		return lease_word(now_ns > 100 * S ? now_ns - 100 * S : 2, which >> 2);
	}
	return which & 4 ? LEASE_MANUAL | (which >> 3 & 1) : 0;
}

static void read_groups(struct model *m, struct fuzz_in *in, uint64_t now_ns)
{
	for (unsigned int i = 0; i < MODEL_GROUPS; i++) {
		struct ipt_group *g = &m->group[i];

		m->word[i] = some_word(in, now_ns);
		m->drain_ns[i] = some_time(in, now_ns);
		strcpy(g->name, i ? "db" : "web");
		g->wire_id = (uint16_t)(MODEL_WIRE_ID + i);
		g->managed = 1;
		for (unsigned int k = 0; k < 2; k++) {
			g->binding[k].epoch = some_epoch(in);
			if (fuzz_byte(in) & 1)
				scene_mac(g->binding[k].mac, in);
		}
		g->epoch_max = some_epoch(in);
		g->owner_epoch = some_epoch(in);
		g->generation = fuzz_byte(in);
		g->rival_ns = some_past(in, now_ns);
		g->owner_ns = some_past(in, now_ns);
	}
}

/* No lease of our own: with one, XDP would arm timers, which fire when they like. */
static void read_self(struct model *m, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);

	m->self.session = how & 1 ? 0xaaaa000011112222ull : how & 2 ? 0 : 5;
	m->self.interval_ns = 6 * S;
	m->self.settle_ns = how & 4 ? 5000000 : 0;
	m->self.fresh_ns = 5 * S;
	m->self.rho_ppm = 100000;
	m->self.port_be16 = how & 8 && how & 16 ? 0 : htons(5694);
	m->self.node = how & 32 && how & 64 ? 9 : 1;
	m->self.key_min = how >> 7;
	m->self.flags = fuzz_byte(in) & IPT_SELF_QUORUM;
}

/* Of each session that a frame may be of, and others: all remembered at other times. */
static void read_seen(struct ipt_peer *p, struct fuzz_in *in, uint64_t now_ns)
{
	static const uint64_t sessions[] = {0, 1, 8, 6, 0xbbbb000033334444ull, 99, 98, 97};
	uint8_t how = fuzz_byte(in);

	p->unproven_ns = some_past(in, now_ns);
	p->life_session = how & 1 ? 8 : 1;
	p->life_seq = fuzz_byte(in);
	p->identity_ns = some_past(in, now_ns);
	p->bounds_ns = some_past(in, now_ns);
	for (unsigned int i = 0; i < IPT_SEEN; i++) {
		if (how >> i & 1)
			continue;
		p->seen[i].session = sessions[(i + how) % IPT_SEEN];
		p->seen[i].seq = fuzz_byte(in);
		p->seen[i].since_ns = 1 + (i * 5 + how) % IPT_SEEN;
	}
}

static void read_peer(struct ipt_peer *p, struct fuzz_in *in, uint64_t now_ns)
{
	uint8_t how = fuzz_byte(in);

	p->session = how & 1 ? 0xbbbb000033334444ull : how & 2 ? 6 : 0;
	p->session_ns = some_past(in, now_ns);
	p->last_seq = fuzz_byte(in);
	p->last_ns = some_past(in, now_ns);
	p->unproven_tat_ns = how & 4 ? now_ns + (how & 8 ? 9 : 40) * S : some_past(in, now_ns);
	p->hold_us_max = how & 16 ? 10 * 1000000 : how & 32 ? 300000 : 0;
	p->hold_us_next = how & 64 ? 200000 : 0;
	p->hold_max_ns = some_past(in, now_ns);
	read_seen(p, in, now_ns);
	p->proven.len = 72;
	memset(p->proven.bytes, how, 72);
}

static void read_paths(struct model *m, struct fuzz_in *in, uint64_t now_ns)
{
	static const struct ipt_path ways[MODEL_PATHS] = {
		{.addr = V4(198, 18, 0, 2), .local = V4(198, 18, 0, 1), .peer = 0, .node = 9},
		{.addr = V4(198, 18, 9, 2), .local = V4(198, 18, 9, 1), .peer = 0, .node = 9},
		{.addr = V4(198, 18, 0, 3), .local = V4(198, 18, 0, 1), .peer = 1, .node = 3},
		{.node = 0},
		{.addr = SCENE_IP6(9, 2), .local = SCENE_IP6(9, 1), .node = 9, .hops = 3},
		{.addr = SCENE_LOCAL(3), .local = SCENE_LOCAL(1), .peer = 1, .node = 3},
	};

	for (unsigned int i = 0; i < MODEL_PATHS; i++) {
		struct ipt_path *p = &m->path[i];

		*p = ways[i];
		if (!p->node)
			continue;
		p->ifindex = MODEL_IFINDEX;
		p->seq = fuzz_byte(in);
		p->proven_ns = some_past(in, now_ns);
		if (fuzz_byte(in) & 3) {
			scene_mac(p->mac, in);
			p->life_session = fuzz_byte(in) & 1 ? 8 : 0;
			p->life_seq = fuzz_byte(in);
		}
	}
}

static void read_keys(struct model *m, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);

	for (unsigned int i = 0; i < MODEL_KEYS; i++) {
		struct ipt_key *k = &m->key[i];

		k->kid = (uint8_t)(i == 1 && how & 8 ? 0 : i);
		k->valid = how >> i & 1;
		for (unsigned int peer = 0; peer < HB_MAX_NODES; peer++) {
			k->peer[peer] = scene_key;
			k->peer[peer].k0 ^= how & 16 ? i : 0;
		}
	}
}

bool scene_read(struct model *m, struct model_run *r, struct fuzz_in *in, uint64_t now_ns)
{
	uint8_t how = fuzz_byte(in);

	read_self(m, in);
	read_groups(m, in, now_ns);
	for (unsigned int i = 0; i < MODEL_PEERS; i++) {
		read_peer(&m->peer[i], in, now_ns);
		m->peer[i].node = how & 64 ? 0 : i ? 3 : 9;
	}
	read_paths(m, in, now_ns);
	read_keys(m, in);
	m->iface = (struct ipt_iface){.ifindex = how & 32 ? MODEL_IFINDEX : 7,
				      .flags = how & 128 ? 0 : IPT_IF_NATIVE};
	if (how & 2)
		m->sent = (struct ipt_sent){.session = how & 4 ? m->self.session : 77,
					    .last_ns = some_past(in, now_ns),
					    .run_start_ns = some_past(in, now_ns),
					    .seq = 5};
	if (how & 8) {
		m->stray.group = how >> 4 & 1;
		scene_mac(m->stray.mac, in);
		m->stray_ns = some_past(in, now_ns);
	}
	scene_frame(m, r, in, now_ns);
	return how & 1;
}
