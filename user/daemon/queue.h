/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What waits for the loop: events of the core, and the wish to start over. In the loop's thread. */
#ifndef IPT_QUEUE_H
#define IPT_QUEUE_H

#include "daemon.h"

/* 0 or -ENOMEM. */
int queue_open(struct daemon *d);
void queue_close(struct daemon *d);

/* Drops one that a later look would find as well where the queue is half full. */
void queue_put(struct daemon *d, struct core_event event);
/* The first of them; false: there is none. */
bool queue_take(struct daemon *d, struct core_event *ret);
/* For `n` requests? */
bool queue_has_room(const struct daemon *d, unsigned int n);
bool queue_has(const struct daemon *d, enum core_event_type type);

/* The configuration in force, set up anew: an interface has come back, its MAC is another. At most once in a while. */
void queue_start_over(struct daemon *d, const char *why);

#endif
