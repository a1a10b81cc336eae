/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A host twice: as the simulator models its kernel part, and as the programs and their maps are; both from the same draw. */
#ifndef IPT_TWIN_H
#define IPT_TWIN_H

#include "../sim/sim.h"
#include "beats.h"

#define TWIN_PORT 5694
#define TWIN_PEER_NODE 2
#define TWIN_GROUPS 2
#define TWIN_SESSIONS 11 /* of the peer: more than are remembered */
#define TWIN_KID_LOW 3
#define TWIN_KID_HIGH 5 /* 4 is known to nobody */

struct twin {
	struct bed *b;
	struct sim *s;
	struct kernel *k; /* of node 0 */
	struct kernel_peer *rec;
	struct rng rng;
	uint64_t seq[TWIN_SESSIONS]; /* the highest so far */
	uint64_t seed, step;
	uint64_t session; /* ours */
};

uint64_t twin_below(struct twin *w, uint64_t n);
bool twin_one_in(struct twin *w, uint64_t n);
uint16_t twin_wire_id(uint32_t g);

/* Both as new; `seed`, `s` and `b` are set. */
void twin_begin(struct twin *w);
/* Time goes on, by a span or to where a rule turns; the daemon moves gates, begins anew, reads another file. */
void twin_between(struct twin *w);
/* Fails the test if the two differ. */
void twin_same(const struct twin *w, const char *what, uint64_t model, uint64_t program);
void twin_compare(const struct twin *w);

#endif
