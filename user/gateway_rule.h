/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which question an answer of the gateway may belong to. ARP has no numbers, but each question is answered once at most,
 * and in order: an answer is the oldest open question's or a later one's, and credited to the oldest. What got lost puts
 * all later answers behind by one question; where that makes them useless, none is asked until what is late has come. Pure.
 */
#ifndef IPT_GATEWAY_RULE_H
#define IPT_GATEWAY_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_OPEN 64

struct gateway_asked {
	uint64_t open_ns[GATEWAY_OPEN]; /* when those left that may be answered yet, oldest first */
	unsigned int n;
	uint64_t newest_ns; /* the last question; 0: none yet */
	uint64_t
		quiet_until_ns; /* none is asked before, then the open ones have got lost; 0: as usual */
	uint64_t round_ns; /* no useful answer of late took longer; 0: none has come yet */
};

/* Is it time for a question? `d_ns` is how long an answer is good for, counted from its question. */
bool gateway_may_ask(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns);
void gateway_note_asked(struct gateway_asked *g, uint64_t now_ns);
/* An answer is read: when the question left that it is credited to; 0: none is open. `slept`: it may have come long before. */
uint64_t gateway_note_answer(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns, bool slept);
/* How long a neighbour may take to answer: `usual_ns`, or longer where the gateway takes longer. */
uint64_t gateway_wait_ns(const struct gateway_asked *g, uint64_t usual_ns);

#endif
