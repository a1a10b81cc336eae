/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ARP requests, or neighbour solicitations, by the million, drawn from a seed: any sender, for the address or for others, broadcast or not. */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/clock.h"
#include "common.h"
#include "core/frame.h"
#include "core/frame_nd.h"

#define PAUSE_EVERY 64

struct storm {
	struct port port;
	uint64_t seed, count, rate;
	struct ipt_addr vip;
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

/* The address of the asker's family with those last bytes, in 198.18.0.0/16 or 2001:db8::/64. */
static struct ipt_addr neighbour(const struct storm *s, uint32_t last)
{
	struct ipt_addr a = ipt_addr_v4(htonl(0xc6120000u | last));

	if (!ipt_addr_is_v4(&s->vip))
		a = (struct ipt_addr){.word_be32 = {htonl(0x20010db8), 0, 0, htonl(last)}};
	return a;
}

static size_t request_write(uint8_t frame[FRAME_ND], const uint8_t mac[6],
			    const struct ipt_addr *from, const struct ipt_addr *about)
{
	struct nd_packet nd;

	if (!ipt_addr_is_v4(about)) {
		nd = frame_nd_question(mac, from, about);
		return frame_nd_write(frame, &nd);
	}
	frame_arp_build(frame, ARP_FORM_PROBE, mac, about->word_be32[3]);
	memcpy(frame + 28, &from->word_be32[3], 4);
	return FRAME_ETH_MIN;
}

/* One of four asks for the address. A sender that the protocol must not answer is never drawn: the number of
 * answers has to be the number of questions. */
static void request_send(struct storm *s)
{
	uint64_t a = draw(s), b = draw(s);
	struct ipt_addr from = neighbour(s, 0x4000u | (uint32_t)(b & 0x3fff));
	struct ipt_addr other = neighbour(s, 0x8000u | (uint32_t)(b >> 20 & 0x7fff));
	uint8_t frame[FRAME_ND], mac[6];
	bool for_vip = (a & 3) == 0;
	size_t len;

	memcpy(mac, &a, 6);
	mac[0] = 0x06;
	len = request_write(frame, mac, &from, for_vip ? &s->vip : &other);
	if (a & 4)
		memcpy(frame, s->unicast_to, 6);
	if (!port_send(&s->port, frame, len))
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
	    sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", d, d + 1, d + 2, d + 3, d + 4, d + 5) !=
		    6 ||
	    !addr_parse(argv[optind], &s.vip))
		die("usage: arpstorm -i IFACE -m UNICAST_TO [-n COUNT] [-r RATE] [-s SEED] ADDR");
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
