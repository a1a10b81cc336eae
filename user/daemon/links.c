/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns what the loop knows of its interfaces, and decides which of them is well. */
#include "links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "daemon.h"
#include "edge.h"
#include "links_int.h"
#include "queue.h"
#include "router_watch.h"

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
 * and hears by another one. Of a bridge: what the owner lets in is the bridge's; who attaches a port was warned of that.
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
	if (dev->xdp != NETDEV_XDP_NONE)
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
		if (!d->groups[i].ifindex && !strcmp(d->cfg.groups[i].interface, dev->name))
			queue_start_over(d, "an interface that was awaited is there");
}

/* Only noted: what many changes in a row come to is told once, by links_tell(). */
static void on_link_event(const struct netdev *dev, bool deleted, void *arg)
{
	static const uint8_t unsaid[6];
	struct daemon *d = arg;

	d->links->changed = true;
	note_awaited(d, dev, deleted);
	for (unsigned int i = 0; i < d->links->n; i++) {
		struct link *l = &d->links->link[i];

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

static bool gates_closed(const struct daemon *d, const struct link *l, uint64_t now_ns)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->groups[i].ifindex == l->ifindex &&
		    lease_live(kern_leases(d->k)[d->groups[i].index], now_ns))
			return false;
	return true;
}

/* One look may fail beside a storm of link events. */
static void tell_unguarded(struct daemon *d, const struct job *job)
{
	struct links *ls = d->links;

	if (!job->err && ls->unguarded >= 2)
		edge_over(d, NULL, "sysctls of all interfaces are set");
	ls->unguarded = job->err ? ls->unguarded + 1 : 0;
	if (ls->unguarded == 2)
		edge_alarm(d, NULL, "the kernel may answer for floating addresses: %s",
			   job->text.text);
}

/* What a look says of one hook: alarm when it is found empty, a line when it is not any more. */
static bool find_hook(struct daemon *d, const struct link *l, const char *hook, bool was, bool is)
{
	if (is && !was)
		edge_alarm(d, NULL, "our %s is gone from %s", hook, l->name);
	else if (!is && was)
		log_line("our %s is back on %s", hook, l->name);
	return is;
}

static void guarded(struct job *job, void *daemon)
{
	const struct guard_job *g = (struct guard_job *)job;
	struct daemon *d = daemon;
	struct links *ls = d->links;

	ls->guard_waits = false;
	tell_unguarded(d, job);
	for (unsigned int i = 0; i < ls->n; i++) {
		struct link *l = &ls->link[i];
		bool deaf = g->deaf_mask >> i & 1, unfenced = g->unfenced_mask >> i & 1;

		/* That says it all, and what comes back needs more than programs. */
		if (l->gone)
			continue;
		/* It looked before the kernel told. */
		if (l->deaf && g->began_ns <= l->deaf_ns)
			deaf = true;
		l->deaf = find_hook(d, l, "ingress program", l->deaf, deaf);
		l->unfenced = find_hook(d, l, "egress filter", l->unfenced, unfenced);
		if (!deaf && !unfenced)
			link_retry_done(&l->attach);
	}
	addr_watch_counted(d, &g->census);
	stack_watch_asked(d, &g->stack);
	multicast_kept(d, &g->multicast);
	router_watch_looked(d, g->routers);
	if (ls->guard_again)
		links_guard(d);
}

/* Anything but "no such interface" says nothing of it: another look. */
static void learn(struct daemon *d, struct link *l, int err, const struct netdev *dev)
{
	if (!err)
		on_link_event(dev, false, d);
	else if (err == -ENODEV)
		note_gone(d, l);
	else
		d->links->lost = true;
}

static void looked(struct job *job, void *daemon)
{
	const struct look_job *look = (struct look_job *)job;
	struct daemon *d = daemon;

	d->links->looks--;
	learn(d, look->link, job->err, &look->dev);
}

static void attached(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	((struct attach_job *)job)->link->attaching = false;
	if (job->err)
		edge_alarm(d, NULL, "programs cannot be attached again: %s", job->text.text);
	else
		links_guard(d);
}

static void rehearsed(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	d->links->ready_waits = false;
	if (job->err)
		log_line("interfaces are not ready for a new start: %s", job->text.text);
	else
		queue_start_over(d, "an interface is not what it was");
}

/*
 * An ingress program that comes back must find closed gates: not before its groups are silent. The egress filter only
 * takes away, and is missed most where a gate has just closed: at once, but for a host where somebody else keeps
 * taking it off.
 */
static void attach_again(struct daemon *d, struct link *l, uint64_t now_ns)
{
	const struct attach_job a = {.job = {.run = link_jobs_attach, .done = attached}, .link = l};
	bool due;

	if (l->gone || l->attaching || (!l->deaf && !l->unfenced) ||
	    (l->deaf && !gates_closed(d, l, now_ns)))
		return;
	due = l->deaf ? link_retry_due(&l->attach, now_ns) : link_retry_soon(&l->attach, now_ns);
	if (due)
		l->attaching = worker_post(d->links->worker, &a.job, sizeof(a));
}

/* Sockets, maps and records name an interface that is no more: only a new process gets them right. */
static bool is_stale(const struct daemon *d, const struct link *l, uint64_t now_ns)
{
	return (l->back || (!l->gone && l->up && l->serves && l->other_mac)) &&
	       gates_closed(d, l, now_ns);
}

static void replace(struct daemon *d, uint64_t now_ns)
{
	const struct job job = {.run = link_jobs_rehearse, .done = rehearsed};
	struct links *ls = d->links;
	bool stale = false;

	for (unsigned int i = 0; i < ls->n; i++)
		stale = stale || is_stale(d, &ls->link[i], now_ns);
	if (stale && !ls->ready_waits && link_retry_due(&ls->replace, now_ns))
		ls->ready_waits = worker_post(ls->worker, &job, sizeof(job));
}

/* A look at every interface waits for whoever holds the kernel's netlink lock: not in the loop. */
static void look_at_all(struct links *ls)
{
	struct look_job look = {.job = {.run = link_jobs_look, .done = looked}};

	if (!ls->lost || ls->looks)
		return;
	ls->lost = false;
	for (unsigned int i = 0; i < ls->n; i++) {
		look.link = &ls->link[i];
		ls->looks += worker_post(ls->worker, &look.job, sizeof(look));
	}
}

static void look(struct daemon *d)
{
	struct guard_job g = {.job = {.run = link_jobs_guard, .done = guarded}};
	struct links *ls = d->links;

	stack_watch_begin(d, &g.stack);
	ls->guard_again = ls->guard_waits;
	if (!ls->guard_waits)
		ls->guard_waits = worker_post(ls->worker, &g.job, sizeof(g));
}

void links_guard(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();

	look(d);
	look_at_all(d->links);
	for (unsigned int i = 0; i < d->links->n; i++)
		attach_again(d, &d->links->link[i], now_ns);
	replace(d, now_ns);
}

/* Which filter it was is found out by a look; other interfaces have theirs, and they are nobody's business here. */
static void on_filter_event(uint32_t ifindex, void *arg)
{
	struct daemon *d = arg;

	d->links->changed = d->links->changed || links_find(d->links, ifindex);
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
		l->ifindex = ifindex;
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

	for (int i = 0; i < n; i++) {
		struct link *l = links_find(d->links, ifaces[i].ifindex);

		if (!l)
			continue;
		memcpy(l->name, ifaces[i].name, sizeof(l->name));
		l->alone = ifaces[i].flags & IPT_IF_ALONE;
	}
	for (unsigned int i = 0; i < d->links->n; i++) {
		struct link *l = &d->links->link[i];

		/* What set-up itself has asked was asked before our programs were there. */
		err = d->plan.found.given ? found_by_index(&d->plan.found, l->ifindex, &dev)
					  : netdev_by_index(l->ifindex, &dev);
		if (!err && !l->name[0])
			memcpy(l->name, dev.name, sizeof(l->name));
		learn(d, l, err, &dev);
	}
	/* What the process before had heard may have changed before our watch was open. */
	d->links->lost = d->plan.found.given;
}

int links_start(struct daemon *d, struct err *e)
{
	static const struct worker_kind kind = {"ipt-links", THREAD_URGENT, 1};
	struct links *ls = calloc(1, sizeof(*ls));

	if (!ls)
		return err_set(e, -ENOMEM, "interfaces: out of memory");
	d->links = ls;
	ls->watch_fd = netdev_watch_open();
	if (ls->watch_fd < 0)
		return err_set(e, ls->watch_fd, "interfaces: netlink: %s", strerror(-ls->watch_fd));
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->groups[i].ifindex)
			add(ls, d->groups[i].ifindex, d->groups[i].mac, true);
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
	free(d->links);
	d->links = NULL;
}

int links_watch_fd(const struct daemon *d)
{
	return d->links->watch_fd;
}

int links_jobs_fd(const struct daemon *d)
{
	return worker_fd(d->links->worker);
}
