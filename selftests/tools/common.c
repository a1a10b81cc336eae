/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the test tools share: packet sockets with kernel receive stamps, pacing, gaps, JSON pieces. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"

static volatile sig_atomic_t stop_seen;
static int64_t realtime_minus_boot_ns;

noreturn void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

uint64_t parse_u64(const char *text, const char *what)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		die("%s: \"%s\" is not a number", what, text);
	return value;
}

uint32_t parse_ip(const char *text)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1)
		die("\"%s\" is not an IPv4 address", text);
	return addr.s_addr;
}

void mac_text(const uint8_t mac[6], char ret[18])
{
	(void)snprintf(ret, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
}

void ip_text(uint32_t ip_be32, char ret[16])
{
	const uint8_t *b = (const uint8_t *)&ip_be32;

	(void)snprintf(ret, 16, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

void port_open(struct port *p, const char *ifname, uint16_t ethertype)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ethertype)};
	struct ifreq req = {0};

	p->ifindex = if_nametoindex(ifname);
	if (!p->ifindex)
		die("interface \"%s\": %s", ifname, strerror(errno));
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		die("packet socket: %s", strerror(errno));
	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", ifname);
	if (ioctl(p->fd, SIOCGIFHWADDR, &req) < 0)
		die("MAC of \"%s\": %s", ifname, strerror(errno));
	memcpy(p->mac, req.ifr_hwaddr.sa_data, 6);
	stamps_on(p->fd);
	ll.sll_ifindex = (int)p->ifindex;
	if (bind(p->fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		die("bind to \"%s\": %s", ifname, strerror(errno));
}

bool port_send(struct port *p, const void *frame, size_t len)
{
	ssize_t n = send(p->fd, frame, len, MSG_DONTWAIT);

	if (n < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ENETDOWN)
		die("send: %s", strerror(errno));
	return n == (ssize_t)len;
}

void stamps_on(int fd)
{
	int one = 1, bytes = 32 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		die("SO_TIMESTAMPNS: %s", strerror(errno));
	/* A stall of this process must not cost answers; without the right to it, the default does. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	stamps_sync();
}

/* The narrowest of several looks: one that was interrupted would shift all stamps. */
void stamps_sync(void)
{
	uint64_t before_ns, after_ns, narrowest_ns = UINT64_MAX;
	struct timespec real;
	int i;

	for (i = 0; i < 8; i++) {
		before_ns = clock_now_ns();
		(void)clock_gettime(CLOCK_REALTIME, &real);
		after_ns = clock_now_ns();
		if (after_ns - before_ns >= narrowest_ns)
			continue;
		narrowest_ns = after_ns - before_ns;
		realtime_minus_boot_ns = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec -
					 (int64_t)(before_ns + narrowest_ns / 2);
	}
}

static uint64_t stamp_of(struct msghdr *msg)
{
	struct timespec ts;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (uint64_t)((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec -
				  realtime_minus_boot_ns);
	}
	return clock_now_ns();
}

size_t stamped_recv(int fd, void *bytes, size_t size, uint64_t *ret_ns)
{
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_ll from;
	struct iovec iov = {.iov_base = bytes, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &from};
	ssize_t n;

	do {
		msg.msg_namelen = sizeof(from);
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		n = recvmsg(fd, &msg, MSG_DONTWAIT);
	} while (n >= 0 && from.sll_family == AF_PACKET && from.sll_pkttype == PACKET_OUTGOING);
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
		die("recv: %s", strerror(errno));
	if (n <= 0)
		return 0;
	*ret_ns = stamp_of(&msg);
	return (size_t)n;
}

static void on_signal(int sig)
{
	(void)sig;
	stop_seen = 1;
}

void stop_on_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	/* Shells start background jobs with SIGINT ignored; ours must hear both. */
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)prctl(PR_SET_TIMERSLACK, 1);
}

bool stopped(void)
{
	return stop_seen != 0;
}

void pace_start(struct pace *p, uint64_t rate, uint64_t duration_ns)
{
	if (!rate || rate > 1000000)
		die("rate must be 1 to 1000000 a second");
	*p = (struct pace){.start_ns = clock_now_ns(), .interval_ns = 1000000000 / rate};
	p->look_ns = p->start_ns;
	p->end_ns = p->start_ns + duration_ns;
}

uint64_t pace_due(struct pace *p, uint64_t now_ns)
{
	uint64_t due_ns = p->start_ns + p->next * p->interval_ns;
	uint64_t n;

	p->look_ns = now_ns;
	if (now_ns < due_ns)
		return 0;
	if (now_ns - due_ns > p->worst_late_ns) {
		p->worst_late_ns = now_ns - due_ns;
		p->worst_late_at_ns = now_ns;
	}
	n = (now_ns - due_ns) / p->interval_ns + 1;
	p->next += n;
	return n;
}

void pace_wait(const struct pace *p, int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	uint64_t due_ns = p->start_ns + p->next * p->interval_ns, now_ns = clock_now_ns();
	uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	struct timespec ts = {.tv_sec = (time_t)(wait_ns / 1000000000),
			      .tv_nsec = (long)(wait_ns % 1000000000)};

	(void)ppoll(&pfd, 1, &ts, NULL);
}

void gaps_late(struct gaps *g, uint64_t late_ns)
{
	if (late_ns > g->late_ns)
		g->late_ns = late_ns;
}

void gaps_answer(struct gaps *g, uint64_t now_ns)
{
	struct gap gap = {.begin_ns = g->last_ns, .end_ns = now_ns, .late_ns = g->late_ns};

	if (g->last_ns && now_ns > g->last_ns) {
		if (now_ns - g->last_ns > g->longest.end_ns - g->longest.begin_ns)
			g->longest = gap;
		if (now_ns - g->last_ns >= g->threshold_ns) {
			if (g->count < GAPS_MAX)
				g->list[g->count] = gap;
			g->count++;
		}
	}
	g->late_ns = 0;
	if (now_ns > g->last_ns)
		g->last_ns = now_ns;
}

static void gap_print(const struct gap *g)
{
	printf("{\"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 ", \"length_ns\": %" PRIu64
	       ", \"own_late_ns\": %" PRIu64 "}",
	       g->begin_ns, g->end_ns, g->end_ns - g->begin_ns, g->late_ns);
}

void gaps_print(const struct gaps *g)
{
	uint64_t i;

	printf("\"longest_gap\": ");
	gap_print(&g->longest);
	printf(",\n\"gap_count\": %" PRIu64 ", \"gaps\": [", g->count);
	for (i = 0; i < g->count && i < GAPS_MAX; i++) {
		printf("%s", i ? ", " : "");
		gap_print(&g->list[i]);
	}
	printf("]");
}
