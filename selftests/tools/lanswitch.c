/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A learning switch in user space whose faults are drawn from a seed, way by way, and set by commands:
 * `lanswitch -u SOCKET run PORT...` is the switch, `lanswitch -u SOCKET ask "COMMAND; ..."` talks to it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "common.h"
#include "common_capture.h"
#include "common_held.h"
#include "common_way.h"

#define MAX_PORTS 8
#define MAX_MACS 256
#define MAX_FRAME 2048
#define MAX_TEXT 4096
#define ALL_PORTS MAX_PORTS

struct known {
	uint8_t mac[6];
	uint32_t port;
};

struct lan {
	const char *name[MAX_PORTS];
	struct port port[MAX_PORTS];
	uint32_t nports;
	struct way way[MAX_PORTS][MAX_PORTS];
	uint64_t in[MAX_PORTS], out[MAX_PORTS], not_out[MAX_PORTS], missed[MAX_PORTS];
	struct known known[MAX_MACS];
	uint32_t nknown;
	struct held held;
	uint64_t worst_late_ns;
	uint16_t beat_port;
	struct capture_log log;
	bool logs_all;
	int asked; /* commands come in here */
};

static void log_frame(const struct lan *l, pcap_dumper_t *log, uint64_t now_ns,
		      const uint8_t *bytes, size_t len)
{
	if (log && (l->logs_all || frame_class(bytes, len, l->beat_port) != CLASS_OTHER))
		capture_frame(log, now_ns, bytes, len);
}

static void deliver(struct lan *l, uint32_t to, const uint8_t *bytes, size_t len)
{
	/* A port that is down takes nothing; that is a cable, no loss of ours. */
	if (!port_send(&l->port[to], bytes, len)) {
		l->not_out[to]++;
		return;
	}
	l->out[to]++;
	log_frame(l, l->log.to[to], clock_now_ns(), bytes, len);
}

static void pass(struct lan *l, uint32_t from, uint32_t to, const uint8_t *bytes, size_t len)
{
	uint64_t delay_ns[2];
	int n = way_decide(&l->way[from][to], frame_class(bytes, len, l->beat_port), delay_ns), i;

	for (i = 0; i < n; i++) {
		if (delay_ns[i])
			held_put(&l->held, clock_now_ns() + delay_ns[i], to, bytes, len);
		else
			deliver(l, to, bytes, len);
	}
}

static struct known *known_find(struct lan *l, const uint8_t mac[6])
{
	uint32_t i;

	for (i = 0; i < l->nknown; i++)
		if (!memcmp(l->known[i].mac, mac, 6))
			return &l->known[i];
	return NULL;
}

static void learn(struct lan *l, const uint8_t mac[6], uint32_t port)
{
	struct known *k = known_find(l, mac);

	if (mac[0] & 1)
		return;
	/* A full table floods what it cannot learn, as switches do. */
	if (!k && l->nknown == MAX_MACS)
		return;
	if (!k) {
		k = &l->known[l->nknown++];
		memcpy(k->mac, mac, 6);
	}
	k->port = port;
}

static void forward(struct lan *l, uint32_t from, const uint8_t *bytes, size_t len)
{
	const struct known *k = bytes[0] & 1 ? NULL : known_find(l, bytes);
	uint32_t to;

	for (to = 0; to < l->nports; to++)
		if (to != from && (!k || k->port == to))
			pass(l, from, to, bytes, len);
}

static void receive(struct lan *l, uint32_t from)
{
	uint8_t bytes[MAX_FRAME];
	uint64_t rx_ns;
	size_t len;
	int i;

	/* In turns: one loud port must not hold up the others. */
	for (i = 0; i < 64 && (len = stamped_recv(l->port[from].fd, bytes, sizeof(bytes), &rx_ns));
	     i++) {
		if (len < ETH_HLEN || len == sizeof(bytes))
			continue;
		l->in[from]++;
		log_frame(l, l->log.from[from], rx_ns, bytes, len);
		learn(l, bytes + 6, from);
		forward(l, from, bytes, len);
	}
}

static void release_due(struct lan *l)
{
	uint64_t now_ns = clock_now_ns();
	struct held_frame f;

	while (l->held.count && l->held.heap[0].due_ns <= now_ns) {
		f = held_take(&l->held);
		if (now_ns - f.due_ns > l->worst_late_ns)
			l->worst_late_ns = now_ns - f.due_ns;
		deliver(l, f.to, f.bytes, f.len);
		free(f.bytes);
	}
}

/* --- commands ---------------------------------------------------------------------------------------- */

static int port_named(const struct lan *l, const char *name)
{
	uint32_t i;

	if (name && !strcmp(name, "*"))
		return ALL_PORTS;
	for (i = 0; name && i < l->nports; i++)
		if (!strcmp(l->name[i], name))
			return (int)i;
	return -1;
}

/* "WHAT FROM TO ...": every way that the two names mean. */
static bool obey(struct lan *l, char *text)
{
	char *rest, *what = strtok_r(text, " ", &rest), *from_name = strtok_r(NULL, " ", &rest);
	char *to_name = strtok_r(NULL, " ", &rest), *a = strtok_r(NULL, " ", &rest);
	int from = port_named(l, from_name), to = port_named(l, to_name), i, j;

	if (!what || from < 0 || to < 0)
		return false;
	for (i = 0; i < (int)l->nports; i++)
		for (j = 0; j < (int)l->nports; j++)
			if (i != j && (from == ALL_PORTS || from == i) &&
			    (to == ALL_PORTS || to == j) &&
			    !way_set(&l->way[i][j], what, a, rest && *rest ? rest : NULL))
				return false;
	return true;
}

/* Frames that the kernel had for us and we were too slow to fetch: the switch's own loss. */
static void missed_read(struct lan *l)
{
	struct tpacket_stats stats;
	socklen_t len;
	uint32_t i;

	for (i = 0; i < l->nports; i++) {
		len = sizeof(stats);
		if (!getsockopt(l->port[i].fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
			l->missed[i] += stats.tp_drops;
	}
}

static void stats_write(struct lan *l, char *text, size_t size)
{
	uint64_t lost = 0, cut = 0, doubled = 0;
	uint32_t i, j;
	int n;

	missed_read(l);
	for (i = 0; i < l->nports; i++)
		for (j = 0; j < l->nports; j++) {
			lost += l->way[i][j].lost;
			cut += l->way[i][j].cut_frames;
			doubled += l->way[i][j].doubled;
		}
	n = snprintf(text, size,
		     "{\"lost\": %" PRIu64 ", \"cut\": %" PRIu64 ", \"doubled\": %" PRIu64
		     ", \"held\": %u, \"worst_late_ns\": %" PRIu64 ", \"ports\": [",
		     lost, cut, doubled, l->held.count, l->worst_late_ns);
	for (i = 0; i < l->nports; i++)
		n += snprintf(text + n, size - (size_t)n,
			      "%s{\"name\": \"%s\", \"in\": %" PRIu64 ", \"out\": %" PRIu64
			      ", \"not_out\": %" PRIu64 ", \"missed\": %" PRIu64 "}",
			      i ? ", " : "", l->name[i], l->in[i], l->out[i], l->not_out[i],
			      l->missed[i]);
	(void)snprintf(text + n, size - (size_t)n, "]}");
}

/* The answer to a command is the moment at which it was in force; what was captured is then in the file. */
static void answer(struct lan *l)
{
	char text[MAX_TEXT], reply[MAX_TEXT], *rest, *one;
	struct sockaddr_un from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(l->asked, text, sizeof(text) - 1, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &size);

	if (n < 0)
		return;
	text[n] = '\0';
	(void)snprintf(reply, sizeof(reply), "%" PRIu64, clock_now_ns());
	for (one = strtok_r(text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
		one += strspn(one, " ");
		if (!strcmp(one, "stats"))
			stats_write(l, reply, sizeof(reply));
		else if (strcmp(one, "sync") && !obey(l, one))
			(void)snprintf(reply, sizeof(reply), "error: \"%s\"", one);
	}
	capture_flush(&l->log);
	(void)sendto(l->asked, reply, strlen(reply), 0, (struct sockaddr *)&from, size);
}

static void serve(struct lan *l)
{
	struct pollfd pfd[MAX_PORTS + 1];
	struct timespec wait;
	uint64_t now_ns, wait_ns;
	uint32_t i;

	for (i = 0; i < l->nports; i++)
		pfd[i] = (struct pollfd){.fd = l->port[i].fd, .events = POLLIN};
	pfd[l->nports] = (struct pollfd){.fd = l->asked, .events = POLLIN};
	while (!stopped()) {
		now_ns = clock_now_ns();
		wait_ns = 1000000000;
		if (l->held.count)
			wait_ns = l->held.heap[0].due_ns > now_ns ? l->held.heap[0].due_ns - now_ns
								  : 0;
		wait = (struct timespec){.tv_sec = (time_t)(wait_ns / 1000000000),
					 .tv_nsec = (long)(wait_ns % 1000000000)};
		if (ppoll(pfd, l->nports + 1, &wait, NULL) < 0)
			continue;
		/* Commands first: what is cut now must not see the frames that come now. */
		if (pfd[l->nports].revents)
			answer(l);
		for (i = 0; i < l->nports; i++)
			if (pfd[i].revents)
				receive(l, i);
		release_due(l);
	}
}

static int bind_unix(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("lanswitch: %s: %s", path, strerror(errno));
	return fd;
}

static int ask(const char *path, const char *command)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = 5};
	char own[sizeof(at.sun_path)], reply[MAX_TEXT];
	ssize_t n;
	int fd;

	(void)snprintf(own, sizeof(own), "%.80s.%d", path, (int)getpid());
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = bind_unix(own);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	n = sendto(fd, command, strlen(command), 0, (struct sockaddr *)&at, sizeof(at));
	if (n >= 0)
		n = recv(fd, reply, sizeof(reply), 0);
	(void)unlink(own);
	if (n < 0)
		die("lanswitch: %s does not answer: %s", path, strerror(errno));
	printf("%.*s\n", (int)n, reply);
	return n >= 5 && !memcmp(reply, "error", 5);
}

static void plug_in(struct lan *l, uint64_t seed, int argc, char **argv)
{
	uint32_t i, j;
	int one = 1;

	if (argc < 2 || argc > MAX_PORTS)
		die("lanswitch: 2 to %d ports", MAX_PORTS);
	l->nports = (uint32_t)argc;
	for (i = 0; i < l->nports; i++) {
		l->name[i] = argv[i];
		port_open(&l->port[i], argv[i], ETH_P_ALL);
		(void)setsockopt(l->port[i].fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
				 sizeof(one));
		for (j = 0; j < l->nports; j++)
			way_init(&l->way[i][j], seed, i, j);
	}
}

int main(int argc, char **argv)
{
	static struct lan l;
	const char *path = NULL, *log = NULL;
	uint64_t seed = 1;
	int c;

	l.beat_port = 5694;
	while ((c = getopt(argc, argv, "u:w:s:p:a")) != -1) {
		if (c == 'u')
			path = optarg;
		else if (c == 'w')
			log = optarg;
		else if (c == 's')
			seed = parse_u64(optarg, "-s");
		else if (c == 'p')
			l.beat_port = (uint16_t)parse_u64(optarg, "-p");
		else if (c == 'a')
			l.logs_all = true;
		else
			optind = argc + 1;
	}
	if (path && optind + 2 == argc && !strcmp(argv[optind], "ask"))
		return ask(path, argv[optind + 1]);
	if (!path || optind >= argc || strcmp(argv[optind], "run"))
		die("usage: lanswitch -u SOCKET [-s SEED] [-w DIRECTORY [-a]] [-p BEAT_PORT] "
		    "run PORT... | lanswitch -u SOCKET ask COMMANDS");
	stop_on_signals();
	plug_in(&l, seed, argc - optind - 1, argv + optind + 1);
	if (log)
		capture_begin(&l.log, log, l.name, l.nports);
	l.asked = bind_unix(path);
	serve(&l);
	capture_flush(&l.log);
	(void)unlink(path);
	return 0;
}
