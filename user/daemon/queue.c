/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the order in which events reach the core, and the wish to start over. */
#include "queue.h"

#include "base/log.h"

/* What a later look finds as well, or somebody says again; a process that was stopped may have very many of them. */
static bool tells_again(enum core_event_type type)
{
	return type == CORE_EV_LOOK || type == CORE_EV_SILENT || type == CORE_EV_GATEWAY;
}

void queue_put(struct daemon *d, struct core_event event)
{
	unsigned int room = tells_again(event.type) ? DAEMON_EVENTS / 2 : DAEMON_EVENTS;

	if (d->queue_count >= room)
		return;
	d->queue[(d->queue_first + d->queue_count++) % DAEMON_EVENTS] = event;
}

bool queue_has(const struct daemon *d, enum core_event_type type)
{
	for (unsigned int i = 0; i < d->queue_count; i++)
		if (d->queue[(d->queue_first + i) % DAEMON_EVENTS].type == type)
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
