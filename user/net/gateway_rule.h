/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which question an answer of the gateway belongs to. ARP has no numbers, so one question is open at a time: the next is
 * asked when it has been answered, or when it has got lost. Pure.
 */
#ifndef IPT_GATEWAY_RULE_H
#define IPT_GATEWAY_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct gateway_asked {
	uint64_t open_ns; /* when the question left that is not answered yet; 0: none is open */
	uint64_t newest_ns; /* when the last one left; 0: none yet */
	uint64_t round_ns; /* no answer of late took longer; 0: not known */
};

/* Is it time for a question? `d_ns` is how long an answer is good for, counted from its question. */
bool gateway_may_ask(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns);
void gateway_note_asked(struct gateway_asked *g, uint64_t now_ns);
/* An answer is read: when its question left; 0: none is open. `slept`: it may have come long before. */
uint64_t gateway_note_answer(struct gateway_asked *g, uint64_t now_ns, bool slept);
/* How long a neighbour may take to answer: `usual_ns`, or longer where the gateway takes longer. */
uint64_t gateway_wait_ns(const struct gateway_asked *g, uint64_t usual_ns);

#endif
