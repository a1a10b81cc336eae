/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a capture of the switch holds of one address: heartbeats, requests, answers, claims, in order of time. */
#ifndef TOOLS_COMMON_CAPTURE_H
#define TOOLS_COMMON_CAPTURE_H

#include "common_pcapng.h"
#include "wire.h"

enum event_kind { REQUEST, ANSWER, CLAIM, BEAT, DELIVERED };

struct event {
	uint64_t at_ns, serial;
	uint32_t port; /* where it came from; DELIVERED: where to */
	uint32_t from; /* DELIVERED: a heartbeat of the node at that port */
	bool fresh; /* DELIVERED: no older than one that was delivered before */
	enum event_kind kind;
	uint8_t state; /* BEAT: of the first group */
	uint8_t sha[6], eth_src[6];
	uint32_t who_be32; /* the asking address */
	uint64_t session, seq, sent_ns; /* BEAT, DELIVERED */
	uint64_t epoch, until_ns; /* BEAT: no lease bought by it or one before can last longer */
};

struct capture {
	struct pcapng log;
	uint32_t nports;
	struct event *event;
	size_t nevents, capacity;
	uint8_t mac[PCAPNG_MAX_IFACES][6]; /* of nodes: whoever sends heartbeats */
	bool node[PCAPNG_MAX_IFACES];
};

void capture_load(struct capture *c, const char *path, uint32_t vip_be32, uint16_t beat_port);
void capture_free(struct capture *c);

#endif
