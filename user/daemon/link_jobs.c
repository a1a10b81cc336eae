/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at interfaces and repairs them, in a thread: netlink and libxdp may wait for others. */
#include <errno.h>
#include <time.h>
#include "base/clock.h"
#include "daemon.h"
#include "links_int.h"
#include "net/packet.h"
#include "programs/children.h"
#include "setup.h"

#define STRANGER_BELIEVED_NS 30000000000ull

static const struct ipt_iface *find_record(const struct ipt_iface *records, int n, uint32_t ifindex)
{
	for (int i = 0; i < n; i++)
		if (records[i].ifindex == ifindex)
			return &records[i];
	return NULL;
}

static bool is_known(const struct links *ls, uint32_t ifindex)
{
	for (unsigned int i = 0; i < ls->n; i++)
		if (ls->link[i].ifindex == ifindex)
			return true;
	return false;
}

/* The record of an interface that is no more keeps a slot, and its dispatcher's pins our program, forever. */
static void forget_deleted(struct daemon *d, const struct ipt_iface *records, int n)
{
	struct netdev dev;
	struct err ignored;

	for (int i = 0; i < n; i++)
		if (!is_known(d->links, records[i].ifindex) &&
		    netdev_by_index(records[i].ifindex, &dev) == -ENODEV)
			(void)kern_detach(d->k, &records[i], &ignored);
}

/*
 * An owner goes by it: one look may have met somebody else's program on its way into the same dispatcher. Not looked
 * at again each second while the same stranger stands there: libxdp leaks a file descriptor with each look.
 */
static bool is_deaf(struct daemon *d, struct link *l, const struct ipt_iface *record)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	uint32_t stranger = kern_iface_stranger(d->k, record);

	if (stranger && stranger == l->stranger && clock_now_ns() < l->stranger_until_ns)
		return true;
	l->stranger = 0;
	for (int i = 0; i < 3; i++) {
		if (kern_iface_hears(d->k, record))
			return false;
		if (kern_iface_taken(d->k, record))
			break;
		(void)nanosleep(&pause, NULL);
	}
	l->stranger = stranger;
	l->stranger_until_ns = clock_now_ns() + STRANGER_BELIEVED_NS;
	return true;
}

/* What cannot be asked at the first try is asked again: an owner goes by this, too. */
static bool is_unfenced(struct daemon *d, const struct ipt_iface *record)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < 3; i++) {
		if (kern_iface_fenced(d->k, record))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* New interfaces answer for our addresses unless told not to (weak host model); ours may have been stripped. */
void link_jobs_guard(struct job *job, void *daemon)
{
	struct guard_job *g = (struct guard_job *)job;
	struct daemon *d = daemon;
	struct ipt_iface records[IPT_MAX_IFACES];
	const struct ipt_iface *record;
	int n;

	g->began_ns = clock_now_ns();
	n = kern_ifaces(d->k, records);
	for (unsigned int i = 0; i < d->links->n; i++) {
		record = find_record(records, n, d->links->link[i].ifindex);
		/* The quick one first: it is what can still be mended without a gap. */
		if (!record || is_unfenced(d, record))
			g->unfenced_mask |= 1u << i;
		if (!record || is_deaf(d, &d->links->link[i], record))
			g->deaf_mask |= 1u << i;
	}
	addr_watch_count(d, &g->census);
	stack_watch_ask(d, &g->stack);
	job->err = setup_silence(d, g->census.wide, &job->text);
	forget_deleted(d, records, n);
	children_reap_left();
	/* Joined before the sockets go by which the process before was a member. */
	multicast_keep(d, &g->multicast);
	router_watch_look(d, &g->routers);
	packet_drop_left();
}

void link_jobs_look(struct job *job, void *daemon)
{
	struct look_job *look = (struct look_job *)job;

	(void)daemon;
	job->err = netdev_by_index(look->link->ifindex, &look->dev);
}

void link_jobs_attach(struct job *job, void *daemon)
{
	struct attach_job *a = (struct attach_job *)job;
	struct link *l = a->link;
	struct daemon *d = daemon;
	struct ipt_iface records[IPT_MAX_IFACES];
	const struct ipt_iface *record =
		find_record(records, kern_ifaces(d->k, records), l->ifindex);
	/* As it was: an operator may have chosen the generic mode. */
	bool generic = record && !(record->flags & IPT_IF_NATIVE);

	job->err = kern_attach(d->k, l->ifindex, l->name,
			       generic ? KERN_MODE_GENERIC : KERN_MODE_AUTO, &job->text);
	l->stranger = 0;
	/* A VLAN device's may have come to another place. */
	record = find_record(records, kern_ifaces(d->k, records), l->ifindex);
	a->below = record ? record->vlan.below : 0;
}

/* A new process that does not find what it needs gives up the other groups, too. */
void link_jobs_rehearse(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	job->err = setup_rehearse(d, &d->cfg, NULL, &job->text);
}
