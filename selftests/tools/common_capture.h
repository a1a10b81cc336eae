/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of the switch: written, and what they hold of one address: heartbeats, requests, answers, claims, in order of time. */
#ifndef TOOLS_COMMON_CAPTURE_H
#define TOOLS_COMMON_CAPTURE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"
#include "wire.h"

#define CAPTURE_PORTS 16

/* A file for each port and direction: libpcap tells no reader which interface of a pcapng file a frame is of. */
struct capture_log {
	pcap_dumper_t *from[CAPTURE_PORTS], *to[CAPTURE_PORTS]; /* NULL: nothing is captured */
	uint32_t nports;
};

/* from-PORT.pcap of `dir` is what came from a port, to-PORT.pcap what was delivered to it. */
void capture_begin(struct capture_log *log, const char *dir, const char *const *port,
		   uint32_t nports);
void capture_frame(pcap_dumper_t *log, uint64_t time_ns, const void *bytes, size_t len);
void capture_flush(const struct capture_log *log);

enum event_kind { REQUEST, ANSWER, CLAIM, BEAT, DELIVERED };

struct event {
	uint64_t at_ns, serial;
	uint32_t port; /* where it came from; DELIVERED: where to */
	uint32_t from; /* DELIVERED: a heartbeat of the node at that port */
	bool fresh; /* DELIVERED: no older than one that was delivered before */
	enum event_kind kind;
	uint8_t state; /* BEAT: of the first group */
	uint8_t sha[6], eth_src[6];
	uint32_t who_be32; /* the asking address, of IPv6 its last four bytes */
	uint64_t session, seq, sent_ns; /* BEAT, DELIVERED */
	uint64_t epoch, until_ns; /* BEAT: no lease bought by it or one before can last longer */
};

struct capture {
	uint32_t nports;
	char name[CAPTURE_PORTS][16];
	struct event *event;
	size_t nevents, capacity;
	uint8_t mac[CAPTURE_PORTS][6]; /* of nodes: whoever sends heartbeats */
	bool node[CAPTURE_PORTS];
};

void capture_load(struct capture *c, const char *dir, const struct ipt_addr *vip,
		  uint16_t beat_port);
void capture_free(struct capture *c);

#endif
