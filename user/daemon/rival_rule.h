/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hosts that say by ARP or neighbour discovery that they have a group's addresses, without a right to: who, when, and when to answer (RFC 5227 2.4). */
#ifndef IPT_RIVAL_RULE_H
#define IPT_RIVAL_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include "address.h"

#define RIVALS_MAX 8 /* of a group, remembered: the one seen least lately is forgotten */

struct rival {
	uint8_t mac[6];
	uint64_t seen_ns; /* 0: element not in use */
};

/* XDP tells of one rival a second and group: no more than this are answered within the interval of RFC 5227. */
#define DEFENDED_MAX 16

struct defended {
	struct ipt_addr ip;
	uint32_t ifindex;
	uint64_t at_ns; /* last answer to a rival for it; 0: element not in use */
};

struct rivals {
	struct rival list[RIVALS_MAX];
	struct defended defended[DEFENDED_MAX];
};

/* `mac` was seen at `now_ns`. True: it is news, and to be reported once. */
bool rival_seen(struct rivals *r, const uint8_t mac[6], uint64_t now_ns);
/* May a rival for this address be answered now? Then that counts as the answer. */
bool rival_defend(struct rivals *r, const struct ipt_addr *ip, uint32_t ifindex, uint64_t now_ns);

#endif
