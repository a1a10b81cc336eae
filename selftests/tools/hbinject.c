/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An attacker's heartbeats: records real ones, sends them again as they were, altered, cut or forged. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "common.h"
#include "core/frame.h"

#define MAX_FRAMES 4096
#define OFF_IP 14
#define OFF_UDP 34
#define OFF_PAYLOAD 42

struct heard {
	uint32_t len;
	uint8_t bytes[FRAME_HB_OVERHEAD + HB_MAX_LEN];
};

enum way {
	WAY_REPLAY,
	WAY_FLIP,
	WAY_TRUNCATE,
	WAY_FORGE,
	WAY_TTL,
	WAY_STRANGER,
	WAY_REFLECT,
	WAYS
};
static const char *const way_names[WAYS] = {"replay", "flip",	  "truncate", "forge",
					    "ttl",    "stranger", "reflect"};

struct inject {
	struct port port;
	const char *file;
	enum way way;
	uint64_t count, rate, ms, seed, first;
	uint16_t port_be16;
	uint32_t from_be32; /* record: only frames of this sender; 0: all */
};

static uint64_t random_next(uint64_t *seed)
{
	/* splitmix-like step by a Weyl sequence: tests want the same bytes for the same seed */
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static void ip_checksum(uint8_t *frame)
{
	uint32_t sum = 0;
	uint16_t word;
	int i;

	memset(frame + OFF_IP + 10, 0, 2);
	for (i = 0; i < 20; i += 2) {
		memcpy(&word, frame + OFF_IP + i, 2);
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	word = (uint16_t) ~(sum + (sum >> 16));
	memcpy(frame + OFF_IP + 10, &word, 2);
}

static void set_be16(uint8_t *at, uint16_t value)
{
	value = htons(value);
	memcpy(at, &value, 2);
}

/* Is it a heartbeat, and how long without Ethernet padding? 0: no. */
static size_t heartbeat_len(const struct inject *in, const uint8_t *frame, size_t len)
{
	uint16_t port_be16, total_be16;
	uint32_t from_be32;

	if (len < OFF_PAYLOAD || frame[12] != 8 || frame[13] != 0 || frame[OFF_IP] != 0x45 ||
	    frame[OFF_IP + 9] != IPPROTO_UDP)
		return 0;
	memcpy(&port_be16, frame + OFF_UDP + 2, 2);
	memcpy(&total_be16, frame + OFF_IP + 2, 2);
	memcpy(&from_be32, frame + OFF_IP + 12, 4);
	if (port_be16 != in->port_be16 || (in->from_be32 && from_be32 != in->from_be32))
		return 0;
	return len < OFF_IP + (size_t)ntohs(total_be16) ? 0 : OFF_IP + ntohs(total_be16);
}

static int record(struct inject *in)
{
	FILE *f = fopen(in->file, "we");
	struct pace pace;
	struct heard h;
	uint64_t n = 0, rx_ns;
	size_t len;

	if (!f)
		die("hbinject: %s: %s", in->file, strerror(errno));
	pace_start(&pace, 100, in->ms * 1000000);
	while (n < in->count && !stopped() && clock_now_ns() < pace.end_ns) {
		while (n < in->count &&
		       (len = stamped_recv(in->port.fd, h.bytes, sizeof(h.bytes), &rx_ns))) {
			h.len = (uint32_t)heartbeat_len(in, h.bytes, len);
			if (h.len && fwrite(&h, sizeof(h), 1, f) == 1)
				n++;
		}
		(void)pace_due(&pace, clock_now_ns());
		pace_wait(&pace, in->port.fd);
	}
	if (fclose(f))
		die("hbinject: %s: %s", in->file, strerror(errno));
	printf("{\"recorded\": %" PRIu64 "}\n", n);
	return n ? 0 : 1;
}

static void flip_bit(struct heard *h, uint64_t k)
{
	uint64_t bits = (h->len - OFF_PAYLOAD) * 8ull;

	h->bytes[OFF_PAYLOAD + k % bits / 8] ^= (uint8_t)(1u << (k % 8));
}

static void truncate_to(struct heard *h, uint64_t k)
{
	uint32_t payload = (uint32_t)(k % (h->len - OFF_PAYLOAD));

	h->len = OFF_PAYLOAD + payload;
	set_be16(h->bytes + OFF_IP + 2, (uint16_t)(28 + payload));
	set_be16(h->bytes + OFF_UDP + 4, (uint16_t)(8 + payload));
}

/* A later sequence number and a guessed tag: what somebody without the key can do best. */
static void forge(struct heard *h, uint64_t k, uint64_t *seed)
{
	size_t seq = OFF_PAYLOAD + offsetof(struct hb_fixed, seq);
	uint64_t random;
	int i;

	h->bytes[seq + 1] = 1;
	set_be16(h->bytes + seq + 6, (uint16_t)k);
	for (i = 0; i < 2; i++) {
		random = random_next(seed);
		memcpy(h->bytes + h->len - HB_TAG_LEN + 8 * i, &random, 8);
	}
}

/* Back to its sender, as if the one it was meant for had sent it. */
static void reflect(struct heard *h)
{
	uint8_t was[6];

	memcpy(was, h->bytes, 6);
	memcpy(h->bytes, h->bytes + 6, 6);
	memcpy(h->bytes + 6, was, 6);
	memcpy(was, h->bytes + OFF_IP + 12, 4);
	memcpy(h->bytes + OFF_IP + 12, h->bytes + OFF_IP + 16, 4);
	memcpy(h->bytes + OFF_IP + 16, was, 4);
}

static void alter(struct inject *in, struct heard *h, uint64_t k)
{
	switch (in->way) {
	case WAY_REPLAY:
		break;
	case WAY_FLIP:
		flip_bit(h, k);
		break;
	case WAY_TRUNCATE:
		truncate_to(h, k);
		break;
	case WAY_FORGE:
		forge(h, k, &in->seed);
		break;
	case WAY_TTL:
		h->bytes[OFF_IP + 8] = (uint8_t)(k % 255);
		break;
	case WAY_STRANGER:
		h->bytes[OFF_IP + 15] ^= 0x80;
		break;
	case WAY_REFLECT:
		reflect(h);
		break;
	case WAYS:
		break;
	}
	set_be16(h->bytes + OFF_UDP + 6, 0); /* no UDP checksum: the tag is what protects */
	ip_checksum(h->bytes);
}

static size_t load(const struct inject *in, struct heard *frames)
{
	FILE *f = fopen(in->file, "re");
	size_t n;

	if (!f)
		die("hbinject: %s: %s", in->file, strerror(errno));
	n = fread(frames, sizeof(*frames), MAX_FRAMES, f);
	(void)fclose(f);
	if (n <= in->first)
		die("hbinject: %s: holds %zu heartbeats", in->file, n);
	return n;
}

static int send_all(struct inject *in)
{
	static struct heard frames[MAX_FRAMES];
	size_t n = load(in, frames);
	struct heard h;
	struct pace pace;
	uint64_t k = 0, sent = 0, due;

	pace_start(&pace, in->rate, 0);
	while (k < in->count && !stopped()) {
		due = pace_due(&pace, clock_now_ns());
		for (; due && k < in->count; due--, k++) {
			h = frames[in->first + k % (n - in->first)];
			alter(in, &h, k);
			sent += port_send(&in->port, h.bytes, h.len < 60 ? 60 : h.len);
		}
		if (k < in->count)
			pace_wait(&pace, -1);
	}
	printf("{\"sent\": %" PRIu64 "}\n", sent);
	return sent == in->count ? 0 : 1;
}

static enum way parse_way(const char *text)
{
	int w;

	for (w = 0; w < WAYS; w++)
		if (!strcmp(text, way_names[w]))
			return (enum way)w;
	die("hbinject: -m \"%s\": replay, flip, truncate, forge, ttl, stranger or reflect", text);
}

int main(int argc, char **argv)
{
	struct inject in = {.count = 100, .rate = 1000, .ms = 5000, .seed = 1};
	const char *ifname = NULL;
	uint64_t port = 5694;
	int c;

	while ((c = getopt(argc, argv, "i:f:m:n:r:d:s:p:S:F:")) != -1) {
		switch (c) {
		case 'i':
			ifname = optarg;
			break;
		case 'f':
			in.file = optarg;
			break;
		case 'm':
			in.way = parse_way(optarg);
			break;
		case 'n':
			in.count = parse_u64(optarg, "-n");
			break;
		case 'r':
			in.rate = parse_u64(optarg, "-r");
			break;
		case 'd':
			in.ms = parse_u64(optarg, "-d");
			break;
		case 's':
			in.seed = parse_u64(optarg, "-s");
			break;
		case 'p':
			port = parse_u64(optarg, "-p");
			break;
		case 'S':
			in.from_be32 = parse_ip(optarg);
			break;
		case 'F':
			in.first = parse_u64(optarg, "-F");
			break;
		default:
			optind = argc + 1;
		}
	}
	if (!ifname || !in.file || optind + 1 != argc)
		die("usage: hbinject -i IFACE -f FILE [-n COUNT] record [-d MS] [-S SENDER] | "
		    "send [-m WAY] [-r RATE] [-s SEED] [-F FIRST]");
	in.port_be16 = htons((uint16_t)port);
	stop_on_signals();
	if (!strcmp(argv[optind], "record")) {
		/* A bridge port's frames are gone before they reach a socket for one protocol. */
		port_open(&in.port, ifname, ETH_P_ALL);
		return record(&in);
	}
	if (strcmp(argv[optind], "send"))
		die("hbinject: \"%s\": record or send", argv[optind]);
	port_open(&in.port, ifname, 0);
	return send_all(&in);
}
