/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of the switch: written, and what they hold of one address: heartbeats, requests, answers, claims, in order of time. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common.h"
#include "common_capture.h"
#include "common_way.h"
#include "core/frame.h"
#include "core/frame_nd.h"

#define OFF_UDP_LEN 38
#define SNAPLEN 512 /* the longest heartbeat of three nodes, all ARP and neighbour discovery */

struct captured {
	const uint8_t *bytes;
	uint32_t caplen, port;
	bool delivered; /* to the port, not from it */
	uint64_t time_ns; /* CLOCK_BOOTTIME */
};

static pcap_dumper_t *log_file(pcap_t *form, const char *dir, const char *way, const char *port)
{
	char path[512];
	pcap_dumper_t *log;

	(void)snprintf(path, sizeof(path), "%s/%s-%s.pcap", dir, way, port);
	log = pcap_dump_open(form, path);
	if (!log)
		die("capture: %s", pcap_geterr(form));
	return log;
}

void capture_begin(struct capture_log *log, const char *dir, const char *const *port,
		   uint32_t nports)
{
	pcap_t *form = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
							    PCAP_TSTAMP_PRECISION_NANO);
	uint32_t i;

	if (mkdir(dir, 0777) && errno != EEXIST)
		die("capture: %s: %s", dir, strerror(errno));
	for (i = 0; i < nports; i++) {
		log->from[i] = log_file(form, dir, "from", port[i]);
		log->to[i] = log_file(form, dir, "to", port[i]);
	}
	log->nports = nports;
	pcap_close(form);
}

void capture_frame(pcap_dumper_t *log, uint64_t time_ns, const void *bytes, size_t len)
{
	struct pcap_pkthdr h = {.ts = {.tv_sec = (time_t)(time_ns / 1000000000),
				       .tv_usec = (suseconds_t)(time_ns % 1000000000)}, /* ns */
				.caplen = len > SNAPLEN ? SNAPLEN : (uint32_t)len,
				.len = (uint32_t)len};

	pcap_dump((u_char *)log, &h, bytes);
}

void capture_flush(const struct capture_log *log)
{
	uint32_t i;

	for (i = 0; i < log->nports; i++)
		if (pcap_dump_flush(log->from[i]) || pcap_dump_flush(log->to[i]) ||
		    ferror(pcap_dump_file(log->from[i])) || ferror(pcap_dump_file(log->to[i])))
			die("capture: write: %s", strerror(errno));
}

static struct event *event_add(struct capture *c, const struct captured *f, enum event_kind kind)
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
			    .port = f->port,
			    .kind = kind,
			    .serial = c->nevents};
	c->nevents++;
	return e;
}

static void read_beat(struct capture *c, const struct captured *f)
{
	uint32_t udp_len = (uint32_t)(f->bytes[OFF_UDP_LEN] << 8 | f->bytes[OFF_UDP_LEN + 1]);
	struct event *e;
	struct beat b;

	if (udp_len < 8 || FRAME_HB_OVERHEAD + udp_len - 8 > f->caplen ||
	    !frame_beat_decode(f->bytes + FRAME_HB_OVERHEAD, udp_len - 8, &b) || !b.ngroups)
		return;
	e = event_add(c, f, f->delivered ? DELIVERED : BEAT);
	memcpy(e->eth_src, f->bytes + 6, 6);
	e->session = b.session;
	e->seq = b.seq;
	e->sent_ns = b.ts_ns;
	e->state = b.group[0].state;
	e->epoch = b.group[0].epoch;
	e->until_ns = b.ts_ns + b.lease_us * 1000ull;
	if (f->delivered)
		return;
	c->node[f->port] = true;
	memcpy(c->mac[f->port], f->bytes + 6, 6);
}

static void read_arp(struct capture *c, const struct captured *f, uint32_t vip_be32)
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

/*
 * Who asks in the address's name says where it is, too. Duplicate address detection is answered to all nodes, like
 * an announcement, so only what is sent to the one who asked is an answer.
 */
static void read_nd(struct capture *c, const struct captured *f, const struct ipt_addr *vip)
{
	bool about, from_it;
	enum event_kind kind;
	struct nd_packet nd;
	struct event *e;

	if (!frame_nd_parse(f->bytes, f->caplen, &nd))
		return;
	about = ipt_addr_equal(&nd.target, vip);
	from_it = ipt_addr_equal(&nd.src, vip);
	if (nd.type == ND_ADVERTISE && about)
		kind = nd.flags & ND_SOLICITED ? ANSWER : CLAIM;
	else if (nd.type == ND_SOLICIT && from_it)
		kind = CLAIM;
	else if (nd.type == ND_SOLICIT && about)
		kind = REQUEST;
	else
		return;
	e = event_add(c, f, kind);
	e->who_be32 = kind == REQUEST ? nd.src.word_be32[3] : nd.dst.word_be32[3];
	memcpy(e->sha, nd.has_mac ? nd.mac : nd.eth_src, 6);
	memcpy(e->eth_src, nd.eth_src, 6);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	/* Each file is in order; between two of them only what was sent comes before what was delivered. */
	if ((x->kind == DELIVERED) != (y->kind == DELIVERED))
		return x->kind == DELIVERED ? 1 : -1;
	return x->serial < y->serial ? -1 : 1;
}

/* A lease that an earlier heartbeat announced as a long one (upgrade) outlasts later short ones. */
static void longest_leases(struct capture *c)
{
	uint64_t until_ns[CAPTURE_PORTS] = {0};
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
	} last[CAPTURE_PORTS][CAPTURE_PORTS];
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

static void file_load(struct capture *c, const char *path, struct captured *f,
		      const struct ipt_addr *vip, uint16_t beat_port)
{
	char wrong[PCAP_ERRBUF_SIZE];
	pcap_t *log =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, wrong);
	enum frame_class class;
	struct pcap_pkthdr *h;

	if (!log)
		die("capture: %s", wrong);
	while (pcap_next_ex(log, &h, &f->bytes) == 1) {
		f->caplen = h->caplen;
		f->time_ns = (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec;
		class = frame_class(f->bytes, f->caplen, beat_port);
		if (class == CLASS_BEAT)
			read_beat(c, f);
		else if (class == CLASS_ARP && !f->delivered && ipt_addr_is_v4(vip))
			read_arp(c, f, vip->word_be32[3]);
		else if (class == CLASS_ARP && !f->delivered)
			read_nd(c, f, vip);
	}
	/* A switch that still writes may be in the middle of a frame. */
	if (*pcap_geterr(log) && strncmp(pcap_geterr(log), "truncated", 9) != 0)
		die("capture: %s: %s", path, pcap_geterr(log));
	pcap_close(log);
}

void capture_load(struct capture *c, const char *dir, const struct ipt_addr *vip,
		  uint16_t beat_port)
{
	struct captured f;
	char path[512];
	glob_t found;
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/from-*.pcap", dir);
	if (glob(path, 0, NULL, &found) || found.gl_pathc > CAPTURE_PORTS)
		die("capture: %s: no captures, or of more than %d ports", path, CAPTURE_PORTS);
	for (i = 0; i < found.gl_pathc; i++) {
		(void)sscanf(found.gl_pathv[i] + strlen(dir), "/from-%15[^.]", c->name[i]);
		f = (struct captured){.port = (uint32_t)i};
		file_load(c, found.gl_pathv[i], &f, vip, beat_port);
		f.delivered = true;
		(void)snprintf(path, sizeof(path), "%s/to-%s.pcap", dir, c->name[i]);
		file_load(c, path, &f, vip, beat_port);
	}
	c->nports = (uint32_t)found.gl_pathc;
	globfree(&found);
	qsort(c->event, c->nevents, sizeof(*c->event), by_time);
	longest_leases(c);
	deliveries(c);
}

void capture_free(struct capture *c)
{
	free(c->event);
	c->event = NULL;
}
