/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Thousands of echoes a second to one address, each of them accounted for: answered, lost, answered twice. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/clock.h"
#include "common.h"

#define ICMP_ID 0x1955
#define MAX_MACS 8
/* What a stall of ours delayed is sent in bursts, not in one heap: a heap overflows the queue of a veth (256 frames),
 * and the loss would be ours. */
#define MAX_BURST 32
#define BURST_APART_NS 200000ull
#define LINGER_NS 500000000ull

/* Of both families: ICMPv6 has other types and a checksum with the addresses in it. */
struct echo {
	struct icmphdr icmp;
	uint32_t index_be32; /* 16 bits of sequence wrap within seconds */
	uint32_t pad;
};

struct packet {
	struct ethhdr eth;
	struct iphdr ip;
	struct echo echo;
} __attribute__((packed));

struct packet6 {
	struct ethhdr eth;
	struct ip6_hdr ip;
	struct echo echo;
} __attribute__((packed));

struct sent {
	uint64_t at_ns;
	uint8_t answers;
};

struct who {
	uint8_t mac[6];
	uint64_t answers, first_ns, last_ns;
};

struct load {
	struct port ear; /* sees the Ethernet source of each answer */
	int raw; /* the kernel's own way out; -1: deaf, to a fixed MAC */
	bool v6;
	struct packet frame; /* deaf: with all headers */
	struct packet6 frame6;
	struct ipt_addr from, to;
	struct pace pace;
	struct gaps gaps;
	struct sent *echo;
	uint64_t ticks_left, backlog, burst_ns;
	uint64_t capacity, sent, send_failed, duplicates, strange;
	struct who who[MAX_MACS];
	int nwho;
};

/* `sum`: of what else is in it, a pseudo-header. */
static uint16_t checksum(const void *bytes, size_t len, uint32_t sum)
{
	const uint8_t *b = bytes;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* By the kernel, which writes ICMPv6's checksum itself. */
static bool leave_by_socket(const struct load *l, const struct echo *e)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_addr.s_addr = l->to.word_be32[3]};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = l->v6 ? (const void *)&to6 : (const void *)&to;

	memcpy(&to6.sin6_addr, &l->to, sizeof(l->to));
	return sendto(l->raw, e, sizeof(*e), MSG_DONTWAIT, sa, l->v6 ? sizeof(to6) : sizeof(to)) ==
	       sizeof(*e);
}

static bool leave(struct load *l, const struct echo *e)
{
	struct packet6 *f = &l->frame6;

	if (l->raw >= 0)
		return leave_by_socket(l, e);
	if (!l->v6) {
		l->frame.echo = *e;
		return port_send(&l->ear, &l->frame, sizeof(l->frame));
	}
	f->echo = *e;
	f->echo.icmp.checksum = 0;
	f->echo.icmp.checksum = checksum(&f->ip.ip6_src, 2 * sizeof(f->ip.ip6_src) + sizeof(*e),
					 IPPROTO_ICMPV6 + sizeof(*e));
	return port_send(&l->ear, f, sizeof(*f));
}

static void echo_send(struct load *l)
{
	struct echo e = {.icmp = {.type = l->v6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO}};

	e.icmp.un.echo.id = htons(ICMP_ID);
	e.icmp.un.echo.sequence = htons((uint16_t)l->sent);
	e.index_be32 = htonl((uint32_t)l->sent);
	e.icmp.checksum = checksum(&e, sizeof(e), 0);
	l->echo[l->sent].at_ns = clock_now_ns();
	/* A failed one stays among the unanswered: to a user both are the same. */
	if (!leave(l, &e))
		l->send_failed++;
	l->sent++;
}

static void who_note(struct load *l, const uint8_t mac[6], uint64_t now_ns)
{
	int i;

	for (i = 0; i < l->nwho; i++)
		if (!memcmp(l->who[i].mac, mac, 6))
			break;
	if (i == MAX_MACS)
		die("echoload: more than %d hosts answer", MAX_MACS);
	if (i == l->nwho) {
		l->nwho++;
		memcpy(l->who[i].mac, mac, 6);
		l->who[i].first_ns = now_ns;
	}
	l->who[i].answers++;
	l->who[i].last_ns = now_ns;
}

static void answer(struct load *l, struct echo e, const uint8_t from[6], uint64_t now_ns)
{
	uint64_t index = ntohl(e.index_be32);

	if (e.icmp.un.echo.id != htons(ICMP_ID))
		return;
	if (index >= l->sent) {
		l->strange++;
		return;
	}
	if (l->echo[index].answers)
		l->duplicates++;
	if (l->echo[index].answers < UINT8_MAX)
		l->echo[index].answers++;
	who_note(l, from, now_ns);
	gaps_answer(&l->gaps, now_ns);
}

static void read_ip(struct load *l, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	struct packet p;

	if (len < sizeof(p))
		return;
	memcpy(&p, bytes, sizeof(p));
	if (p.ip.ihl == 5 && p.ip.protocol == IPPROTO_ICMP && p.ip.saddr == l->to.word_be32[3] &&
	    p.echo.icmp.type == ICMP_ECHOREPLY)
		answer(l, p.echo, p.eth.h_source, now_ns);
}

static void read_ip6(struct load *l, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	struct packet6 p;

	if (len < sizeof(p))
		return;
	memcpy(&p, bytes, sizeof(p));
	if (p.ip.ip6_nxt == IPPROTO_ICMPV6 && !memcmp(&p.ip.ip6_src, &l->to, sizeof(l->to)) &&
	    p.echo.icmp.type == ICMPV6_ECHO_REPLY)
		answer(l, p.echo, p.eth.h_source, now_ns);
}

static void answers_read(struct load *l)
{
	uint8_t bytes[2048];
	uint64_t now_ns;
	size_t len;

	while ((len = stamped_recv(l->ear.fd, bytes, sizeof(bytes), &now_ns)))
		(l->v6 ? read_ip6 : read_ip)(l, bytes, len, now_ns);
}

static void echoes_due(struct load *l, uint64_t now_ns)
{
	uint64_t due = pace_due(&l->pace, now_ns), n;

	due = due < l->ticks_left ? due : l->ticks_left;
	l->ticks_left -= due;
	l->backlog += due;
	if (now_ns - l->burst_ns < BURST_APART_NS && l->backlog > 1)
		return;
	l->burst_ns = now_ns;
	n = l->backlog < MAX_BURST ? l->backlog : MAX_BURST;
	for (l->backlog -= n; n; n--)
		echo_send(l);
}

static void measure(struct load *l)
{
	uint64_t now_ns, last_ns = clock_now_ns();

	for (;;) {
		now_ns = clock_now_ns();
		if (stopped())
			l->ticks_left = 0;
		if (l->ticks_left || l->backlog)
			last_ns = now_ns;
		if (now_ns >= last_ns + LINGER_NS)
			break;
		echoes_due(l, now_ns);
		answers_read(l);
		pace_wait(&l->pace, l->ear.fd);
	}
	answers_read(l); /* what came in time while a busy machine let us wait */
	l->pace.end_ns = last_ns;
}

/* Frames that reached this host and found our socket full: the one loss that this tool can cause. */
static unsigned int own_drops(const struct load *l)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);

	if (getsockopt(l->ear.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		die("echoload: PACKET_STATISTICS: %s", strerror(errno));
	return stats.tp_drops;
}

static void report_lost(const struct load *l)
{
	uint64_t i, lost = 0, run = 0, longest = 0, first = 0, last = 0;

	for (i = 0; i < l->sent; i++) {
		run = l->echo[i].answers ? 0 : run + 1;
		if (!run)
			continue;
		first = lost++ ? first : l->echo[i].at_ns;
		last = l->echo[i].at_ns;
		longest = run > longest ? run : longest;
	}
	printf("\"lost\": %" PRIu64 ", \"longest_run_lost\": %" PRIu64
	       ", \"first_lost_ns\": %" PRIu64 ", \"last_lost_ns\": %" PRIu64 ",\n",
	       lost, longest, first, last);
}

static void report(const struct load *l)
{
	char mac[18];
	int i;

	printf("{\"sent\": %" PRIu64 ", \"send_failed\": %" PRIu64 ", \"duplicates\": %" PRIu64
	       ", \"strange\": %" PRIu64 ", \"own_drops\": %u, \"start_ns\": %" PRIu64
	       ", \"end_ns\": %" PRIu64 ",\n",
	       l->sent, l->send_failed, l->duplicates, l->strange, own_drops(l), l->pace.start_ns,
	       l->pace.end_ns);
	report_lost(l);
	printf("\"answers_by_mac\": [");
	for (i = 0; i < l->nwho; i++) {
		mac_text(l->who[i].mac, mac);
		printf("%s{\"mac\": \"%s\", \"answers\": %" PRIu64 ", \"first_ns\": %" PRIu64
		       ", \"last_ns\": %" PRIu64 "}",
		       i ? ", " : "", mac, l->who[i].answers, l->who[i].first_ns,
		       l->who[i].last_ns);
	}
	printf("],\n\"longest_gap_ns\": %" PRIu64,
	       l->gaps.longest.end_ns - l->gaps.longest.begin_ns);
	printf(",\n\"own_worst_late_ns\": %" PRIu64 ", \"own_worst_late_at_ns\": %" PRIu64 "}\n",
	       l->pace.worst_late_ns, l->pace.worst_late_at_ns);
}

/* All but the echo itself, once: a client with a permanent neighbour entry that hears nothing about MACs. */
static void deaf_prepare(struct load *l, const char *mac)
{
	struct packet *f = &l->frame;
	struct packet6 *f6 = &l->frame6;
	uint8_t *d = f->eth.h_dest;

	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", d, d + 1, d + 2, d + 3, d + 4, d + 5) != 6)
		die("echoload: \"%s\" is not a MAC", mac);
	if (!l->from.word_be32[3])
		die("echoload: -m needs the client's own address (-s)");
	memcpy(f->eth.h_source, l->ear.mac, 6);
	f->eth.h_proto = htons(l->v6 ? ETH_P_IPV6 : ETH_P_IP);
	f->ip = (struct iphdr){.version = 4,
			       .ihl = 5,
			       .ttl = 64,
			       .protocol = IPPROTO_ICMP,
			       .tot_len = htons(sizeof(f->ip) + sizeof(f->echo)),
			       .saddr = l->from.word_be32[3],
			       .daddr = l->to.word_be32[3]};
	f->ip.check = checksum(&f->ip, sizeof(f->ip), 0);
	f6->eth = f->eth;
	f6->ip.ip6_flow = htonl(6u << 28);
	f6->ip.ip6_plen = htons(sizeof(f6->echo));
	f6->ip.ip6_nxt = IPPROTO_ICMPV6;
	f6->ip.ip6_hlim = 64;
	memcpy(&f6->ip.ip6_src, &l->from, sizeof(l->from));
	memcpy(&f6->ip.ip6_dst, &l->to, sizeof(l->to));
	l->raw = -1;
}

static void plain_prepare(struct load *l)
{
	uint32_t no_types[8] = {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u};
	int level = l->v6 ? IPPROTO_ICMPV6 : SOL_RAW, name = l->v6 ? ICMPV6_FILTER : ICMP_FILTER;

	l->raw = socket(l->v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			l->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	/* It only sends; what it heard it would keep until it is full. */
	if (l->raw < 0 ||
	    setsockopt(l->raw, level, name, no_types, l->v6 ? sizeof(no_types) : 4) < 0)
		die("echoload: ICMP socket: %s", strerror(errno));
}

static void address(struct ipt_addr *ret, const char *text)
{
	if (!addr_parse(text, ret))
		die("echoload: \"%s\" is not an address", text);
}

int main(int argc, char **argv)
{
	static struct load l;
	const char *ifname = "eth0", *mac = NULL;
	uint64_t rate = 10000, ms = 1000;
	int c, one = 1;

	while ((c = getopt(argc, argv, "i:r:d:m:s:")) != -1) {
		if (c == 'i')
			ifname = optarg;
		else if (c == 'r')
			rate = parse_u64(optarg, "-r");
		else if (c == 'd')
			ms = parse_u64(optarg, "-d");
		else if (c == 'm')
			mac = optarg;
		else if (c == 's')
			address(&l.from, optarg);
		else
			die("usage: echoload [-i IFACE] [-r RATE] [-d MS] [-m MAC -s OWN_ADDR] "
			    "ADDR");
	}
	if (optind + 1 != argc)
		die("echoload: one address is needed");
	address(&l.to, argv[optind]);
	l.v6 = !ipt_addr_is_v4(&l.to);
	port_open(&l.ear, ifname, l.v6 ? ETH_P_IPV6 : ETH_P_IP);
	(void)setsockopt(l.ear.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (mac)
		deaf_prepare(&l, mac);
	else
		plain_prepare(&l);
	l.ticks_left = l.capacity = rate * ms / 1000;
	l.echo = calloc(l.capacity, sizeof(*l.echo));
	if (!l.echo)
		die("echoload: no memory for %" PRIu64 " echoes", l.capacity);
	stop_on_signals();
	pace_start(&l.pace, rate, ms * 1000000);
	measure(&l);
	report(&l);
	free(l.echo);
	return 0;
}
