/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a capture of the switch holds of one address: heartbeats, requests, answers, claims, in order of time. */
#include <stdlib.h>
#include <string.h>
#include "common.h"
#include "common_capture.h"
#include "common_way.h"
#include "core/frame.h"

#define OFF_UDP_LEN 38

static struct event *event_add(struct capture *c, const struct pcapng_frame *f,
			       enum event_kind kind)
{
	struct event *e;

	if (c->nevents == c->capacity) {
		c->capacity = c->capacity ? 2 * c->capacity : 65536;
		c->event = realloc(c->event, c->capacity * sizeof(*c->event));
		if (!c->event)
			die("capture: no memory");
	}
	e = &c->event[c->nevents];
	*e = (struct event){.at_ns = f->time_ns,
			    .port = f->iface,
			    .kind = kind,
			    .serial = c->nevents};
	c->nevents++;
	return e;
}

static void read_beat(struct capture *c, const struct pcapng_frame *f)
{
	uint32_t udp_len = (uint32_t)(f->bytes[OFF_UDP_LEN] << 8 | f->bytes[OFF_UDP_LEN + 1]);
	struct event *e;
	struct beat b;

	if (udp_len < 8 || FRAME_HB_OVERHEAD + udp_len - 8 > f->caplen ||
	    !frame_beat_decode(f->bytes + FRAME_HB_OVERHEAD, udp_len - 8, &b) || !b.ngroups)
		return;
	e = event_add(c, f, BEAT);
	memcpy(e->eth_src, f->bytes + 6, 6);
	e->session = b.session;
	e->seq = b.seq;
	e->sent_ns = b.ts_ns;
	e->state = b.group[0].state;
	e->epoch = b.group[0].epoch;
	e->until_ns = b.ts_ns + b.lease_us * 1000ull;
	if (f->iface < c->nports) {
		c->node[f->iface] = true;
		memcpy(c->mac[f->iface], f->bytes + 6, 6);
		return;
	}
	e->kind = DELIVERED;
	e->port = f->iface - c->nports;
}

static void read_arp(struct capture *c, const struct pcapng_frame *f, uint32_t vip_be32)
{
	struct arp_packet arp;
	enum event_kind kind;
	struct event *e;

	if (!frame_arp_parse(f->bytes, f->caplen, &arp))
		return;
	if (arp.oper == 1 && arp.tpa_be32 == vip_be32 && arp.spa_be32 != vip_be32)
		kind = REQUEST;
	else if (arp.spa_be32 == vip_be32)
		kind = arp.oper == 2 && arp.tpa_be32 != vip_be32 ? ANSWER : CLAIM;
	else
		return;
	e = event_add(c, f, kind);
	e->who_be32 = kind == REQUEST ? arp.spa_be32 : arp.tpa_be32;
	memcpy(e->sha, arp.sha, 6);
	memcpy(e->eth_src, arp.eth_src, 6);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->serial < y->serial ? -1 : 1;
}

/* A lease that an earlier heartbeat announced as a long one (upgrade) outlasts later short ones. */
static void longest_leases(struct capture *c)
{
	uint64_t until_ns[PCAPNG_MAX_IFACES] = {0};
	struct event *e;

	for (e = c->event; e < c->event + c->nevents; e++) {
		if (e->kind != BEAT)
			continue;
		if (e->until_ns > until_ns[e->port])
			until_ns[e->port] = e->until_ns;
		e->until_ns = until_ns[e->port];
	}
}

/* Who sent what was delivered, and whether a receiver that saw all before it learns from it. */
static void deliveries(struct capture *c)
{
	static struct {
		uint64_t session, seq;
	} last[PCAPNG_MAX_IFACES][PCAPNG_MAX_IFACES];
	struct event *e;
	uint32_t p;

	for (e = c->event; e < c->event + c->nevents; e++) {
		if (e->kind != DELIVERED)
			continue;
		for (p = 0; p < c->nports; p++)
			if (c->node[p] && !memcmp(c->mac[p], e->eth_src, 6))
				break;
		e->from = p; /* c->nports: nobody's */
		e->fresh = last[p][e->port].session != e->session || last[p][e->port].seq < e->seq;
		if (!e->fresh)
			continue;
		last[p][e->port].session = e->session;
		last[p][e->port].seq = e->seq;
	}
}

/* What came from the ports; the second half of the interfaces is what was delivered to them. */
void capture_load(struct capture *c, const char *path, uint32_t vip_be32, uint16_t beat_port)
{
	struct pcapng_frame f;

	pcapng_open(&c->log, path);
	while (pcapng_next(&c->log, &f)) {
		c->nports = c->log.nifaces / 2;
		if (frame_class(f.bytes, f.caplen, beat_port) == CLASS_BEAT)
			read_beat(c, &f);
		else if (f.iface < c->nports &&
			 frame_class(f.bytes, f.caplen, beat_port) == CLASS_ARP)
			read_arp(c, &f, vip_be32);
	}
	pcapng_close(&c->log);
	qsort(c->event, c->nevents, sizeof(*c->event), by_time);
	longest_leases(c);
	deliveries(c);
}

void capture_free(struct capture *c)
{
	free(c->event);
	c->event = NULL;
}
