/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UDP at a high rate to one address that several hosts may serve, and who of them got which datagram: one process
 * with a socket in the network namespace of each, so that nothing has to be matched afterwards. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"

#define BATCH 64
#define TURNS_A_SECOND \
	5000 /* 20 datagrams a turn at 100,000 a second; polling oftener only costs */
/* What a stall of ours delayed is sent at up to this many times the rate: a heap would overflow the queue of a veth
 * (256 frames), and the loss would be ours. */
#define CATCH_UP 3
#define COOKIE 0x75647031u
#define PAYLOAD 64
#define MAX_SINKS 8
#define LINGER_NS 500000000ull

struct datagram {
	uint32_t cookie;
	uint32_t index;
	uint8_t pad[PAYLOAD - 8];
};

struct sink {
	const char *host;
	int fd;
	uint64_t got, first_index, last_index;
};

struct load {
	int out;
	struct sink sink[MAX_SINKS];
	int nsinks;
	struct pace pace;
	uint64_t per_turn, backlog, turns_left;
	uint8_t *seen; /* how often each one arrived */
	uint64_t capacity, sent, send_failed, duplicates, strange;
};

/* A UDP socket in the namespace /run/netns/`host`, where this thread then stays. */
static int socket_in(const char *host)
{
	char path[256];
	int fd, ns, bytes = 64 << 20;

	(void)snprintf(path, sizeof(path), "/run/netns/%s", host);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		die("udpload: %s: %s", path, strerror(errno));
	(void)close(ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		die("udpload: socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

/* Bound to any address: it hears whatever of the floating ones is local at the moment. */
static void sink_open(struct load *l, const char *host, uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sink *s = &l->sink[l->nsinks++];

	if (l->nsinks > MAX_SINKS)
		die("udpload: more than %d sinks", MAX_SINKS);
	*s = (struct sink){.host = host, .fd = socket_in(host)};
	if (bind(s->fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die("udpload: port %u of %s: %s", port, host, strerror(errno));
}

/* Datagrams that did not leave stay among the lost: to a user both are the same. */
static void batch_send(struct load *l, unsigned int n)
{
	static struct datagram out[BATCH];
	struct mmsghdr msgs[BATCH] = {0};
	struct iovec iov[BATCH];
	unsigned int i;
	int done;

	for (i = 0; i < n; i++) {
		out[i].cookie = COOKIE;
		out[i].index = (uint32_t)(l->sent + i);
		iov[i] = (struct iovec){.iov_base = &out[i], .iov_len = sizeof(out[i])};
		msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	for (i = 0; i < n; i += (unsigned int)done) {
		done = sendmmsg(l->out, msgs + i, n - i, MSG_DONTWAIT);
		if (done > 0)
			continue;
		/* ECONNREFUSED, EHOSTUNREACH: what an earlier one met; this one has not been tried. */
		l->send_failed++;
		done = 1;
	}
	l->sent += n;
}

static void datagram_note(struct load *l, struct sink *s, const struct datagram *d, size_t len)
{
	if (len < 8 || d->cookie != COOKIE || d->index >= l->sent) {
		l->strange++;
		return;
	}
	if (l->seen[d->index])
		l->duplicates++;
	if (l->seen[d->index] < UINT8_MAX)
		l->seen[d->index]++;
	if (!s->got++)
		s->first_index = d->index;
	s->last_index = d->index;
}

static void sink_read(struct load *l, struct sink *s)
{
	static struct datagram in[BATCH];
	struct mmsghdr msgs[BATCH] = {0};
	struct iovec iov[BATCH];
	int i, n;

	for (i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){.iov_base = &in[i], .iov_len = sizeof(in[i])};
		msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	do {
		n = recvmmsg(s->fd, msgs, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			datagram_note(l, s, &in[i], msgs[i].msg_len);
	} while (n == BATCH);
}

static void turn(struct load *l, uint64_t now_ns)
{
	uint64_t due = pace_due(&l->pace, now_ns), most = CATCH_UP * l->per_turn, n;
	int i;

	due = due < l->turns_left ? due : l->turns_left;
	l->turns_left -= due;
	l->backlog += due * l->per_turn;
	most = most < l->backlog ? most : l->backlog;
	for (; most; most -= n) {
		n = most < BATCH ? most : BATCH;
		batch_send(l, (unsigned int)n);
		l->backlog -= n;
	}
	for (i = 0; i < l->nsinks; i++)
		sink_read(l, &l->sink[i]);
}

static void measure(struct load *l)
{
	uint64_t now_ns, last_ns = 0;

	for (;;) {
		now_ns = clock_now_ns();
		if (stopped())
			l->turns_left = 0;
		turn(l, now_ns);
		if (l->turns_left || l->backlog || !last_ns)
			last_ns = now_ns;
		if (now_ns >= last_ns + LINGER_NS)
			break;
		pace_wait(&l->pace, -1);
	}
	l->pace.end_ns = last_ns;
}

/* What the kernel dropped because we had not read: the one loss that this tool can cause. */
static uint32_t socket_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		die("udpload: SO_MEMINFO: %s", strerror(errno));
	return info[SK_MEMINFO_DROPS];
}

static void report_lost(const struct load *l)
{
	uint64_t i, lost = 0, run = 0, longest = 0, first = 0, last = 0;

	for (i = 0; i < l->sent; i++) {
		run = l->seen[i] ? 0 : run + 1;
		if (!run)
			continue;
		first = lost++ ? first : i;
		last = i;
		longest = run > longest ? run : longest;
	}
	printf("\"lost\": %" PRIu64 ", \"longest_run_lost\": %" PRIu64 ", \"first_lost\": %" PRIu64
	       ", \"last_lost\": %" PRIu64 ",\n",
	       lost, longest, first, last);
}

static void report(const struct load *l)
{
	double seconds = (double)(l->pace.end_ns - l->pace.start_ns) / 1e9;
	uint32_t drops = 0;
	int i;

	for (i = 0; i < l->nsinks; i++)
		drops += socket_drops(l->sink[i].fd);
	printf("{\"sent\": %" PRIu64 ", \"send_failed\": %" PRIu64 ", \"duplicates\": %" PRIu64
	       ", \"strange\": %" PRIu64 ", \"socket_drops\": %u, \"seconds\": %.3f"
	       ", \"offered_a_second\": %.0f,\n",
	       l->sent, l->send_failed, l->duplicates, l->strange, drops, seconds,
	       (double)l->sent / seconds);
	report_lost(l);
	printf("\"own_worst_late_ns\": %" PRIu64 ",\n\"sinks\": [", l->pace.worst_late_ns);
	for (i = 0; i < l->nsinks; i++)
		printf("%s{\"host\": \"%s\", \"got\": %" PRIu64 ", \"first\": %" PRIu64
		       ", \"last\": %" PRIu64 "}",
		       i ? ", " : "", l->sink[i].host, l->sink[i].got, l->sink[i].first_index,
		       l->sink[i].last_index);
	printf("]}\n");
}

static void load_prepare(struct load *l, const char *sender, const char *addr, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = parse_ip(addr)};

	l->out = socket_in(sender);
	if (connect(l->out, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("udpload: %s: %s", addr, strerror(errno));
	l->seen = calloc(l->capacity, 1);
	if (!l->seen)
		die("udpload: no memory for %" PRIu64 " datagrams", l->capacity);
}

int main(int argc, char **argv)
{
	static struct load l;
	uint64_t rate = 100000, ms = 1000, port = 5700;
	const char *sender = NULL;
	int c;

	while ((c = getopt(argc, argv, "r:d:p:n:s:")) != -1) {
		if (c == 'r')
			rate = parse_u64(optarg, "-r");
		else if (c == 'd')
			ms = parse_u64(optarg, "-d");
		else if (c == 'p')
			port = parse_u64(optarg, "-p");
		else if (c == 'n')
			sender = optarg;
		else if (c == 's')
			sink_open(&l, optarg, (uint16_t)port);
		else
			die("usage: udpload [-r RATE] [-d MS] [-p PORT] [-n SENDER] -s SINK... "
			    "ADDR");
	}
	if (optind + 1 != argc || !sender || !l.nsinks || rate < TURNS_A_SECOND)
		die("udpload: one address, a sender, a sink and at least %d a second are needed",
		    TURNS_A_SECOND);
	l.per_turn = rate / TURNS_A_SECOND;
	l.turns_left = ms * TURNS_A_SECOND / 1000;
	l.capacity = l.turns_left * l.per_turn;
	load_prepare(&l, sender, argv[optind], (uint16_t)port);
	stop_on_signals();
	pace_start(&l.pace, TURNS_A_SECOND, ms * 1000000);
	measure(&l);
	report(&l);
	free(l.seen);
	return 0;
}
