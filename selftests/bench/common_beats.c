/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A peer for the packet benchmarks: it is known here, owns a group, or sends heartbeats, each one newer. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "../tools/common.h"
#include "base/clock.h"
#include "common_beats.h"
#include "core/frame.h"
#include "packets.skel.h"

#define LO 1
#define PORT 5694
#define OUR_NODE 1
#define PEER_NODE 2
#define OUR_SESSION 0x1111
#define PEER_SESSION 0x2222
#define KID 1
#define OUR_IP 0xc6120001u
#define PEER_IP 0xc6120002u
#define HOUR_NS 3600000000000ull

static const struct sip_key key = {.k0 = 0x0706050403020100ull, .k1 = 0x0f0e0d0c0b0a0908ull};

static void know_self(const struct rig *r)
{
	const struct ipt_self self = {.session = OUR_SESSION,
				      .interval_ns = 100000000,
				      .lease_ns = HOUR_NS,
				      .fresh_ns = HOUR_NS,
				      .port_be16 = htons(PORT),
				      .node = OUR_NODE,
				      .npeers = 1};
	struct ipt_key slot = {.kid = KID, .valid = 1};
	uint32_t zero = 0;

	slot.peer[0] = key;
	rig_set(r, "self", &zero, &self);
	rig_set(r, "keys", &zero, &slot);
}

/* Heartbeats that were replayed before are old to the record: it starts anew. */
static void know_peer(const struct rig *r, const uint8_t mac[6])
{
	const struct ipt_peer rec = {.node = PEER_NODE,
				     .name = "peer",
				     .session = PEER_SESSION,
				     .session_ns = 1};
	struct ipt_path path = {.ifindex = LO,
				.local = ipt_addr_v4(htonl(OUR_IP)),
				.addr = ipt_addr_v4(htonl(PEER_IP)),
				.node = PEER_NODE};
	struct ipt_path_key id = {.ifindex = LO,
				  .local = ipt_addr_v4(htonl(OUR_IP)),
				  .addr = ipt_addr_v4(htonl(PEER_IP))};
	uint32_t zero = 0, nowhere = IPT_MAX_PATHS;

	memcpy(path.mac, mac, 6);
	know_self(r);
	rig_set(r, "peers", &zero, &rec);
	rig_set(r, "paths", &zero, &path);
	rig_set(r, "path_ids", &id, &zero);
	memset(&id.addr, 0, sizeof(id.addr));
	rig_set(r, "path_ids", &id, &nowhere);
}

void beats_owner(const struct rig *r, uint32_t group, const uint8_t mac[6])
{
	struct ipt_group g;

	know_peer(r, mac);
	if (bpf_map_lookup_elem(rig_map(r, "groups"), &group, &g))
		die("group %u", group);
	g.owner_epoch = g.epoch_max = 0x200 | PEER_NODE;
	g.owner_ns = clock_now_ns();
	rig_set(r, "groups", &group, &g);
}

static void know_groups(const struct rig *r, uint32_t groups)
{
	struct ipt_group g = {0};
	uint16_t wire_id;
	uint32_t i;

	for (i = 0; i < groups; i++) {
		(void)snprintf(g.name, sizeof(g.name), "bench%u", i);
		g.wire_id = wire_id = (uint16_t)(i + 1);
		rig_set(r, "groups", &i, &g);
		rig_set(r, "group_ids", &wire_id, &i);
	}
}

static struct beat beat_make(uint32_t peers, uint32_t groups)
{
	struct beat b = {.session = PEER_SESSION,
			 .ts_ns = 77,
			 .lease_us = 300000,
			 .interval_us = 100000,
			 .key_id = KID,
			 .node = PEER_NODE,
			 .npeers = (uint8_t)peers,
			 .ngroups = (uint8_t)groups};
	uint32_t i;

	/* Ours is the last entry: all of them are looked at. */
	for (i = 0; i < peers; i++)
		b.peer[i] = (struct beat_peer){.node = (uint8_t)(i + 1 < peers ? 3 + i : OUR_NODE),
					       .session = OUR_SESSION,
					       .echo_ts_ns = clock_now_ns()};
	for (i = 0; i < groups; i++)
		b.group[i] = (struct beat_group){.group = (uint16_t)(i + 1),
						 .state = HB_OWNER,
						 .epoch = 0x200 | PEER_NODE};
	return b;
}

static size_t frame_put(const struct rig *r, uint32_t index, const struct beat *b)
{
	const struct frame_addr from = {.ip = ipt_addr_v4(htonl(PEER_IP)),
					.mac = {2, 0, 0, 0, 0, 2}};
	const struct frame_addr to = {.ip = ipt_addr_v4(htonl(OUR_IP)), .mac = {2, 0, 0, 0, 0, 1}};
	struct packets_frame f = {0};
	size_t len = frame_beat_encode(b, &key, f.bytes + FRAME_HB_OVERHEAD, HB_MAX_LEN);

	f.len = (uint32_t)frame_udp_wrap(f.bytes, len, &from, &to, htons(PORT));
	rig_set(r, "frames", &index, &f);
	return f.len;
}

static int ignore(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return 0;
}

/* A daemon reads its events: a ring that is half full would make the next heartbeats cheaper. */
static void events_fetch(const struct rig *r)
{
	struct ring_buffer *ring = ring_buffer__new(rig_map(r, "events"), ignore, NULL, NULL);

	if (!ring)
		die("events: no ring buffer");
	(void)ring_buffer__consume(ring);
	ring_buffer__free(ring);
}

size_t beats_prepare(const struct rig *r, uint32_t peers, uint32_t groups)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
	struct beat b = beat_make(peers, groups);
	size_t len = 0;
	uint32_t i;

	know_peer(r, mac);
	know_groups(r, groups);
	for (i = 0; i < PACKETS_FRAMES; i++) {
		b.seq = i + 1;
		len = frame_put(r, i, &b);
	}
	r->packets->bss->again_next = 0;
	events_fetch(r);
	return len;
}
