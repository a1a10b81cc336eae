/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the socket on which the gateway is asked. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "gateway.h"
#include "packet.h"

int gateway_open(struct gateway *g, uint32_t ip_be32, struct found *found, struct err *e)
{
	const struct netdev_to to = {.ip = ipt_addr_v4(ip_be32)};
	struct netdev_way way;
	struct netdev dev;
	struct err why;
	int err;

	*g = (struct gateway){.fd = -1, .ip_be32 = ip_be32};
	err = found_route(found, &to, &way, &why);
	if (err)
		return err_set(e, err, "gateway: %.200s", why.text);
	g->own.ip = way.src;
	err = found_by_index(found, way.ifindex, &dev);
	if (err)
		return err_set(e, err, "the gateway's interface #%u: %s", way.ifindex,
			       strerror(-err));
	memcpy(g->own.mac, dev.mac, sizeof(g->own.mac));
	g->fd = packet_open_arp(way.ifindex);
	if (g->fd < 0)
		return err_set(e, g->fd, "asking the gateway on %s: %s", dev.name,
			       strerror(-g->fd));
	return 0;
}

void gateway_close(struct gateway *g)
{
	if (g->fd >= 0)
		(void)close(g->fd);
	g->fd = -1;
}

int gateway_ask(struct gateway *g, uint64_t d_ns)
{
	struct arp_packet question = {.oper = 1,
				      .spa_be32 = g->own.ip.word_be32[3],
				      .tpa_be32 = g->ip_be32};
	uint8_t frame[FRAME_ETH_MIN];
	uint64_t now_ns;
	int res;

	/* A process that was stopped finds old answers in its queue: they are to old questions. */
	(void)gateway_answered(g, true);
	memset(question.eth_dst, 0xff, 6);
	memcpy(question.eth_src, g->own.mac, 6);
	memcpy(question.sha, g->own.mac, 6);
	frame_arp_write(frame, &question);
	now_ns = clock_now_ns();
	if (!gateway_may_ask(&g->asked, now_ns, d_ns))
		return PACKET_DROPPED;
	res = packet_send(g->fd, frame, sizeof(frame));
	if (res == PACKET_SENT)
		gateway_note_asked(&g->asked, now_ns);
	return res;
}

static bool is_answer(const struct gateway *g, const uint8_t *frame, int len)
{
	struct arp_packet arp;

	return len > 0 && frame_arp_parse(frame, (size_t)len, &arp) && arp.oper == 2 &&
	       arp.spa_be32 == g->ip_be32 && !memcmp(arp.tha, g->own.mac, 6);
}

uint64_t gateway_answered(struct gateway *g, bool slept)
{
	uint64_t asked_ns = 0, one_ns;
	uint8_t frame[256];
	int len = 1;

	for (int i = 0; i < PACKET_LOOKS && len > 0; i++) {
		len = packet_recv(g->fd, frame, sizeof(frame));
		one_ns = is_answer(g, frame, len)
				 ? gateway_note_answer(&g->asked, clock_now_ns(), slept)
				 : 0;
		asked_ns = one_ns ? one_ns : asked_ns;
		/* A port that goes down says so once, and then is as silent as the gateway would be. */
		len = len == -ENETDOWN ? 1 : len;
	}
	return asked_ns;
}
