/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes to structs and back: heartbeats (protocol 4) and ARP over Ethernet (RFC 826). Pure. */
#ifndef IPT_FRAME_H
#define IPT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"
#include "sip.h"
#include "wire.h"

/* A heartbeat in host byte order. */
struct beat_peer {
	uint64_t session;
	uint64_t echo_ts_ns;
	uint32_t rx_age_us;
	uint8_t node;
	uint8_t state;
};

struct beat_group {
	uint64_t epoch;
	uint64_t promise_epoch;
	uint16_t group; /* wire id */
	uint8_t state; /* enum hb_state */
	uint8_t priority;
	uint8_t flags;
	uint8_t release_to;
	uint8_t promise_holder;
	uint8_t addr_mark;
};

struct beat {
	uint64_t session;
	uint64_t seq;
	uint64_t ts_ns;
	uint32_t lease_us;
	uint32_t interval_us;
	uint32_t hold_us;
	uint32_t cfg_hash;
	uint32_t cfg_prev;
	uint8_t key_id;
	uint8_t key_max;
	uint8_t node;
	uint8_t flags;
	uint8_t npeers;
	uint8_t ngroups;
	struct beat_peer peer[HB_MAX_NODES];
	struct beat_group group[HB_MAX_GROUPS];
};

/* SipHash-2-4-128 of `len` bytes, RFC-less: the reference vectors of its authors are the test. */
struct sip_tag frame_sip(const void *bytes, size_t len, const struct sip_key *key);

/* K = SipHash128(master, "GATE1" | kid | node): the key with which `node` signs. */
struct sip_key frame_sender_key(const struct sip_key *master, uint8_t kid, uint8_t node);

/* 16-bit identity of a group on the wire, from its name; never 0. Two names may collide: config refuses. */
uint16_t frame_group_id(const char *name);

/* 8-bit mark of a group's addresses on the wire, from their hash; 0 for the hash 0 (no addresses), else never. */
uint8_t frame_addr_mark(uint32_t hash);

/* Writes the UDP payload, tag included; returns its length, 0 if `size` is too small. */
size_t frame_beat_encode(const struct beat *b, const struct sip_key *key, void *bytes, size_t size);

/* Reads a UDP payload; checks magic, version and exact length, NOT the tag. False: `ret` untouched. */
bool frame_beat_decode(const void *bytes, size_t len, struct beat *ret);

/* Is the tag at the end right under `key`? `len` as checked by frame_beat_decode(). */
bool frame_beat_verify(const void *bytes, size_t len, const struct sip_key *key);

#define FRAME_ETH_MIN 60
#define FRAME_ETH_SRC 6 /* offset of the source address */
#define FRAME_HB_OVERHEAD (14 + 20 + 8) /* Ethernet, IPv4, UDP */
#define FRAME_HB_OVERHEAD6 (14 + 40 + 8)

struct frame_addr {
	uint8_t mac[6];
	struct ipt_addr ip;
};

/* Of a heartbeat to that address. */
static inline size_t frame_hb_overhead(const struct ipt_addr *to)
{
	return ipt_addr_is_v4(to) ? FRAME_HB_OVERHEAD : FRAME_HB_OVERHEAD6;
}

/* Ethernet + IPv4 (TTL 255, DF) + UDP (no checksum: the tag covers the payload), or Ethernet + IPv6 (hop limit 255) + UDP
 * with its checksum, around `len` payload bytes that already stand at bytes + frame_hb_overhead(&to->ip). Returns the
 * frame's length. */
size_t frame_udp_wrap(void *bytes, size_t len, const struct frame_addr *from,
		      const struct frame_addr *to, uint16_t port_be16);

enum arp_form {
	ARP_FORM_REQUEST, /* gratuitous request: SPA = TPA = address, THA 0, broadcast */
	ARP_FORM_REPLY, /* gratuitous reply: SPA = TPA = address, THA = SHA, broadcast */
	ARP_FORM_PROBE, /* RFC 5227 probe: SPA 0, broadcast */
};

struct arp_packet {
	uint8_t eth_src[6], eth_dst[6];
	uint16_t oper; /* 1 request, 2 reply */
	uint8_t sha[6], tha[6];
	uint32_t spa_be32, tpa_be32;
};

/* Writes one 60-byte frame about `ip_be32` sent from `mac`. */
void frame_arp_build(uint8_t bytes[FRAME_ETH_MIN], enum arp_form form, const uint8_t mac[6],
		     uint32_t ip_be32);

/* Writes one 60-byte frame of any ARP packet. */
void frame_arp_write(uint8_t bytes[FRAME_ETH_MIN], const struct arp_packet *arp);

/* True if the frame is ARP over Ethernet for IPv4, whole and well formed. */
bool frame_arp_parse(const void *bytes, size_t len, struct arp_packet *ret);

#endif
