/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Listens for gratuitous ARP: how many frames of which form from whom for which address, and when.
 * -n: until so many addresses were heard in both forms. */
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "common.h"
#include "core/frame.h"

#define MAX_LISTED 4096

struct garp {
	uint64_t rx_ns;
	uint32_t ip_be32;
	uint8_t mac[6];
	bool reply;
	bool tha_is_sha; /* what Linux wants to see in the reply form */
};

struct ear {
	struct port port;
	struct pace pace;
	struct garp list[MAX_LISTED];
	uint64_t requests, replies;
	uint64_t both, enough; /* addresses heard in both forms; so many end it, 0: none do */
	uint8_t seen[1
		     << 16]; /* last 16 bits of the address: bit 0 request form, bit 1 reply form */
};

static void note(struct ear *e, const struct arp_packet *arp, uint64_t now_ns)
{
	struct garp g = {.rx_ns = now_ns, .ip_be32 = arp->spa_be32, .reply = arp->oper == 2};
	const uint8_t *b = (const uint8_t *)&arp->spa_be32;
	uint8_t *seen = &e->seen[b[2] << 8 | b[3]], form = g.reply ? 2 : 1;
	uint64_t n = e->requests + e->replies;

	memcpy(g.mac, arp->sha, 6);
	g.tha_is_sha = !memcmp(arp->sha, arp->tha, 6);
	e->requests += !g.reply;
	e->replies += g.reply;
	if ((*seen | form) == 3 && *seen != 3)
		e->both++;
	*seen |= form;
	if (n < MAX_LISTED)
		e->list[n] = g;
}

static void hear(struct ear *e)
{
	uint8_t bytes[2048];
	struct arp_packet arp;
	uint64_t now_ns;
	size_t len;

	while ((len = stamped_recv(e->port.fd, bytes, sizeof(bytes), &now_ns)))
		if (frame_arp_parse(bytes, len, &arp) && arp.spa_be32 == arp.tpa_be32)
			note(e, &arp, now_ns);
}

static void listen_all(struct ear *e)
{
	while (!stopped() && clock_now_ns() < e->pace.end_ns &&
	       !(e->enough && e->both >= e->enough)) {
		hear(e);
		(void)pace_due(&e->pace, clock_now_ns());
		pace_wait(&e->pace, e->port.fd);
	}
	hear(e); /* what came in time while a busy machine let us wait */
}

static void report(const struct ear *e)
{
	uint64_t n = e->requests + e->replies, i, any = 0;
	char mac[18], ip[16];

	for (i = 0; i < sizeof(e->seen); i++)
		any += e->seen[i] != 0;
	printf("{\"requests\": %" PRIu64 ", \"replies\": %" PRIu64 ", \"addresses\": %" PRIu64
	       ", \"addresses_in_both_forms\": %" PRIu64 ",\n\"frames\": [",
	       e->requests, e->replies, any, e->both);
	for (i = 0; i < n && i < MAX_LISTED; i++) {
		mac_text(e->list[i].mac, mac);
		ip_text(e->list[i].ip_be32, ip);
		printf("%s\n{\"ns\": %" PRIu64 ", \"mac\": \"%s\", \"ip\": \"%s\", "
		       "\"form\": \"%s\", \"tha_is_sha\": %s}",
		       i ? "," : "", e->list[i].rx_ns, mac, ip,
		       e->list[i].reply ? "reply" : "request",
		       e->list[i].tha_is_sha ? "true" : "false");
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	static struct ear e;
	const char *ifname = NULL;
	uint64_t ms = 3600000;
	int c;

	while ((c = getopt(argc, argv, "i:d:n:")) != -1) {
		if (c == 'i')
			ifname = optarg;
		else if (c == 'd')
			ms = parse_u64(optarg, "-d");
		else if (c == 'n')
			e.enough = parse_u64(optarg, "-n");
		else
			die("usage: garpcount -i IFACE [-d MS] [-n ADDRESSES]");
	}
	if (!ifname || optind != argc)
		die("usage: garpcount -i IFACE [-d MS] [-n ADDRESSES]");
	port_open(&e.port, ifname, ETH_P_ARP);
	stop_on_signals();
	pace_start(&e.pace, 100, ms * 1000000);
	listen_all(&e);
	report(&e);
	return 0;
}
