/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A second thread that takes the loop's turn on another processor while the loop's own is not scheduled. */
#ifndef IPT_STANDIN_H
#define IPT_STANDIN_H

#include <stdint.h>
#include "base/err.h"

struct standin;

/*
 * A hypervisor may stop one processor for longer than a lease lasts. The thread that sleeps on it stops as well, although
 * the host is well. So there is a turn: whoever holds it runs the loop. The loop gives it back while it sleeps, and says
 * until when. If nobody has taken it `slack_ns` after that, the stand-in takes it and calls `run`.
 *
 * *ret NULL: there is no second processor, or the caller has no real-time priority; a thread without it is late on any
 * processor. 0 or -errno.
 */
int standin_start(struct standin **ret, uint64_t slack_ns, void (*run)(void *arg), void *arg,
		  struct err *e);
void standin_stop(struct standin *s); /* the turn is the caller's */

/* Before exec: each thread may use all processors, so that none waits for a stopped one, nor has the next process one
 * alone. Should it not come to that, the loop keeps to one again. NULL is allowed, as below. */
void standin_spread(struct standin *s);

/* The loop's own thread, around its sleep until `due_ns` (CLOCK_BOOTTIME). */
void standin_give(struct standin *s, uint64_t due_ns);
void standin_take(struct standin *s);
/* Within `run`: when the loop wants to wake next; STANDIN_NEVER: the rest is for its own thread. */
#define STANDIN_NEVER INT64_MAX
void standin_due(struct standin *s, uint64_t due_ns);

#endif
