/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says of an interface, noted: its carrier, its MAC, its master, our program, its end. */
#include <errno.h>
#include <string.h>
#include "base/clock.h"
#include "daemon.h"
#include "edge.h"
#include "links_int.h"
#include "queue.h"

/* The groups on it would answer with a MAC that nobody has. */
static void note_mac(struct daemon *d, struct link *l, const struct netdev *dev)
{
	bool other = memcmp(l->mac, dev->mac, sizeof(l->mac)) != 0;

	if (l->serves && other && !l->other_mac)
		edge_alarm(d, NULL, "the MAC address of %s has changed", l->name);
	l->other_mac = other;
	/* The peer answers to the MAC that our frames come from. */
	for (unsigned int i = 0; i < d->plan.npaths; i++)
		if (d->plan.paths[i].ifindex == l->ifindex)
			memcpy(d->plan.paths[i].from.mac, dev->mac, sizeof(dev->mac));
}

/*
 * Of a bond or a team: one that is attached already goes on hearing what its own cable brings, until the master speaks
 * and hears by another one. Of a bridge: what the owner lets in is the bridge's, and served from there if the bridge has
 * the host's address as well; who attaches a port was warned of that.
 */
static void note_master(struct daemon *d, struct link *l, const struct netdev *dev)
{
	uint32_t master = dev->member || (l->alone && dev->port) ? dev->master : 0;
	char name[IF_NAMESIZE];

	if (master && master != l->master)
		edge_alarm(d, NULL, "%s has become a %s of %s, which has its frames now", l->name,
			   dev->member ? "member" : "port",
			   if_indextoname(master, name) ? name : "a master");
	else if (!master && l->master)
		edge_over(d, NULL, "an interface is nobody's member or port any more");
	l->master = master;
	l->port = dev->port;
	l->into = !dev->port ? l->ifindex : dev->vswitch ? 0 : dev->master;
}

static void note_gone(struct daemon *d, struct link *l)
{
	if (!l->gone)
		edge_alarm(d, NULL, "interface %s is gone", l->name);
	l->up = false;
	l->gone = true;
	l->back = false;
}

/*
 * Told at once, since whoever needs our word counts us out only when nothing of ours comes any more. That there is one
 * does not say whose: a look finds out.
 */
static void note_xdp(struct daemon *d, struct link *l, const struct netdev *dev)
{
	if (dev->ifindex != link_programs(l) || dev->xdp != NETDEV_XDP_NONE)
		return;
	if (!l->deaf)
		edge_alarm(d, NULL, "our ingress program is gone from %s", l->name);
	l->deaf = true;
	l->deaf_ns = clock_now_ns();
}

/* One that was not there at the start. */
static void note_awaited(struct daemon *d, const struct netdev *dev, bool deleted)
{
	for (uint32_t i = 0; i < d->cfg.ngroups && d->plan.waits && !deleted; i++)
		for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++)
			if (!d->plan.group[i][n].ifindex &&
			    !strcmp(d->cfg.groups[i].iface[n], dev->name))
				queue_start_over(d, "an interface that was awaited is there");
}

/* Only noted: what many changes in a row come to is told once, by links_tell(). */
void links_note(struct daemon *d, const struct netdev *dev, bool deleted)
{
	static const uint8_t unsaid[6];

	d->links->changed = true;
	note_awaited(d, dev, deleted);
	for (unsigned int i = 0; i < d->links->n; i++) {
		struct link *l = &d->links->link[i];

		/* Its end is the VLAN device's as well, and told of that one by itself. */
		if (l->below == dev->ifindex && !deleted)
			note_xdp(d, l, dev);
		if (l->ifindex != dev->ifindex) {
			l->back = l->back || (l->gone && !deleted && !strcmp(l->name, dev->name));
			continue;
		}
		if (deleted) {
			note_gone(d, l);
			continue;
		}
		l->up = dev->up && dev->carrier;
		note_xdp(d, l, dev);
		note_master(d, l, dev);
		/* Moved to another namespace and back it has its old number, but our sockets lost it. */
		l->back = l->gone;
		if (memcmp(dev->mac, unsaid, sizeof(unsaid)))
			note_mac(d, l, dev);
	}
}

/* Anything but "no such interface" says nothing of it: another look. */
void links_learn(struct daemon *d, struct link *l, int err, const struct netdev *dev)
{
	if (!err)
		links_note(d, dev, false);
	else if (err == -ENODEV)
		note_gone(d, l);
	else
		d->links->lost = true;
}
