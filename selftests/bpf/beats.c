/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds the state of a node with one peer, and that peer's heartbeats, with the daemon's own encoder. */
#include <arpa/inet.h>
#include <string.h>
#include "beats.h"

#define PORT 5694
#define PEER_NODE 9
#define OUR_NODE 1

static const struct sip_key key = {.k0 = 0x0706050403020100ull, .k1 = 0x0f0e0d0c0b0a0908ull};

void beats_self(struct bed *b, uint64_t interval_ns, uint64_t lease_ns, uint64_t ahead_ns)
{
	const struct ipt_self self = {.session = BEATS_OUR_SESSION,
				      .interval_ns = interval_ns,
				      .lease_ns = lease_ns,
				      .ahead_ns = ahead_ns,
				      .fresh_ns = BED_SECOND_NS,
				      .port_be16 = htons(PORT),
				      .node = OUR_NODE};
	uint32_t zero = 0;

	bed_set(b, "self", &zero, &self);
}

void beats_path(struct bed *b, uint32_t index, const char *local, const char *addr, uint64_t seq)
{
	const struct ipt_path path = {.ifindex = BED_IFINDEX,
				      .local = bed_addr(local),
				      .addr = bed_addr(addr),
				      .peer = BEATS_PEER,
				      .node = PEER_NODE,
				      .seq = seq};
	struct ipt_path_key id = {.ifindex = BED_IFINDEX, .local = path.local, .addr = path.addr};
	uint32_t nowhere = IPT_MAX_PATHS;

	bed_set(b, "paths", &index, &path);
	bed_set(b, "path_ids", &id, &index);
	memset(&id.addr, 0, sizeof(id.addr));
	bed_set(b, "path_ids", &id, &nowhere);
}

void beats_given(struct bed *b)
{
	const struct ipt_peer rec = {.node = PEER_NODE,
				     .session = BEATS_SESSION,
				     .session_ns = 5000,
				     .last_seq = BEATS_SEQ};
	const struct ipt_group g = {.name = "web", .wire_id = BEATS_WIRE_ID, .managed = 1};
	struct ipt_key slot = {.kid = BEATS_KID, .valid = 1};
	uint32_t peer = BEATS_PEER, group = BEATS_GROUP, second = BEATS_KEY;
	uint16_t wire_id = BEATS_WIRE_ID;

	slot.peer[BEATS_PEER] = key;
	beats_self(b, BEATS_LONG_NS, BEATS_LONG_NS, 0);
	bed_set(b, "peers", &peer, &rec);
	beats_path(b, BEATS_PATH, "198.18.0.1", "198.18.0.2", BEATS_SEQ);
	bed_set(b, "keys", &second, &slot);
	bed_set(b, "groups", &group, &g);
	bed_set(b, "group_ids", &wire_id, &group);
	bed_lease(b, BEATS_GROUP, 1);
}

void beats_good(struct beat *ret, enum hb_state state, uint64_t epoch)
{
	*ret = (struct beat){.session = BEATS_SESSION,
			     .seq = BEATS_SEQ + 1,
			     .ts_ns = 77,
			     .lease_us = 300000,
			     .interval_us = 50000,
			     .key_id = BEATS_KID,
			     .node = PEER_NODE,
			     .npeers = 2,
			     .ngroups = 1};
	ret->peer[0] = (struct beat_peer){.node = 5, .session = 1, .echo_ts_ns = 1};
	ret->peer[1] = (struct beat_peer){.node = OUR_NODE,
					  .session = BEATS_OUR_SESSION,
					  .echo_ts_ns = bed_now_ns()};
	ret->group[0] = (struct beat_group){.group = BEATS_WIRE_ID, .state = state, .epoch = epoch};
}

static void wrap(struct beats_frame *f, size_t len)
{
	const struct frame_addr from = {.ip = bed_addr("198.18.0.2"), .mac = {2, 0, 0, 0, 0, 2}};
	const struct frame_addr to = {.ip = bed_addr("198.18.0.1"), .mac = {2, 0, 0, 0, 0, 1}};

	f->len = frame_udp_wrap(f->bytes, len, &from, &to, htons(PORT));
}

void beats_wrap(const struct beat *beat, struct beats_frame *ret)
{
	size_t len = frame_beat_encode(beat, &key, ret->bytes + BEATS_PAYLOAD, HB_MAX_LEN);

	assert_true(len > 0);
	wrap(ret, len);
}

void beats_wrap6(const struct beat *beat, const char *from, const char *to, struct beats_frame *ret)
{
	const struct frame_addr there = {.ip = bed_addr(from), .mac = {2, 0, 0, 0, 0, 2}};
	const struct frame_addr here = {.ip = bed_addr(to), .mac = {2, 0, 0, 0, 0, 1}};
	size_t len = frame_beat_encode(beat, &key, ret->bytes + BEATS_PAYLOAD6, HB_MAX_LEN);

	assert_true(len > 0);
	ret->len = frame_udp_wrap(ret->bytes, len, &there, &here, htons(PORT));
}

void beats_sum6(struct beats_frame *f)
{
	uint8_t *udp = f->bytes + BEATS_PAYLOAD6 - 8;
	size_t len = f->len - (size_t)(udp - f->bytes);
	uint32_t sum = (uint32_t)len + 17;

	udp[6] = udp[7] = 0;
	for (size_t i = 0; i < 32; i++)
		sum += i & 1 ? udp[(int)i - 32] : udp[(int)i - 32] << 8;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? udp[i] : udp[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	udp[6] = (uint8_t)(~sum >> 8);
	udp[7] = (uint8_t)~sum;
}

void beats_sign(struct beats_frame *f)
{
	size_t len = f->len - BEATS_PAYLOAD - HB_TAG_LEN;
	struct sip_tag tag = frame_sip(f->bytes + BEATS_PAYLOAD, len, &key);
	uint8_t *at = f->bytes + BEATS_PAYLOAD + len;

	for (int i = 0; i < 8; i++) {
		at[i] = (uint8_t)(tag.h0 >> 8 * i);
		at[8 + i] = (uint8_t)(tag.h1 >> 8 * i);
	}
}

void beats_recount(struct beats_frame *f, uint8_t npeers, uint8_t ngroups)
{
	struct hb_fixed *fixed = (void *)(f->bytes + BEATS_PAYLOAD);
	size_t len = HB_LEN(npeers, ngroups);

	memset(f->bytes + f->len - HB_TAG_LEN, 0, sizeof(f->bytes) - f->len);
	fixed->npeers = npeers;
	fixed->ngroups = ngroups;
	fixed->len8 = (uint8_t)(len / 8);
	wrap(f, len);
	beats_sign(f);
}

struct ipt_peer beats_record(struct bed *b)
{
	struct ipt_peer rec;
	uint32_t index = BEATS_PEER;

	bed_get(b, "peers", &index, &rec);
	return rec;
}

struct ipt_path beats_path_record(struct bed *b, uint32_t index)
{
	struct ipt_path path;

	bed_get(b, "paths", &index, &path);
	return path;
}

struct ipt_group beats_group(struct bed *b)
{
	struct ipt_group g;
	uint32_t index = BEATS_GROUP;

	bed_get(b, "groups", &index, &g);
	return g;
}

void beats_expect(struct bed *b, const char *what, const struct beats_frame *f, uint64_t counters)
{
	bed_expect(b, BED_TAKEOVER, what, f->bytes, f->len,
		   counters == BIT(pass) ? XDP_PASS : XDP_DROP, counters);
}
