/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks for addresses of both families and collects who answers for which, and after how long. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "core/frame.h"
#include "netdev.h"
#include "packet.h"
#include "probe.h"
#include "probe_int.h"

/* Between two looks at the answers: what a socket's default receive buffer surely holds. */
#define SEND_BATCH 64

struct target {
	struct ipt_addr ip;
	uint32_t index; /* into the caller's array */
	uint64_t sent_ns; /* the newest probe; 0: none has left yet */
};

struct probe {
	int fd[PROBE_FAMILIES]; /* -1: no address of that family is asked for */
	const struct probe_ask *ask;
	struct ipt_addr from6; /* our link-local address */
	struct target *targets; /* ask->n of them, sorted by address */
	struct probe_answer *answers; /* in the caller's order */
};

static int target_order(const void *a, const void *b)
{
	return addr_order(&((const struct target *)a)->ip, &((const struct target *)b)->ip);
}

static const struct probe_family *family_of(const struct ipt_addr *ip)
{
	return ipt_addr_is_v4(ip) ? &probe_arp : &probe_nd;
}

static struct probe_asker asker_of(const struct probe *p)
{
	return (struct probe_asker){.mac = p->ask->own_mac,
				    .from_be32 = p->ask->from_be32,
				    .from6 = &p->from6};
}

static void note_answer(struct probe *p, const struct probe_said *said, uint64_t now_ns)
{
	static const uint8_t none[6];
	const struct target key = {.ip = said->ip};
	const struct target *target;
	struct probe_answer *answer;

	if (memcmp(said->mac, p->ask->own_mac, 6) == 0)
		return;
	target = bsearch(&key, p->targets, p->ask->n, sizeof(*target), target_order);
	if (!target || !target->sent_ns)
		return;
	answer = &p->answers[target->index];
	if (answer->answers++ == 0) {
		memcpy(answer->mac, said->mac, 6);
		answer->rtt_ns = now_ns - target->sent_ns;
	} else if (memcmp(answer->mac, said->mac, 6) != 0 && !memcmp(answer->other_mac, none, 6)) {
		memcpy(answer->other_mac, said->mac, 6);
	}
}

static int read_family(struct probe *p, const struct probe_family *f)
{
	const struct probe_asker asker = asker_of(p);
	struct probe_said said;
	uint8_t frame[256];
	int len = 1;

	for (int i = 0; i < PACKET_LOOKS && len > 0; i++) {
		len = packet_recv(p->fd[f->index], frame, sizeof(frame));
		if (len > 0 && f->read(frame, (size_t)len, &asker, &said))
			note_answer(p, &said, clock_now_ns());
	}
	if (len > 0)
		return 0;
	/* A port that goes down says so once; the probes that do not leave are what counts. */
	return len == -ENETDOWN ? 0 : len;
}

static int read_answers(struct probe *p)
{
	int err = p->fd[0] < 0 ? 0 : read_family(p, &probe_arp);

	return err || p->fd[1] < 0 ? err : read_family(p, &probe_nd);
}

static int collect_until(struct probe *p, uint64_t until_ns)
{
	struct pollfd pfd[PROBE_FAMILIES] = {{.fd = p->fd[0], .events = POLLIN},
					     {.fd = p->fd[1], .events = POLLIN}};
	uint64_t now_ns;
	int err;

	while ((now_ns = clock_now_ns()) < until_ns) {
		uint64_t left_ns = until_ns - now_ns;
		struct timespec left = {
			.tv_sec = (time_t)(left_ns / 1000000000),
			.tv_nsec = (long)(left_ns % 1000000000),
		};

		if (ppoll(pfd, PROBE_FAMILIES, &left, NULL) < 0 && errno != EINTR)
			return -errno;
		err = read_answers(p);
		if (err)
			return err;
	}
	return 0;
}

/* Targets first.. of one family, as many as go out at once: their number, or -errno. */
static int send_some(struct probe *p, uint32_t first)
{
	const struct probe_family *f = family_of(&p->targets[first].ip);
	const struct probe_asker asker = asker_of(p);
	uint8_t frames[SEND_BATCH * PROBE_FRAME];
	uint64_t now_ns;
	size_t len = 0;
	uint32_t n = 0;
	int sent;

	while (n < SEND_BATCH && first + n < p->ask->n &&
	       family_of(&p->targets[first + n].ip) == f) {
		len = f->write(frames + n * len, &asker, &p->targets[first + n].ip);
		n++;
	}
	now_ns = clock_now_ns();
	sent = packet_send_many(p->fd[f->index], frames, len, n);
	for (int i = 0; i < sent; i++)
		p->targets[first + (uint32_t)i].sent_ns = now_ns;
	return sent < 0 ? sent : (int)n;
}

static int send_round(struct probe *p)
{
	int done, err = 0;

	for (uint32_t first = 0; !err && first < p->ask->n; first += (uint32_t)done) {
		done = send_some(p, first);
		if (done < 0)
			return done;
		err = read_answers(p);
	}
	return err;
}

static int run_rounds(struct probe *p)
{
	uint64_t start_ns = clock_now_ns(), round_ns = p->ask->wait_ns / p->ask->count;
	unsigned int round;
	int err = 0;

	for (round = 0; !err && round < p->ask->count; round++) {
		err = send_round(p);
		if (!err)
			err = collect_until(p, start_ns + round_ns * (round + 1));
	}
	return err;
}

/* An address that nobody was asked about is not a free address. */
static bool all_asked(const struct probe *p)
{
	uint32_t i;

	for (i = 0; i < p->ask->n; i++)
		if (!p->targets[i].sent_ns)
			return false;
	return true;
}

/* One that floats is deprecated, and never asks. */
static void look_for_own(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct probe *p = arg;

	if (ifindex != p->ask->ifindex || addr->host ||
	    (ntohl(addr->ip.word_be32[0]) & 0xffc00000) != 0xfe800000)
		return;
	p->from6 = addr->ip;
}

/*
 * The one that the MAC address stands for (RFC 4291, appendix A), until another is found: where the interface has none, we
 * are answered under it all the same, as the question has our MAC address and our socket hears all. Asked from nobody, as
 * duplicate address detection asks, it would be a claim, which our own fence stops.
 */
static struct ipt_addr link_local(const uint8_t mac[6])
{
	return (struct ipt_addr){
		.word_be32 = {
			htonl(0xfe800000),
			0,
			htonl((uint32_t)(mac[0] ^ 2) << 24 | (uint32_t)mac[1] << 16 |
			      (uint32_t)mac[2] << 8 | 0xff),
			htonl(0xfe000000 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5]),
		}};
}

static int open_family(struct probe *p, const struct probe_family *f)
{
	bool wanted = false;

	for (uint32_t i = 0; i < p->ask->n && !wanted; i++)
		wanted = family_of(&p->targets[i].ip) == f;
	if (!wanted)
		return 0;
	p->fd[f->index] = f->open(p->ask->ifindex);
	return p->fd[f->index] < 0 ? p->fd[f->index] : 0;
}

static int open_all(struct probe *p)
{
	int err = open_family(p, &probe_arp);

	if (!err)
		err = open_family(p, &probe_nd);
	p->from6 = link_local(p->ask->own_mac);
	if (!err && p->fd[probe_nd.index] >= 0)
		(void)netdev_addr_each(look_for_own, p);
	return err;
}

static void close_all(struct probe *p)
{
	for (unsigned int i = 0; i < PROBE_FAMILIES; i++) {
		if (p->fd[i] > 0 && p->ask->spent_fd)
			p->ask->spent_fd[i] = p->fd[i];
		else if (p->fd[i] >= 0)
			(void)close(p->fd[i]);
	}
	free(p->targets);
}

int probe_run(const struct probe_ask *ask, struct probe_answer *ret, struct err *e)
{
	struct probe p = {.fd = {-1, -1}, .ask = ask, .answers = ret};
	uint32_t i, n = ask->n;
	int err;

	if (n == 0 || ask->count == 0)
		return 0;
	memset(ret, 0, n * sizeof(*ret));
	p.targets = calloc(n, sizeof(*p.targets));
	if (!p.targets)
		return err_set(e, -ENOMEM, "out of memory");
	for (i = 0; i < n; i++) {
		p.targets[i] = (struct target){.ip = ask->ip[i], .index = i};
		ret[i].ip = ask->ip[i];
	}
	qsort(p.targets, n, sizeof(*p.targets), target_order);
	err = open_all(&p);
	if (!err)
		err = run_rounds(&p);
	if (!err && !all_asked(&p))
		err = -ENETDOWN;
	if (err)
		(void)err_set(e, err, "cannot probe on interface #%u: %s", ask->ifindex,
			      strerror(-err));
	close_all(&p);
	return err;
}
