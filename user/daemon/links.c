/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns what the loop knows of its interfaces, and the watch that tells of changes. */
#include "links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon.h"
#include "links_int.h"
#include "net/netdev_routes.h"

static void on_link_event(const struct netdev *dev, bool deleted, void *arg)
{
	links_note(arg, dev, deleted);
}

/* Which filter it was is found out by a look; other interfaces have theirs, and they are nobody's business here. */
static void on_filter_event(uint32_t ifindex, void *arg)
{
	struct daemon *d = arg;

	for (unsigned int i = 0; i < d->links->n; i++)
		if (link_programs(&d->links->link[i]) == ifindex)
			d->links->changed = true;
}

static void on_addr_gone(uint32_t ifindex, const struct ipt_addr *ip, void *arg)
{
	addr_watch_gone(arg, ifindex, ip);
}

void links_fetch(struct daemon *d)
{
	const struct netdev_watcher watcher = {on_link_event, on_filter_event, on_addr_gone, d};

	if (netdev_watch_fetch(d->links->watch_fd, &watcher))
		d->links->lost = true;
	addr_watch_mend(d);
	if (d->links->changed || d->links->lost)
		links_guard(d);
	d->links->changed = false;
}

void links_routes(struct daemon *d)
{
	if (route_watch_fetch(d->links->route_fd))
		addr_watch_route_gone(d);
	addr_watch_mend(d);
}

void links_jobs(struct daemon *d)
{
	worker_fetch(d->links->worker);
}

static void add(struct links *ls, uint32_t ifindex, const uint8_t mac[6], bool serves)
{
	struct link *l = links_find(ls, ifindex);

	/* No more interfaces than setup had room for. */
	if (!l) {
		l = &ls->link[ls->n++];
		l->ifindex = l->into = ifindex;
		l->homed = true;
	}
	if (serves)
		memcpy(l->mac, mac, sizeof(l->mac));
	l->serves = l->serves || serves;
}

/* What is found here is the state; what the watch reports from here on is change. */
static void learn_all(struct daemon *d)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(d->k, ifaces), err;
	struct netdev dev;

	/* Set-up has told of those where our programs could not be put. */
	for (unsigned int i = 0; i < d->links->n; i++)
		d->links->link[i].deaf = d->links->link[i].unfenced = true;
	for (int i = 0; i < n; i++) {
		struct link *l = links_find(d->links, ifaces[i].ifindex);

		if (!l)
			continue;
		memcpy(l->name, ifaces[i].name, sizeof(l->name));
		l->deaf = l->unfenced = false;
		l->below = ifaces[i].vlan.below;
		l->alone = ifaces[i].flags & IPT_IF_ALONE;
	}
	for (unsigned int i = 0; i < d->links->n; i++) {
		struct link *l = &d->links->link[i];

		/* What set-up itself has asked was asked before our programs were there. */
		err = d->plan.found.given ? found_by_index(&d->plan.found, l->ifindex, &dev)
					  : netdev_by_index(l->ifindex, &dev);
		if (!err && !l->name[0])
			memcpy(l->name, dev.name, sizeof(l->name));
		links_learn(d, l, err, &dev);
	}
	/* What the process before had heard may have changed before our watch was open. */
	d->links->lost = d->plan.found.given;
}

static int open_routes(struct daemon *d, struct err *e)
{
	bool any = false;
	int fd;

	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		any = any || d->cfg.groups[i].nroutes;
	if (!any)
		return 0;
	fd = route_watch_open();
	if (fd < 0)
		return err_set(e, fd, "routes: netlink: %s", strerror(-fd));
	d->links->route_fd = fd;
	return 0;
}

int links_start(struct daemon *d, struct err *e)
{
	static const struct worker_kind kind = {"ipt-links", THREAD_URGENT, 1};
	struct links *ls = calloc(1, sizeof(*ls));
	int err;

	if (!ls)
		return err_set(e, -ENOMEM, "interfaces: out of memory");
	d->links = ls;
	ls->route_fd = -1;
	ls->watch_fd = netdev_watch_open();
	if (ls->watch_fd < 0)
		return err_set(e, ls->watch_fd, "interfaces: netlink: %s", strerror(-ls->watch_fd));
	err = open_routes(d, e);
	if (err)
		return err;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++)
			if (d->plan.group[i][n].ifindex)
				add(ls, d->plan.group[i][n].ifindex, d->plan.group[i][n].mac, true);
	for (unsigned int i = 0; i < d->plan.npaths; i++)
		add(ls, d->plan.paths[i].ifindex, d->plan.paths[i].from.mac, false);
	learn_all(d);
	return worker_start(&ls->worker, &kind, d, e);
}

void links_stop(struct daemon *d)
{
	if (!d->links)
		return;
	worker_drop(d->links->worker);
	worker_stop(d->links->worker);
	if (d->links->watch_fd >= 0)
		close(d->links->watch_fd);
	if (d->links->route_fd >= 0)
		close(d->links->route_fd);
	free(d->links);
	d->links = NULL;
}

int links_watch_fd(const struct daemon *d)
{
	return d->links->watch_fd;
}

int links_route_fd(const struct daemon *d)
{
	return d->links->route_fd;
}

int links_jobs_fd(const struct daemon *d)
{
	return worker_fd(d->links->worker);
}
