/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends RFC 5227 probes and collects who answers for which address, and after how long. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "core/frame.h"
#include "packet.h"
#include "probe.h"

/* Between two looks at the answers: what a socket's default receive buffer surely holds. */
#define SEND_BATCH 64

struct target {
	struct ipt_addr ip;
	uint32_t index; /* into the caller's array */
	uint64_t sent_ns; /* the newest probe; 0: none has left yet */
};

struct probe {
	int fd;
	const struct probe_ask *ask;
	struct target *targets; /* ask->n of them, sorted by address */
	struct probe_answer *answers; /* in the caller's order */
};

static int target_order(const void *a, const void *b)
{
	return addr_order(&((const struct target *)a)->ip, &((const struct target *)b)->ip);
}

static void note_answer(struct probe *p, const struct arp_packet *arp, uint64_t now_ns)
{
	static const uint8_t none[6];
	const struct target key = {.ip = ipt_addr_v4(arp->spa_be32)};
	const struct target *target;
	struct probe_answer *answer;

	/* Only what was said to us: an announcement that happens to pass by answers nobody. */
	if (arp->oper != 2 || memcmp(arp->tha, p->ask->own_mac, 6) != 0 ||
	    memcmp(arp->sha, p->ask->own_mac, 6) == 0)
		return;
	target = bsearch(&key, p->targets, p->ask->n, sizeof(*target), target_order);
	if (!target || !target->sent_ns)
		return;
	answer = &p->answers[target->index];
	if (answer->answers++ == 0) {
		memcpy(answer->mac, arp->sha, 6);
		answer->rtt_ns = now_ns - target->sent_ns;
	} else if (memcmp(answer->mac, arp->sha, 6) != 0 && !memcmp(answer->other_mac, none, 6)) {
		memcpy(answer->other_mac, arp->sha, 6);
	}
}

static int read_answers(struct probe *p)
{
	struct arp_packet arp;
	uint8_t frame[256];
	int len = 1;

	for (int i = 0; i < PACKET_LOOKS && len > 0; i++) {
		len = packet_recv(p->fd, frame, sizeof(frame));
		if (len > 0 && frame_arp_parse(frame, (size_t)len, &arp))
			note_answer(p, &arp, clock_now_ns());
	}
	if (len > 0)
		return 0;
	/* A port that goes down says so once; the probes that do not leave are what counts. */
	return len == -ENETDOWN ? 0 : len;
}

static int collect_until(struct probe *p, uint64_t until_ns)
{
	struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
	uint64_t now_ns;
	int err;

	while ((now_ns = clock_now_ns()) < until_ns) {
		uint64_t left_ns = until_ns - now_ns;
		struct timespec left = {
			.tv_sec = (time_t)(left_ns / 1000000000),
			.tv_nsec = (long)(left_ns % 1000000000),
		};

		if (ppoll(&pfd, 1, &left, NULL) < 0 && errno != EINTR)
			return -errno;
		err = read_answers(p);
		if (err)
			return err;
	}
	return 0;
}

static void build_question(const struct probe_ask *ask, uint32_t ip_be32,
			   uint8_t frame[FRAME_ETH_MIN])
{
	struct arp_packet arp = {.oper = 1, .spa_be32 = ask->from_be32, .tpa_be32 = ip_be32};

	if (!ask->from_be32) {
		frame_arp_build(frame, ARP_FORM_PROBE, ask->own_mac, ip_be32);
		return;
	}
	memset(arp.eth_dst, 0xff, 6);
	memcpy(arp.eth_src, ask->own_mac, 6);
	memcpy(arp.sha, ask->own_mac, 6);
	frame_arp_write(frame, &arp);
}

static int send_round(struct probe *p)
{
	uint8_t frames[SEND_BATCH][FRAME_ETH_MIN];
	uint32_t first, i, now, n = p->ask->n;
	int sent, err = 0;

	for (first = 0; !err && first < n; first += now) {
		uint64_t now_ns;

		now = n - first < SEND_BATCH ? n - first : SEND_BATCH;
		for (i = 0; i < now; i++)
			build_question(p->ask, p->targets[first + i].ip.word_be32[3], frames[i]);
		now_ns = clock_now_ns();
		sent = packet_send_many(p->fd, frames, FRAME_ETH_MIN, now);
		if (sent < 0)
			return sent;
		for (i = 0; i < (uint32_t)sent; i++)
			p->targets[first + i].sent_ns = now_ns;
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

int probe_run(const struct probe_ask *ask, struct probe_answer *ret, struct err *e)
{
	struct probe p = {.fd = -1, .ask = ask, .answers = ret};
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
	p.fd = packet_open_arp(ask->ifindex);
	err = p.fd < 0 ? p.fd : run_rounds(&p);
	if (!err && !all_asked(&p))
		err = -ENETDOWN;
	if (err)
		(void)err_set(e, err, "cannot probe on interface #%u: %s", ask->ifindex,
			      strerror(-err));
	if (p.fd > 0 && ask->spent_fd)
		*ask->spent_fd = p.fd;
	else if (p.fd >= 0)
		(void)close(p.fd);
	free(p.targets);
	return err;
}
