/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the byte layout of heartbeats: encode, decode, sign, verify. */
#include "frame.h"

#include <string.h>

#define KEY_LABEL "GATE1"

static uint64_t load_le64(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static void store_le64(uint8_t *p, uint64_t v)
{
	size_t i;

	for (i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Cursors over network order: the sizes are those of wire.h, whose assertions rule out padding. */
static void put(uint8_t **p, uint64_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(*p)[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	*p += n;
}

static uint64_t get(const uint8_t **p, size_t n)
{
	uint64_t v = 0;

	for (; n; n--)
		v = v << 8 | *(*p)++;
	return v;
}

struct sip_tag frame_sip(const void *bytes, size_t len, const struct sip_key *key)
{
	const uint8_t *p = bytes;
	struct sip_state s;
	size_t left;

	sip_init(&s, key);
	for (left = len; left >= 8; left -= 8, p += 8)
		sip_word(&s, load_le64(p, 8));
	return sip_final(&s, (uint64_t)len << 56 | load_le64(p, left));
}

struct sip_key frame_sender_key(const struct sip_key *master, uint8_t kid, uint8_t node)
{
	uint8_t text[sizeof(KEY_LABEL) - 1 + 2];
	struct sip_tag tag;

	memcpy(text, KEY_LABEL, sizeof(KEY_LABEL) - 1);
	text[sizeof(KEY_LABEL) - 1] = kid;
	text[sizeof(KEY_LABEL)] = node;
	tag = frame_sip(text, sizeof(text), master);
	return (struct sip_key){.k0 = tag.h0, .k1 = tag.h1};
}

uint16_t frame_group_id(const char *name)
{
	/* Not a secret: all nodes must come to the same number from the name alone. */
	static const struct sip_key key;
	struct sip_tag tag = frame_sip(name, strlen(name), &key);
	uint64_t h = tag.h0 ^ tag.h1;
	uint16_t id = (uint16_t)(h ^ h >> 16 ^ h >> 32 ^ h >> 48);

	return id ? id : 1;
}

uint8_t frame_addr_mark(uint32_t hash)
{
	uint8_t mark = (uint8_t)(hash ^ hash >> 8 ^ hash >> 16 ^ hash >> 24);

	return hash && !mark ? 1 : mark;
}

static void put_fixed(uint8_t **p, const struct beat *b, size_t len)
{
	put(p, HB_MAGIC, 4);
	put(p, HB_VERSION, 1);
	put(p, len / 8, 1);
	put(p, b->key_id, 1);
	put(p, b->key_max, 1);
	put(p, b->node, 1);
	put(p, b->npeers, 1);
	put(p, b->ngroups, 1);
	put(p, b->flags, 1);
	put(p, b->cfg_hash, 4);
	put(p, b->session, 8);
	put(p, b->seq, 8);
	put(p, b->ts_ns, 8);
	put(p, b->lease_us, 4);
	put(p, b->interval_us, 4);
	put(p, b->hold_us, 4);
	put(p, b->cfg_prev, 4);
}

static void put_peer(uint8_t **p, const struct beat_peer *peer)
{
	put(p, peer->session, 8);
	put(p, peer->echo_ts_ns, 8);
	put(p, peer->rx_age_us, 4);
	put(p, peer->node, 1);
	put(p, peer->state, 1);
	put(p, 0, 2);
}

static void put_group(uint8_t **p, const struct beat_group *g)
{
	put(p, g->group, 2);
	put(p, g->state, 1);
	put(p, g->priority, 1);
	put(p, g->flags, 1);
	put(p, g->release_to, 1);
	put(p, g->promise_holder, 1);
	put(p, g->addr_mark, 1);
	put(p, g->epoch, 8);
	put(p, g->promise_epoch, 8);
}

size_t frame_beat_encode(const struct beat *b, const struct sip_key *key, void *bytes, size_t size)
{
	size_t len = HB_LEN(b->npeers, b->ngroups), i;
	uint8_t *p = bytes;
	struct sip_tag tag;

	if (b->npeers >= HB_MAX_NODES || b->ngroups > HB_MAX_GROUPS || len > size)
		return 0;
	put_fixed(&p, b, len);
	for (i = 0; i < b->npeers; i++)
		put_peer(&p, &b->peer[i]);
	for (i = 0; i < b->ngroups; i++)
		put_group(&p, &b->group[i]);
	tag = frame_sip(bytes, len - HB_TAG_LEN, key);
	store_le64(p, tag.h0);
	store_le64(p + 8, tag.h1);
	return len;
}

static void get_fixed(const uint8_t **p, struct beat *b)
{
	*p += 6; /* magic, version and length are checked already */
	b->key_id = (uint8_t)get(p, 1);
	b->key_max = (uint8_t)get(p, 1);
	b->node = (uint8_t)get(p, 1);
	b->npeers = (uint8_t)get(p, 1);
	b->ngroups = (uint8_t)get(p, 1);
	b->flags = (uint8_t)get(p, 1);
	b->cfg_hash = (uint32_t)get(p, 4);
	b->session = get(p, 8);
	b->seq = get(p, 8);
	b->ts_ns = get(p, 8);
	b->lease_us = (uint32_t)get(p, 4);
	b->interval_us = (uint32_t)get(p, 4);
	b->hold_us = (uint32_t)get(p, 4);
	b->cfg_prev = (uint32_t)get(p, 4);
}

static void get_peer(const uint8_t **p, struct beat_peer *peer)
{
	peer->session = get(p, 8);
	peer->echo_ts_ns = get(p, 8);
	peer->rx_age_us = (uint32_t)get(p, 4);
	peer->node = (uint8_t)get(p, 1);
	peer->state = (uint8_t)get(p, 1);
	*p += 2;
}

static void get_group(const uint8_t **p, struct beat_group *g)
{
	g->group = (uint16_t)get(p, 2);
	g->state = (uint8_t)get(p, 1);
	g->priority = (uint8_t)get(p, 1);
	g->flags = (uint8_t)get(p, 1);
	g->release_to = (uint8_t)get(p, 1);
	g->promise_holder = (uint8_t)get(p, 1);
	g->addr_mark = (uint8_t)get(p, 1);
	g->epoch = get(p, 8);
	g->promise_epoch = get(p, 8);
}

/* Magic, version, and a length that agrees with both counts and with itself. */
static bool shape_ok(const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint8_t npeers, ngroups;

	if (len < HB_LEN(0, 0) || get(&p, 4) != HB_MAGIC || get(&p, 1) != HB_VERSION)
		return false;
	npeers = bytes[__builtin_offsetof(struct hb_fixed, npeers)];
	ngroups = bytes[__builtin_offsetof(struct hb_fixed, ngroups)];
	return npeers < HB_MAX_NODES && ngroups <= HB_MAX_GROUPS &&
	       len == HB_LEN(npeers, ngroups) && get(&p, 1) == len / 8;
}

bool frame_beat_decode(const void *bytes, size_t len, struct beat *ret)
{
	const uint8_t *p = bytes;
	size_t i;

	if (!shape_ok(bytes, len))
		return false;
	memset(ret, 0, sizeof(*ret));
	get_fixed(&p, ret);
	for (i = 0; i < ret->npeers; i++)
		get_peer(&p, &ret->peer[i]);
	for (i = 0; i < ret->ngroups; i++)
		get_group(&p, &ret->group[i]);
	return true;
}

bool frame_beat_verify(const void *bytes, size_t len, const struct sip_key *key)
{
	const uint8_t *tail = (const uint8_t *)bytes + len - HB_TAG_LEN;
	struct sip_tag theirs = {.h0 = load_le64(tail, 8), .h1 = load_le64(tail + 8, 8)};

	return sip_equal(frame_sip(bytes, len - HB_TAG_LEN, key), theirs);
}
