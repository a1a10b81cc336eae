/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Edges: what changed, one JSON object a line, for `events` and `watch`. Never blocks; from any thread. */
#ifndef IPT_EDGE_H
#define IPT_EDGE_H

#include <stdint.h>
#include "daemon.h"

enum edge_is { EDGE_UNSAID, EDGE_NO, EDGE_YES };

/* What is NULL, 0 or EDGE_UNSAID stays out of the line. */
struct edge {
	const char *event; /* one of those that ip-takeover-ctl.8 lists */
	const char *group, *peer, *track;
	const char *address, *interface; /* of a path; of a link */
	const char *state; /* "up", "down" */
	const char *from, *to; /* states of the group */
	const char *mac, *owner, *reason, *text;
	uint64_t term;
	uint64_t silence_ns, late_ns; /* of the peer, of the look that decided; both or none */
	uint32_t number; /* kid, priority: by the event's name */
	enum edge_is ok;
};

void edge_tell(struct daemon *d, const struct edge *edge);

/* What a person should look at: an edge and a line in the log. `group` is NULL where it is not one group's. */
__attribute__((format(printf, 3, 4))) void edge_alarm(struct daemon *d, const char *group,
						      const char *fmt, ...);

/* What was an alarm is none any more. */
void edge_over(struct daemon *d, const char *group, const char *text);

/* A change of state, as the core reported it. */
void edge_state(struct daemon *d, const struct core_effect *fx);
/* A MAC that is no member's has this address of the group, by its own word: an alarm of its own kind. */
void edge_rival(struct daemon *d, uint32_t group, const uint8_t mac[6],
		const struct ipt_addr *addr);

/* This process took another's place: what became of what was asked for. */
void edge_birth(struct daemon *d);
/* Once, by a process that takes no other's place. */
void edge_started(struct daemon *d);

/* Peers and paths that have come or gone since the last look: after each step. */
void edge_look(struct daemon *d, uint64_t now_ns);

#endif
