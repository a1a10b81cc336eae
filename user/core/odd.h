/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Well-signed heartbeats that the peer of their address cannot have sent. Pure. */
#ifndef IPT_ODD_H
#define IPT_ODD_H

#include <stdint.h>

enum odd_kind { ODD_IDENTITY, ODD_BOUNDS, ODD_KINDS };

/* What is told of one peer; seen_ns 0: nothing. */
struct odd {
	uint64_t seen_ns; /* last, by a second */
	uint8_t node; /* ODD_IDENTITY: the number that its address states */
};

#define ODD_FRESH_NS 10000000000ull /* without another for so long it is over */
#define ODD_TEXT 160

/* `whose`: the member that has the number `node`; NULL: we do. */
void odd_text(enum odd_kind kind, const char *peer, uint8_t node, const char *whose,
	      char ret[ODD_TEXT]);

#endif
