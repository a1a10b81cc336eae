/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of the interfaces that groups and heartbeats use, and what it means to the core. */
#include <string.h>
#include "daemon.h"
#include "log.h"
#include "netdev.h"

/* The address would answer with a MAC that nobody has: the peer may have it until the operator has looked. */
static void note_mac(struct daemon *d, uint32_t group, const struct netdev *dev)
{
	struct daemon_group *g = &d->groups[group];
	bool same = !memcmp(g->mac, dev->mac, sizeof(g->mac));

	if (g->mac_same && !same)
		log_line("ALARM: group %s: the MAC address of %s has changed: start the daemon "
			 "again to use the new one",
			 d->cfg.groups[group].name, dev->name);
	g->mac_same = same;
}

/* Only noted: what many changes in a row come to is told once, by tell_links(). */
static void on_link_event(const struct netdev *dev, bool deleted, void *arg)
{
	static const uint8_t unsaid[6];
	struct daemon *d = arg;
	bool has_mac = !deleted && memcmp(dev->mac, unsaid, sizeof(unsaid));

	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		if (d->groups[i].ifindex != dev->ifindex)
			continue;
		d->groups[i].link_up = dev->up && dev->carrier && !deleted;
		if (has_mac)
			note_mac(d, i, dev);
	}
	/* The peer answers to the MAC that our frames come from. */
	for (unsigned int i = 0; i < d->npaths && has_mac; i++)
		if (d->paths[i].ifindex == dev->ifindex)
			memcpy(d->paths[i].from.mac, dev->mac, sizeof(dev->mac));
}

void links_looked(struct daemon *d, uint32_t group, const struct netdev *dev, bool gone)
{
	struct netdev none = {.ifindex = d->groups[group].ifindex};

	on_link_event(gone ? &none : dev, gone, d);
}

/* A group can be served on an interface that is up, under its MAC, with our programs on it. */
void links_tell(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct daemon_group *g = &d->groups[i];
		bool ok = g->link_up && g->mac_same && !d->programs_gone;

		if (ok == d->core.group[i].link_down)
			apply_queue(d, (struct core_event){.type = CORE_EV_LINK,
							   .group = i,
							   .ok = ok});
	}
}

/* A look at every interface waits for whoever holds the kernel's netlink lock: not in the loop. */
static void post_looks(struct daemon *d)
{
	if (!d->links_lost || d->looks_wait)
		return;
	d->links_lost = false;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct job look = {.type = JOB_LINK, .group = d->groups[i].index};

		d->looks_wait += worker_post(d->addrs, &look);
	}
}

void links_guard(struct daemon *d)
{
	struct job guard = {.type = JOB_GUARD};

	if (!d->guard_waits)
		d->guard_waits = worker_post(d->addrs, &guard);
	post_looks(d);
}

void links_drain(struct daemon *d, int fd)
{
	if (netdev_watch_drain(fd, on_link_event, d))
		d->links_lost = true;
	links_guard(d);
}

/* The state of every link as it is now: what the watch reports from here on is change. */
void links_learn(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct netdev dev;

		d->groups[i].link_up = true;
		d->groups[i].mac_same = true;
		if (!netdev_by_index(d->groups[i].ifindex, &dev))
			on_link_event(&dev, false, d);
	}
}
