/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done to the owner, at its moment and with the time it took: kill, stop, wake, or pull the cable. */
#ifndef BENCH_COMMON_EVENT_H
#define BENCH_COMMON_EVENT_H

#include <stdint.h>

struct event {
	uint64_t begin_ns, end_ns; /* 0: not yet */
};

/* `what` is "kill:PID,PID...", "stop:...", "wake:..." alike, or "down:NETNS:DEV" with the namespace's name; it happens at
 * `at_ns` on CLOCK_BOOTTIME, in a thread. Of several processes the last is the one that speaks, the others
 * would start it again: they are held first. */
void event_start(struct event *e, const char *what, uint64_t at_ns);
/* Waits until it has happened. */
void event_end(void);

#endif
