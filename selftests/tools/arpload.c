/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks for addresses by ARP, or by neighbour solicitation, at a steady rate and says who answered each single request, and when. */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/addr.h"
#include "base/clock.h"
#include "common.h"
#include "core/frame.h"
#include "core/frame_nd.h"

/* Request i comes from the sender address SPA_BASE + i mod SPA_COUNT, for IPv6 from 2001:db8:: and that: the answer names it. */
#define SPA_BASE 0xc6128000u /* 198.18.128.0/17 */
#define SPA_COUNT 32768u
#define MAX_MACS 16
#define MAX_ADDRS 1024
#define MAX_RUNS 256

struct request {
	uint64_t sent_ns;
	uint32_t answers;
	uint16_t first_mac, other_mac;
};

struct who {
	uint8_t mac[6];
	uint64_t answers, first_ns, last_ns;
};

/* A stretch of answers that all came from one MAC. */
struct run {
	int mac;
	uint64_t answers, first_ns, last_ns;
};

struct load {
	struct port port;
	struct pace pace;
	struct gaps gaps;
	struct ipt_addr addr[MAX_ADDRS];
	bool v6; /* all of them, or none */
	uint32_t naddrs;
	struct request *req;
	uint64_t capacity, sent, send_failed;
	struct who who[MAX_MACS];
	int nwho;
	struct run run[MAX_RUNS];
	uint64_t nruns;
	uint64_t foreign; /* answers to us that match no request */
};

static size_t request_write(const struct load *l, uint64_t index, uint8_t frame[FRAME_ND])
{
	const struct ipt_addr *addr = &l->addr[index % l->naddrs];
	uint32_t spa_be32 = htonl(SPA_BASE + index % SPA_COUNT);
	struct ipt_addr from = {.word_be32 = {htonl(0x20010db8), 0, 0, spa_be32}};
	struct nd_packet nd;

	if (l->v6) {
		nd = frame_nd_question(l->port.mac, &from, addr);
		return frame_nd_write(frame, &nd);
	}
	frame_arp_build(frame, ARP_FORM_PROBE, l->port.mac, addr->word_be32[3]);
	memcpy(frame + 28, &spa_be32, 4); /* a probe with a sender is an ordinary request */
	return FRAME_ETH_MIN;
}

static void request_send(struct load *l, uint64_t index)
{
	uint8_t frame[FRAME_ND];
	size_t len = request_write(l, index, frame);

	l->req[index].sent_ns = clock_now_ns();
	if (!port_send(&l->port, frame, len))
		l->send_failed++;
}

static void requests_send(struct load *l)
{
	uint64_t due = pace_due(&l->pace, l->pace.look_ns);

	/* After a stall of ours of seconds: more at once, and an answer would not tell which it is to. */
	if (due > SPA_COUNT / 4)
		due = SPA_COUNT / 4;
	for (; due && l->sent < l->capacity; due--)
		request_send(l, l->sent++);
}

static int who_find(struct load *l, const uint8_t mac[6])
{
	int i;

	for (i = 0; i < l->nwho; i++)
		if (!memcmp(l->who[i].mac, mac, 6))
			return i;
	if (l->nwho == MAX_MACS)
		die("more than %d hosts answer", MAX_MACS);
	memcpy(l->who[l->nwho].mac, mac, 6);
	return l->nwho++;
}

static void run_note(struct load *l, int mac, uint64_t now_ns)
{
	struct run *r = l->nruns ? &l->run[(l->nruns - 1) % MAX_RUNS] : NULL;

	if (!r || r->mac != mac) {
		r = &l->run[l->nruns++ % MAX_RUNS];
		*r = (struct run){.mac = mac, .first_ns = now_ns};
	}
	r->answers++;
	r->last_ns = now_ns;
}

/* The newest request with that sender address; NULL if there is none. */
static struct request *request_of(struct load *l, uint32_t target_be32)
{
	uint64_t residue = ntohl(target_be32) - SPA_BASE, index;

	if (!l->sent || residue >= SPA_COUNT)
		return NULL;
	index = l->sent - 1;
	if (index % SPA_COUNT < residue) {
		if (index < SPA_COUNT)
			return NULL;
		index -= SPA_COUNT;
	}
	return &l->req[index - index % SPA_COUNT + residue];
}

static void answer(struct load *l, const uint8_t from[6], uint32_t to_be32, uint64_t now_ns)
{
	struct request *req = request_of(l, to_be32);
	int mac;

	if (!req) {
		l->foreign++;
		return;
	}
	mac = who_find(l, from);
	if (!l->who[mac].answers++)
		l->who[mac].first_ns = now_ns;
	l->who[mac].last_ns = now_ns;
	if (!req->answers++)
		req->first_mac = (uint16_t)mac;
	else
		req->other_mac = (uint16_t)mac;
	run_note(l, mac, now_ns);
	gaps_answer(&l->gaps, now_ns);
}

static void read_arp(struct load *l, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	struct arp_packet arp;

	if (frame_arp_parse(bytes, len, &arp) && arp.oper == 2 &&
	    !memcmp(arp.tha, l->port.mac, 6) && arp.spa_be32 != arp.tpa_be32)
		answer(l, arp.sha, arp.tpa_be32, now_ns);
}

static void read_nd(struct load *l, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	struct nd_packet nd;

	if (frame_nd_parse(bytes, len, &nd) && nd.type == ND_ADVERTISE && nd.flags & ND_SOLICITED &&
	    nd.has_mac && !memcmp(nd.eth_dst, l->port.mac, 6))
		answer(l, nd.mac, nd.dst.word_be32[3], now_ns);
}

static void answers_read(struct load *l)
{
	uint8_t bytes[2048];
	uint64_t now_ns;
	size_t len;

	while ((len = stamped_recv(l->port.fd, bytes, sizeof(bytes), &now_ns))) {
		(l->v6 ? read_nd : read_arp)(l, bytes, len, now_ns);
	}
}

static void measure(struct load *l)
{
	uint64_t now_ns, late_ns, linger_ns = 200000000;

	for (;;) {
		now_ns = clock_now_ns();
		if (stopped() && l->pace.end_ns > now_ns)
			l->pace.end_ns = now_ns;
		if (now_ns >= l->pace.end_ns + linger_ns)
			break;
		late_ns = now_ns - l->pace.look_ns;
		if (late_ns > 2 * l->pace.interval_ns)
			gaps_late(&l->gaps, late_ns);
		l->pace.look_ns = now_ns;
		if (now_ns < l->pace.end_ns)
			requests_send(l);
		else
			(void)pace_due(&l->pace, now_ns); /* only wait for the last answers */
		answers_read(l);
		pace_wait(&l->pace, l->port.fd);
	}
	answers_read(l); /* what came in time while a busy machine let us wait */
}

static void print_hosts(const struct load *l)
{
	char mac[18];
	uint64_t i, from = l->nruns > MAX_RUNS ? l->nruns - MAX_RUNS : 0;
	int w;

	printf("\"answers_by_mac\": [");
	for (w = 0; w < l->nwho; w++) {
		mac_text(l->who[w].mac, mac);
		printf("%s{\"mac\": \"%s\", \"answers\": %" PRIu64 ", \"first_ns\": %" PRIu64
		       ", \"last_ns\": %" PRIu64 "}",
		       w ? ", " : "", mac, l->who[w].answers, l->who[w].first_ns,
		       l->who[w].last_ns);
	}
	printf("],\n\"run_count\": %" PRIu64 ", \"runs\": [", l->nruns);
	for (i = from; i < l->nruns; i++) {
		const struct run *r = &l->run[i % MAX_RUNS];

		mac_text(l->who[r->mac].mac, mac);
		printf("%s{\"mac\": \"%s\", \"answers\": %" PRIu64 ", \"first_ns\": %" PRIu64
		       ", \"last_ns\": %" PRIu64 "}",
		       i > from ? ", " : "", mac, r->answers, r->first_ns, r->last_ns);
	}
	printf("],\n");
}

static void report(const struct load *l)
{
	uint64_t i, once = 0, twice = 0, two_hosts = 0, none = 0;

	for (i = 0; i < l->sent; i++) {
		none += l->req[i].answers == 0;
		once += l->req[i].answers == 1;
		twice += l->req[i].answers > 1;
		two_hosts += l->req[i].answers > 1 && l->req[i].first_mac != l->req[i].other_mac;
	}
	printf("{\"requests\": %" PRIu64 ", \"answered_once\": %" PRIu64
	       ", \"answered_more\": %" PRIu64 ", \"answered_by_two_hosts\": %" PRIu64
	       ",\n\"unanswered\": %" PRIu64 ", \"send_failed\": %" PRIu64 ", \"foreign\": %" PRIu64
	       ", \"start_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 ",\n",
	       l->sent, once, twice, two_hosts, none, l->send_failed, l->foreign, l->pace.start_ns,
	       l->pace.end_ns);
	print_hosts(l);
	gaps_print(&l->gaps);
	printf(",\n\"own_worst_late_ns\": %" PRIu64 ", \"own_worst_late_at_ns\": %" PRIu64 "}\n",
	       l->pace.worst_late_ns, l->pace.worst_late_at_ns);
}

int main(int argc, char **argv)
{
	static struct load l;
	const char *ifname = NULL;
	uint64_t rate = 1000, ms = 1000;
	int c;

	l.gaps.threshold_ns = 5000000;
	while ((c = getopt(argc, argv, "i:r:d:g:")) != -1) {
		if (c == 'i')
			ifname = optarg;
		else if (c == 'r')
			rate = parse_u64(optarg, "-r");
		else if (c == 'd')
			ms = parse_u64(optarg, "-d");
		else if (c == 'g')
			l.gaps.threshold_ns = parse_u64(optarg, "-g") * 1000000;
		else
			die("usage: arpload -i IFACE [-r RATE] [-d MS] [-g GAP_MS] ADDR...");
	}
	for (; optind < argc && l.naddrs < MAX_ADDRS; optind++)
		if (!addr_parse(argv[optind], &l.addr[l.naddrs++]))
			die("arpload: \"%s\" is not an address", argv[optind]);
	if (!ifname || !l.naddrs)
		die("arpload: an interface (-i) and an address are needed");
	l.v6 = !ipt_addr_is_v4(&l.addr[0]);
	for (uint32_t i = 1; i < l.naddrs; i++)
		if (l.v6 == ipt_addr_is_v4(&l.addr[i]))
			die("arpload: addresses of one family");
	port_open(&l.port, ifname, l.v6 ? ETH_P_IPV6 : ETH_P_ARP);
	stop_on_signals();
	l.capacity = rate * (ms + 1000) / 1000;
	l.req = calloc(l.capacity, sizeof(*l.req));
	if (!l.req)
		die("arpload: no memory for %" PRIu64 " requests", l.capacity);
	pace_start(&l.pace, rate, ms * 1000000);
	measure(&l);
	report(&l);
	free(l.req);
	return 0;
}
