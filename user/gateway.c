/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the socket on which the gateway is asked; ARP has no numbers, so an answer is the newest question's. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"
#include "gateway.h"
#include "link.h"

int gateway_open(struct gateway *g, uint32_t ip_be32, struct found *found, struct err *e)
{
	struct netdev dev;
	uint32_t ifindex;
	struct err why;
	int err;

	*g = (struct gateway){.fd = -1, .ip_be32 = ip_be32};
	err = found_route(found, ip_be32, &ifindex, &g->own.ip_be32, &why);
	if (err)
		return err_set(e, err, "gateway: %.200s", why.text);
	err = found_by_index(found, ifindex, &dev);
	if (err)
		return err_set(e, err, "the gateway's interface #%u: %s", ifindex, strerror(-err));
	memcpy(g->own.mac, dev.mac, sizeof(g->own.mac));
	g->fd = link_open_arp(ifindex);
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

int gateway_ask(struct gateway *g)
{
	struct arp_packet question = {.oper = 1,
				      .spa_be32 = g->own.ip_be32,
				      .tpa_be32 = g->ip_be32};
	uint8_t frame[FRAME_ETH_MIN];
	uint64_t now_ns;
	int res;

	/* A process that was stopped finds old answers in its queue: they say nothing about now. */
	(void)gateway_answered(g);
	memset(question.eth_dst, 0xff, 6);
	memcpy(question.eth_src, g->own.mac, 6);
	memcpy(question.sha, g->own.mac, 6);
	frame_arp_write(frame, &question);
	now_ns = clock_now_ns();
	res = link_send(g->fd, frame, sizeof(frame));
	if (res == LINK_SENT)
		g->asked_ns = now_ns;
	return res;
}

bool gateway_answered(struct gateway *g)
{
	struct arp_packet arp;
	bool answered = false;
	uint8_t frame[256];
	int len = 1;

	for (int i = 0; i < LINK_LOOKS && len > 0; i++) {
		len = link_recv(g->fd, frame, sizeof(frame));
		answered = answered ||
			   (len > 0 && frame_arp_parse(frame, (size_t)len, &arp) && arp.oper == 2 &&
			    arp.spa_be32 == g->ip_be32 && !memcmp(arp.tha, g->own.mac, 6));
		/* A port that goes down says so once, and then is as silent as the gateway would be. */
		len = len == -ENETDOWN ? 1 : len;
	}
	return answered && g->asked_ns;
}
