/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client during a takeover: asks by ARP at a steady rate, brings the fault about, and tells who answered when. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "base/clock.h"
#include "common.h"
#include "common_event.h"
#include "core/frame.h"

/* Request i for the first address comes from sender SPA_BASE + 1 + i mod SPA_COUNT: the answer's target names
 * it. The kernel has one neighbour table of 1,024 entries for all namespaces; when senders have filled it, it answers
 * no more: with 40 hosts that answer at once these must be few. */
#define SPA_BASE 0xc612f000u /* 198.18.240.0 */
#define SPA_COUNT 16u
#define MAX_ADDRS 65536u
#define SWEEP_PAUSE_NS 2000000ull
#define SWEEP_STRIDE 7919u /* prime, and no divisor of any number of addresses asked for here */
/* Answers on their way when the last request left still count. */
#define LINGER_NS 20000000ull

struct request {
	uint64_t sent_ns, old_ns, new_ns; /* when who answered; 0: not */
};

/* What a client knows of the new owner for this address. */
struct address {
	uint64_t asked_ns, answer_ns, garp_ns;
	uint64_t
		refused_ns; /* the newest request after the first answer that got none: when it was sent */
};

struct probe {
	struct port port;
	struct event event;
	uint8_t old_mac[6], new_mac[6];
	uint32_t first_ip, naddrs, nserved;
	struct address *addr;
	struct request *req;
	uint64_t sent, capacity, refused, asked_soon;
	uint64_t interval_ns, event_ns, timeout_ns, after_ns, sweep_ns;
	uint64_t first_new_ns, last_old_before_ns, last_old_ns, last_any_ns;
	uint64_t silence_ns, silence_begin_ns; /* longest without any answer since the event */
	uint64_t late_ns,
		late_edge_ns; /* own lateness: worst until the new owner answers, and around that */
	uint64_t old_announced; /* frames of the old owner after the new one's first answer */
};

static void ask(struct probe *p, uint32_t spa, uint32_t ip)
{
	uint8_t frame[FRAME_ETH_MIN];
	uint32_t spa_be32 = htonl(spa);

	frame_arp_build(frame, ARP_FORM_PROBE, p->port.mac, htonl(ip));
	memcpy(frame + 28, &spa_be32, 4); /* a probe with a sender is an ordinary request */
	(void)port_send(&p->port, frame, sizeof(frame));
}

static void ask_first(struct probe *p)
{
	if (p->sent == p->capacity)
		return;
	p->req[p->sent].sent_ns = clock_now_ns();
	ask(p, SPA_BASE + 1 + (uint32_t)(p->sent % SPA_COUNT), p->first_ip);
	p->sent++;
}

/* All other addresses, as soon as the first is served by the new owner: who is not has been refused once. */
static void sweep(struct probe *p)
{
	/* Within a tenth of what the first address had to wait. */
	uint64_t soon_ns = p->first_new_ns + (p->first_new_ns - p->event_ns) / 10;

	if (!p->first_new_ns || p->nserved == p->naddrs || clock_now_ns() < p->sweep_ns)
		return;
	for (uint32_t i = 1; i < p->naddrs; i++) {
		/* In no order that the new owner could follow: each stretch is a sample of all. */
		uint32_t index = (uint32_t)((uint64_t)i * SWEEP_STRIDE % p->naddrs);
		struct address *a = &p->addr[index];

		if (a->answer_ns)
			continue;
		if (a->asked_ns) {
			a->refused_ns = a->asked_ns;
			p->refused++;
		}
		a->asked_ns = clock_now_ns();
		p->asked_soon += a->asked_ns <= soon_ns && !a->refused_ns;
		ask(p, SPA_BASE, p->first_ip + index);
	}
	p->sweep_ns = clock_now_ns() + SWEEP_PAUSE_NS;
}

/* The newest request from that sender. */
static struct request *request_of(struct probe *p, uint32_t tpa_be32)
{
	uint64_t residue = ntohl(tpa_be32) - (SPA_BASE + 1), index;

	if (!p->sent || residue >= SPA_COUNT)
		return NULL;
	index = p->sent - 1 - (p->sent - 1 + SPA_COUNT - residue) % SPA_COUNT;
	return index < p->sent ? &p->req[index] : NULL;
}

static void note_answer(struct probe *p, const struct arp_packet *arp, uint64_t now_ns)
{
	bool by_new = !memcmp(arp->sha, p->new_mac, 6);
	struct request *req = request_of(p, arp->tpa_be32);

	if (!req)
		return;
	if (by_new && !p->first_new_ns)
		p->first_new_ns = now_ns;
	if (!by_new) {
		if (!p->first_new_ns)
			p->last_old_before_ns = now_ns;
		p->last_old_ns = now_ns;
	}
	*(by_new ? &req->new_ns : &req->old_ns) = now_ns;
	/* Stamps come from several processors: an answer may be a little older than the one before. */
	if (now_ns <= p->last_any_ns)
		return;
	if (now_ns > p->event_ns && now_ns - p->last_any_ns > p->silence_ns) {
		p->silence_ns = now_ns - p->last_any_ns;
		p->silence_begin_ns = p->last_any_ns;
	}
	p->last_any_ns = now_ns;
}

/* An answer to us or an announcement to all: both tell a client where the address is. */
static void note(struct probe *p, const struct arp_packet *arp, uint64_t now_ns)
{
	uint32_t index = ntohl(arp->spa_be32) - p->first_ip;
	bool by_new = !memcmp(arp->sha, p->new_mac, 6);
	struct address *a;

	if (index >= p->naddrs || (!by_new && memcmp(arp->sha, p->old_mac, 6) != 0))
		return;
	a = &p->addr[index];
	if (arp->spa_be32 == arp->tpa_be32) {
		p->old_announced += !by_new && p->first_new_ns && now_ns >= p->event_ns;
		if (by_new && !a->garp_ns)
			a->garp_ns = now_ns;
		return;
	}
	if (arp->oper != 2)
		return;
	if (by_new && !a->answer_ns) {
		a->answer_ns = now_ns;
		p->nserved++;
	}
	if (!index)
		note_answer(p, arp, now_ns);
}

static void read_all(struct probe *p)
{
	uint8_t bytes[2048];
	struct arp_packet arp;
	uint64_t now_ns;
	size_t len;

	while ((len = stamped_recv(p->port.fd, bytes, sizeof(bytes), &now_ns)))
		if (frame_arp_parse(bytes, len, &arp))
			note(p, &arp, now_ns);
}

static void note_late(struct probe *p, uint64_t due_ns, uint64_t now_ns)
{
	uint64_t late_ns = now_ns - due_ns;

	if (now_ns < p->event_ns || p->first_new_ns)
		return;
	if (late_ns > p->late_ns)
		p->late_ns = late_ns;
	p->late_edge_ns = late_ns;
}

static bool over(const struct probe *p, uint64_t now_ns)
{
	uint64_t served_ns = p->sweep_ns > p->first_new_ns ? p->sweep_ns : p->first_new_ns;

	if (now_ns >= p->event_ns + p->timeout_ns || stopped())
		return true;
	return p->nserved == p->naddrs && now_ns >= served_ns + p->after_ns;
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000),
			      .tv_nsec = (long)(at_ns % 1000000000)};

	(void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL);
}

/* A tick that was missed is lateness, not a burst of requests afterwards. */
static void measure(struct probe *p, uint64_t start_ns)
{
	uint64_t due_ns = start_ns, now_ns = start_ns;

	while (!over(p, now_ns)) {
		sleep_until(due_ns);
		now_ns = clock_now_ns();
		note_late(p, due_ns, now_ns);
		ask_first(p);
		read_all(p);
		sweep(p);
		due_ns += p->interval_ns * (1 + (now_ns - due_ns) / p->interval_ns);
	}
	sleep_until(now_ns + LINGER_NS);
	read_all(p);
}

static void print_addresses(const struct probe *p)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0, last_garp_ns = 0, last_refused_ns = 0;
	uint32_t announced = 0;

	for (uint32_t i = 0; i < p->naddrs; i++) {
		const struct address *a = &p->addr[i];
		uint64_t sign_ns = a->answer_ns ? a->answer_ns : a->garp_ns;

		if (a->garp_ns && a->garp_ns < sign_ns)
			sign_ns = a->garp_ns;
		if (sign_ns && sign_ns < first_ns)
			first_ns = sign_ns;
		last_ns = sign_ns > last_ns ? sign_ns : last_ns;
		last_garp_ns = a->garp_ns > last_garp_ns ? a->garp_ns : last_garp_ns;
		last_refused_ns = a->refused_ns > last_refused_ns ? a->refused_ns : last_refused_ns;
		announced += a->garp_ns != 0;
	}
	printf(" \"addresses\": %u, \"served\": %u, \"announced\": %u, \"first_sign_ns\": %" PRIu64
	       ", \"last_sign_ns\": %" PRIu64 ",\n \"last_garp_ns\": %" PRIu64
	       ", \"garp_ns\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"last_refused_ns\": %" PRIu64
	       ", \"asked_soon\": %" PRIu64 "}\n",
	       p->naddrs, p->nserved, announced, last_ns ? first_ns : 0, last_ns, last_garp_ns,
	       p->addr[0].garp_ns, p->refused, last_refused_ns, p->asked_soon);
}

static void report(const struct probe *p)
{
	uint64_t asked = 0, none = 0, both = 0, wrong = 0;

	for (uint64_t i = 0; i < p->sent; i++) {
		const struct request *r = &p->req[i];

		if (r->sent_ns < p->event.begin_ns)
			continue;
		asked++;
		none += !r->old_ns && !r->new_ns;
		both += r->old_ns && r->new_ns;
		wrong += p->first_new_ns && r->old_ns > p->first_new_ns;
	}
	printf("{\"event_ns\": %" PRIu64 ", \"event_end_ns\": %" PRIu64
	       ", \"first_new_ns\": %" PRIu64 ", \"last_old_before_ns\": %" PRIu64
	       ", \"last_old_ns\": %" PRIu64 ",\n",
	       p->event.begin_ns, p->event.end_ns, p->first_new_ns, p->last_old_before_ns,
	       p->last_old_ns);
	printf(" \"asked\": %" PRIu64 ", \"unanswered\": %" PRIu64 ", \"by_both\": %" PRIu64
	       ", \"wrong\": %" PRIu64 ", \"old_announced\": %" PRIu64 ", \"silence_ns\": %" PRIu64
	       ", \"silence_begin_ns\": %" PRIu64 ",\n \"late_ns\": %" PRIu64
	       ", \"late_edge_ns\": %" PRIu64 ",\n",
	       asked, none, both, wrong, p->old_announced, p->silence_ns, p->silence_begin_ns,
	       p->late_ns, p->late_edge_ns);
	print_addresses(p);
}

static void parse_mac(const char *text, uint8_t ret[6])
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &ret[0], &ret[1], &ret[2], &ret[3],
		   &ret[4], &ret[5]) != 6)
		die("\"%s\" is not a MAC address", text);
}

/* Below every daemon that is measured: who delays whom must be seen here, not there. */
static void be_punctual(void)
{
	struct sched_param sp = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO, &sp) < 0)
		(void)fprintf(stderr, "gapprobe: no real-time class: %s\n", strerror(errno));
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
}

struct options {
	const char *ifname, *fault;
	uint64_t rate, warm_ms;
};

static void parse_options(struct probe *p, struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "i:o:n:c:r:w:t:a:x:")) != -1)
		switch (c) {
		case 'i':
			o->ifname = optarg;
			break;
		case 'o':
			parse_mac(optarg, p->old_mac);
			break;
		case 'n':
			parse_mac(optarg, p->new_mac);
			break;
		case 'c':
			p->naddrs = (uint32_t)parse_u64(optarg, "-c");
			break;
		case 'r':
			o->rate = parse_u64(optarg, "-r");
			break;
		case 'w':
			o->warm_ms = parse_u64(optarg, "-w");
			break;
		case 't':
			p->timeout_ns = parse_u64(optarg, "-t") * 1000000;
			break;
		case 'a':
			p->after_ns = parse_u64(optarg, "-a") * 1000000;
			break;
		case 'x':
			o->fault = optarg;
			break;
		default:
			die("see gapprobe.c");
		}
}

/* gapprobe -i IFACE -o OLD-MAC -n NEW-MAC -x FAULT [-c ADDRESSES] [-r RATE] [-w WARM_MS] [-t TIMEOUT_MS]
 *	[-a AFTER_MS] FIRST-ADDRESS */
int main(int argc, char **argv)
{
	static struct probe p = {.naddrs = 1, .timeout_ns = 10000000000, .after_ns = 100000000};
	struct options o = {.rate = 10000, .warm_ms = 100};
	uint64_t start_ns;

	parse_options(&p, &o, argc, argv);
	if (!o.ifname || !o.fault || optind + 1 != argc || !o.rate || !p.naddrs ||
	    p.naddrs > MAX_ADDRS)
		die("usage: gapprobe -i IFACE -o OLD-MAC -n NEW-MAC -x FAULT [...] ADDRESS");
	p.first_ip = ntohl(parse_ip(argv[optind]));
	port_open(&p.port, o.ifname, ETH_P_ARP);
	stop_on_signals();
	p.interval_ns = 1000000000 / o.rate;
	p.capacity = (o.warm_ms * 1000000 + p.timeout_ns) / p.interval_ns + 1;
	p.req = calloc(p.capacity, sizeof(*p.req));
	p.addr = calloc(p.naddrs, sizeof(*p.addr));
	if (!p.req || !p.addr)
		die("out of memory");
	be_punctual();
	start_ns = clock_now_ns();
	p.event_ns = start_ns + o.warm_ms * 1000000;
	p.last_any_ns = start_ns;
	event_start(&p.event, o.fault, p.event_ns);
	measure(&p, start_ns);
	event_end();
	report(&p);
	return 0;
}
