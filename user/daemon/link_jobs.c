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
static void guard(struct daemon *d, struct job *job)
{
	struct ipt_iface records[IPT_MAX_IFACES];
	const struct ipt_iface *record;
	int n;

	job->asked_ns = clock_now_ns();
	n = kern_ifaces(d->k, records);
	for (unsigned int i = 0; i < d->links->n; i++) {
		record = find_record(records, n, d->links->link[i].ifindex);
		/* The quick one first: it is what can still be mended without a gap. */
		if (!record || is_unfenced(d, record))
			job->unfenced_mask |= 1u << i;
		if (!record || is_deaf(d, &d->links->link[i], record))
			job->deaf_mask |= 1u << i;
	}
	job->err = setup_silence(d, &job->text);
	forget_deleted(d, records, n);
	children_reap_left();
	packet_drop_left();
}

static void attach(struct daemon *d, struct job *job)
{
	struct link *l = &d->links->link[job->group];
	struct ipt_iface records[IPT_MAX_IFACES];
	const struct ipt_iface *record =
		find_record(records, kern_ifaces(d->k, records), l->ifindex);
	/* As it was: an operator may have chosen the generic mode. */
	bool generic = record && !(record->flags & IPT_IF_NATIVE);

	job->err = kern_attach(d->k, l->ifindex, l->name,
			       generic ? KERN_MODE_GENERIC : KERN_MODE_AUTO, &job->text);
	l->stranger = 0;
}

void link_jobs_run(struct job *job, void *arg)
{
	struct daemon *d = arg;

	switch (job->type) {
	case JOB_GUARD:
		guard(d, job);
		break;
	case JOB_LINK:
		job->err = netdev_by_index(d->links->link[job->group].ifindex, &job->dev);
		break;
	case JOB_ATTACH:
		attach(d, job);
		break;
	case JOB_READY:
		/* A new process that does not find what it needs gives up the other groups, too. */
		job->err = setup_rehearse(d, &d->cfg, NULL, &job->text);
		break;
	case JOB_ADDR_ADD:
	case JOB_ADDR_DEL:
	case JOB_PROBE:
	case JOB_AUDIT:
	case JOB_SELFTEST:
		break;
	}
}
