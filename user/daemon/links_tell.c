/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the state of the interfaces means to the core, and to those who follow events. */
#include "base/clock.h"
#include "daemon.h"
#include "edge.h"
#include "links_int.h"
#include "queue.h"

struct link *links_find(struct links *ls, uint32_t ifindex)
{
	for (unsigned int i = 0; i < ls->n; i++)
		if (ls->link[i].ifindex == ifindex)
			return &ls->link[i];
	return NULL;
}

/*
 * A member's frames are its master's. A bridge's port: while the host's own address is on it, answers leave by the port, and
 * the ARP replies of those who are answered come in by the bridge, where nobody waits for them. Once the bridge has the
 * address, they leave by that, and all is served.
 */
static bool is_lost(const struct link *l)
{
	return l->master && (!l->port || l->homed);
}

static bool is_well(const struct link *l)
{
	return l->up && !l->gone && !l->deaf && !l->missed && !is_lost(l) &&
	       !(l->serves && l->other_mac);
}

static void note(struct daemon *d, struct link *l, uint64_t now_ns)
{
	bool down;

	link_hold_note(&l->hold, is_well(l), now_ns);
	link_hold_note(&l->fence_hold, !l->unfenced, now_ns);
	down = !link_hold_well(&l->hold, now_ns);
	if (down != l->down)
		edge_tell(d, &(struct edge){.event = "link",
					    .interface = l->name,
					    .state = down ? "down" : "up"});
	l->down = down;
}

/* One interface's trouble is the group's: its addresses move together. A witness's groups have none. */
static void tell_group(struct daemon *d, uint32_t i, uint64_t now_ns)
{
	bool down = false, unfenced = false;

	for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++) {
		const struct link *l = links_find(d->links, d->plan.group[i][n].ifindex);

		/* Not there since the start: as one that is down. */
		down = down || !l || l->down;
		unfenced = unfenced || (l && !link_hold_well(&l->fence_hold, now_ns));
	}
	if (unfenced != d->groups[i].unfenced)
		queue_put(d, (struct core_event){.type = CORE_EV_FENCE,
						 .group = i,
						 .fence.there = !unfenced});
	d->groups[i].unfenced = unfenced;
	if (down != d->core.group[i].link_down)
		queue_put(d,
			  (struct core_event){.type = CORE_EV_LINK, .group = i, .link.up = !down});
}

/* No interface of a path has our ingress program: we hear nothing, so nobody shall wait for our word. */
static bool is_deaf(const struct daemon *d)
{
	for (unsigned int i = 0; i < d->plan.npaths; i++) {
		const struct link *l = links_find(d->links, d->plan.paths[i].ifindex);

		/* A bridge takes what our program has left of it. */
		if (l && !l->deaf && !l->gone && !l->missed && (!l->master || l->port))
			return false;
	}
	/* Without any way to a peer this host would be alone for want of a network. */
	return d->cfg.npeers > 0;
}

void links_tell(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();
	bool deaf;

	for (unsigned int i = 0; i < d->links->n; i++)
		d->links->link[i].missed = missed_on(d, d->links->link[i].ifindex);
	deaf = is_deaf(d);
	for (unsigned int i = 0; i < d->links->n; i++)
		note(d, &d->links->link[i], now_ns);
	if (deaf != d->links->deaf)
		queue_put(d, (struct core_event){.type = CORE_EV_HEARS, .hears.there = !deaf});
	d->links->deaf = deaf;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		tell_group(d, i, now_ns);
}

uint64_t links_due_ns(const struct daemon *d)
{
	uint64_t now_ns = clock_now_ns(), due_ns = UINT64_MAX;

	for (unsigned int i = 0; i < d->links->n; i++) {
		uint64_t hold_ns = link_hold_due_ns(&d->links->link[i].hold, now_ns);
		uint64_t fence_ns = link_hold_due_ns(&d->links->link[i].fence_hold, now_ns);

		due_ns = hold_ns < due_ns ? hold_ns : due_ns;
		due_ns = fence_ns < due_ns ? fence_ns : due_ns;
	}
	return due_ns;
}
