/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the order in which events reach the core, and the wish to start over. */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include "base/log.h"

/*
 * Outcomes and what the core is told once must not be lost: the upper half is theirs alone, and holds the results of two
 * workers (256 each) and several events a group. Requests that do not fit into the lower half are refused.
 */
#define EVENTS 2048

struct queue {
	struct core_event event[EVENTS];
	unsigned int first, count;
};

int queue_open(struct daemon *d)
{
	d->queue = calloc(1, sizeof(*d->queue));
	return d->queue ? 0 : -ENOMEM;
}

void queue_close(struct daemon *d)
{
	free(d->queue);
	d->queue = NULL;
}

/* What a later look finds as well, or somebody says again; a process that was stopped may have very many of them. */
static bool tells_again(enum core_event_type type)
{
	return type == CORE_EV_LOOK || type == CORE_EV_SILENT || type == CORE_EV_GATEWAY;
}

void queue_put(struct daemon *d, struct core_event event)
{
	unsigned int room = tells_again(event.type) ? EVENTS / 2 : EVENTS;
	struct queue *q = d->queue;

	if (q->count < room)
		q->event[(q->first + q->count++) % EVENTS] = event;
}

bool queue_take(struct daemon *d, struct core_event *ret)
{
	struct queue *q = d->queue;

	if (!q->count)
		return false;
	*ret = q->event[q->first];
	q->first = (q->first + 1) % EVENTS;
	q->count--;
	return true;
}

bool queue_has_room(const struct daemon *d, unsigned int n)
{
	return d->queue->count + n <= EVENTS / 2;
}

bool queue_has(const struct daemon *d, enum core_event_type type)
{
	const struct queue *q = d->queue;

	for (unsigned int i = 0; i < q->count; i++)
		if (q->event[(q->first + i) % EVENTS].type == type)
			return true;
	return false;
}

void queue_start_over(struct daemon *d, const char *why)
{
	if (d->start_over)
		return;
	log_line("starting over: %s", why);
	d->start_over = true;
}
