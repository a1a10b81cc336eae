/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judges when the daemon is ready, and feeds the watchdog. */
#include "service.h"

#include "base/clock.h"
#include "daemon.h"

/* Who is not known by then may never be: a pair that does not go on alone, a host that is drained. What is started after
 * us must not wait for another host. */
#define PATIENCE_NS 5000000000ull
/* The loop has ended by then; drains and the last calls of `notify` may take that long, and TimeoutStopSec bounds them. */
#define LAST_WORDS "STOPPING=1\nWATCHDOG_USEC=300000000"

void service_open(struct service *ret)
{
	*ret = (struct service){.patience_ns = clock_now_ns() + PATIENCE_NS};
	manager_open(&ret->manager);
}

void service_close(struct service *s)
{
	manager_close(&s->manager);
}

static bool settled(const struct daemon *d, uint64_t now_ns)
{
	for (uint32_t i = 0; i < d->cfg.ngroups && !d->cfg.witness; i++)
		if (d->core.group[i].state != HB_FAULT && !core_owner(&d->core, i, now_ns))
			return false;
	return true;
}

/* A process that takes another's place is ready since that one was. */
static bool ready(const struct service *s, const struct daemon *d, uint64_t now_ns)
{
	return d->is_heir || (d->started && (now_ns >= s->patience_ns || settled(d, now_ns)));
}

void service_look(struct service *s, const struct daemon *d, uint64_t now_ns)
{
	if (!s->ready && ready(s, d, now_ns))
		s->ready = manager_tell(&s->manager, "READY=1");
	if (!s->ending && d->core.stop_until_ns)
		s->ending = manager_tell(&s->manager, LAST_WORDS);
	if (!s->manager.watchdog_ns || now_ns - s->alive_ns < s->manager.watchdog_ns / 4)
		return;
	if (manager_tell(&s->manager, "WATCHDOG=1"))
		s->alive_ns = now_ns;
}
