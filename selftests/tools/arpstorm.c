/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ARP requests by the million, drawn from a seed: any sender, for the address or for others, broadcast or not. */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"
#include "core/frame.h"

#define PAUSE_EVERY 64

struct storm {
	struct port port;
	uint64_t seed, count, rate;
	uint32_t vip_be32;
	uint8_t unicast_to[6];
	uint64_t asked, others, left; /* for the address, for others; frames that left */
};

static uint64_t draw(struct storm *s)
{
	uint64_t z = s->seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* One of four asks for the address. A sender that the protocol must not answer is never drawn: the number of
 * answers has to be the number of questions. */
static void request_send(struct storm *s)
{
	uint64_t a = draw(s), b = draw(s);
	uint8_t frame[FRAME_ETH_MIN], mac[6];
	uint32_t spa_be32 = htonl(0xc6120000u | 0x4000u | (uint32_t)(b & 0x3fff)), tpa_be32;
	bool for_vip = (a & 3) == 0;

	memcpy(mac, &a, 6);
	mac[0] = 0x06;
	tpa_be32 =
		for_vip ? s->vip_be32 : htonl(0xc6120000u | 0x8000u | (uint32_t)(b >> 20 & 0x7fff));
	frame_arp_build(frame, ARP_FORM_PROBE, mac, tpa_be32);
	memcpy(frame + 28, &spa_be32, 4);
	if (a & 4)
		memcpy(frame, s->unicast_to, 6);
	if (!port_send(&s->port, frame, sizeof(frame)))
		return;
	s->left++;
	s->asked += for_vip;
	s->others += !for_vip;
}

int main(int argc, char **argv)
{
	static struct storm s = {.seed = 1, .count = 100000, .rate = 50000};
	const char *ifname = NULL, *mac = NULL;
	uint8_t *d = s.unicast_to;
	struct pace pace;
	uint64_t due, done = 0;
	int c;

	while ((c = getopt(argc, argv, "i:n:r:s:m:")) != -1) {
		if (c == 'i')
			ifname = optarg;
		else if (c == 'n')
			s.count = parse_u64(optarg, "-n");
		else if (c == 'r')
			s.rate = parse_u64(optarg, "-r");
		else if (c == 's')
			s.seed = parse_u64(optarg, "-s");
		else if (c == 'm')
			mac = optarg;
		else
			optind = argc + 1;
	}
	if (!ifname || !mac || optind + 1 != argc ||
	    sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", d, d + 1, d + 2, d + 3, d + 4, d + 5) != 6)
		die("usage: arpstorm -i IFACE -m UNICAST_TO [-n COUNT] [-r RATE] [-s SEED] ADDR");
	s.vip_be32 = parse_ip(argv[optind]);
	port_open(&s.port, ifname, 0);
	stop_on_signals();
	pace_start(&pace, s.rate, 0);
	while (done < s.count && !stopped()) {
		due = pace_due(&pace, clock_now_ns());
		/* A heap after a stall of ours would overflow the cable's queue. */
		for (due = due > PAUSE_EVERY ? PAUSE_EVERY : due; due && done < s.count;
		     due--, done++)
			request_send(&s);
		pace_wait(&pace, -1);
	}
	printf("{\"left\": %" PRIu64 ", \"asked\": %" PRIu64 ", \"others\": %" PRIu64 "}\n", s.left,
	       s.asked, s.others);
	return 0;
}
