/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An ordinary client: pings one address at a steady rate through the kernel's own neighbour table. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"

#define ICMP_ID 0x1954

struct echo {
	struct icmphdr icmp;
	uint32_t index; /* 16 bits of sequence wrap after a minute */
	uint32_t pad;
};

struct prober {
	int fd;
	struct sockaddr_in to;
	struct pace pace;
	struct gaps gaps;
	uint64_t sent, send_failed, answered, last_index;
};

static uint16_t checksum(const void *bytes, size_t len)
{
	const uint16_t *w = bytes;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *w++;
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void echo_send(struct prober *p)
{
	struct echo e = {.icmp = {.type = ICMP_ECHO}};

	e.icmp.un.echo.id = htons(ICMP_ID);
	e.icmp.un.echo.sequence = htons((uint16_t)p->sent);
	e.index = htonl((uint32_t)p->sent);
	e.icmp.checksum = checksum(&e, sizeof(e));
	p->sent++;
	/* "Host unreachable" is what a client sees while nobody answers ARP: part of the measurement. */
	if (sendto(p->fd, &e, sizeof(e), MSG_DONTWAIT, (struct sockaddr *)&p->to, sizeof(p->to)) <
	    0)
		p->send_failed++;
}

static void answers_read(struct prober *p)
{
	struct {
		struct iphdr ip;
		struct echo echo;
		uint8_t rest[64];
	} in;
	uint64_t now_ns;
	size_t len;

	while ((len = stamped_recv(p->fd, &in, sizeof(in), &now_ns))) {
		if (len < sizeof(in.ip) + sizeof(in.echo) || in.ip.ihl != 5)
			continue;
		if (in.ip.saddr != p->to.sin_addr.s_addr || in.echo.icmp.type != ICMP_ECHOREPLY ||
		    in.echo.icmp.un.echo.id != htons(ICMP_ID))
			continue;
		p->answered++;
		p->last_index = ntohl(in.echo.index);
		gaps_answer(&p->gaps, now_ns);
	}
}

static void measure(struct prober *p)
{
	uint64_t now_ns, late_ns, due, linger_ns = 100000000;

	for (;;) {
		now_ns = clock_now_ns();
		if (stopped() && p->pace.end_ns > now_ns)
			p->pace.end_ns = now_ns;
		if (now_ns >= p->pace.end_ns + linger_ns)
			break;
		late_ns = now_ns - p->pace.look_ns;
		if (late_ns > 2 * p->pace.interval_ns)
			gaps_late(&p->gaps, late_ns);
		due = pace_due(&p->pace, now_ns);
		for (; due && now_ns < p->pace.end_ns; due--)
			echo_send(p);
		answers_read(p);
		pace_wait(&p->pace, p->fd);
	}
	answers_read(p); /* what came in time while a busy machine let us wait */
}

static void report(const struct prober *p)
{
	printf("{\"sent\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"send_failed\": %" PRIu64
	       ", \"start_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 ", \"last_answer_ns\": %" PRIu64
	       ",\n",
	       p->sent, p->answered, p->send_failed, p->pace.start_ns, p->pace.end_ns,
	       p->gaps.last_ns);
	gaps_print(&p->gaps);
	printf(",\n\"own_worst_late_ns\": %" PRIu64 ", \"own_worst_late_at_ns\": %" PRIu64 "}\n",
	       p->pace.worst_late_ns, p->pace.worst_late_at_ns);
}

int main(int argc, char **argv)
{
	static struct prober p;
	uint64_t rate = 1000, ms = 1000;
	int c;

	p.gaps.threshold_ns = 5000000;
	while ((c = getopt(argc, argv, "r:d:g:")) != -1) {
		if (c == 'r')
			rate = parse_u64(optarg, "-r");
		else if (c == 'd')
			ms = parse_u64(optarg, "-d");
		else if (c == 'g')
			p.gaps.threshold_ns = parse_u64(optarg, "-g") * 1000000;
		else
			die("usage: prober [-r RATE] [-d MS] [-g GAP_MS] ADDR");
	}
	if (optind + 1 != argc)
		die("prober: one address is needed");
	p.to = (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = parse_ip(argv[optind])};
	p.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (p.fd < 0)
		die("prober: ICMP socket: %s", strerror(errno));
	stamps_on(p.fd);
	stop_on_signals();
	pace_start(&p.pace, rate, ms * 1000000);
	measure(&p);
	report(&p);
	(void)close(p.fd);
	return 0;
}
