/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sysctls that keep the kernel from speaking where XDP does not listen, and from deleting more addresses than it is told
 * to; every old value is kept. */
#include <errno.h>
#include <string.h>
#include "netdev.h"
#include "sysctl.h"

static const char *key_name(enum ipt_sysctl_id id)
{
	switch (id) {
	case IPT_SYSCTL_ARP_IGNORE:
		return "arp_ignore";
	case IPT_SYSCTL_ARP_ANNOUNCE:
		return "arp_announce";
	case IPT_SYSCTL_PROMOTE_SECONDARIES:
		return "promote_secondaries";
	}
	return "";
}

/* arp_ignore 3 answers for more addresses than 1 does; else a higher number is stricter. */
static bool strict_enough(enum ipt_sysctl_id id, int value, int wanted)
{
	return value >= wanted && !(id == IPT_SYSCTL_ARP_IGNORE && value == 3);
}

int sysctl_guard(struct kern *k, uint32_t ifindex, const char *name, enum ipt_sysctl_id id,
		 int value)
{
	struct ipt_sysctl_key key = {.ifindex = ifindex, .id = id};
	struct ipt_sysctl saved = {.our_value = value};
	int err;

	err = netdev_sysctl_get(name, key_name(id), &saved.old_value);
	if (err || strict_enough(id, saved.old_value, value))
		return err;
	(void)snprintf(saved.name, sizeof(saved.name), "%s", name);
	/* Saved before it is changed, and once: a second look would take our own value for the old one. */
	if (kern_sysctl_get(k, &key, &saved))
		err = kern_sysctl_save(k, &key, &saved);
	return err ? err : netdev_sysctl_set(name, key_name(id), value);
}

static void unguard(struct kern *k, const struct ipt_sysctl_key *key, const struct ipt_sysctl *v)
{
	struct netdev dev;
	int value;

	/* By number: it may have been renamed. Gone: nothing to restore. */
	if (!netdev_by_index(key->ifindex, &dev) &&
	    !netdev_sysctl_get(dev.name, key_name(key->id), &value) && value == v->our_value)
		(void)netdev_sysctl_set(dev.name, key_name(key->id), v->old_value);
	(void)kern_sysctl_forget(k, key);
}

struct guard {
	struct kern *k;
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	bool standing[IPT_MAX_IFACES]; /* standing addresses are reached by that interface */
	const uint32_t *known; /* those interfaces, where the caller knows them */
	unsigned int nknown;
	int n, err;
};

static int find_iface(const struct guard *g, uint32_t ifindex)
{
	int i;

	for (i = 0; i < g->n; i++)
		if (g->ifaces[i].ifindex == ifindex)
			return i;
	return -1;
}

static int note_standing(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct guard *g = arg;
	int i = find_iface(g, key->ifindex);

	if (i >= 0 && vip->flags & IPT_VIP_F_STANDING)
		g->standing[i] = true;
	return 0;
}

static int wanted(const struct guard *g, uint32_t ifindex, enum ipt_sysctl_id id)
{
	int i = find_iface(g, ifindex);

	switch (id) {
	case IPT_SYSCTL_ARP_IGNORE:
		/* The kernel answers for any address on any interface: XDP stops that only on its own. */
		return g->n > (i >= 0) || (i >= 0 && g->standing[i]) ? 1 : 0;
	case IPT_SYSCTL_ARP_ANNOUNCE:
		return i >= 0 ? 2 : 0;
	case IPT_SYSCTL_PROMOTE_SECONDARIES:
		/* A primary address that we delete takes its secondaries along unless they are promoted, and
		 * they may be another group's, or the administrator's. */
		return i >= 0 ? 1 : 0;
	}
	return 0;
}

static int guard_one(const struct netdev *dev, void *arg)
{
	static const enum ipt_sysctl_id ids[] = {IPT_SYSCTL_ARP_IGNORE, IPT_SYSCTL_ARP_ANNOUNCE,
						 IPT_SYSCTL_PROMOTE_SECONDARIES};
	struct guard *g = arg;
	unsigned int i;
	int value, err;

	if (!strcmp(dev->name, "lo"))
		return 0;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		value = wanted(g, dev->ifindex, ids[i]);
		err = value ? sysctl_guard(g->k, dev->ifindex, dev->name, ids[i], value) : 0;
		/* An interface may go while we look; the others still want their turn. */
		if (err && err != -ENOENT)
			g->err = err;
	}
	return 0;
}

static void relax_one(const struct ipt_sysctl_key *key, const struct ipt_sysctl *v, void *arg)
{
	struct guard *g = arg;
	struct netdev dev;

	if (!wanted(g, key->ifindex, key->id) || netdev_by_index(key->ifindex, &dev))
		unguard(g->k, key, v);
}

static int guard_each(struct guard *g)
{
	int err = kern_sysctl_each(g->k, relax_one, g);

	if (!err)
		err = netdev_each(guard_one, g);
	return err ? err : g->err;
}

static int guard_all(void *arg)
{
	struct guard *g = arg;
	int err;

	g->n = kern_ifaces(g->k, g->ifaces);
	err = kern_vip_each(g->k, note_standing, g);
	return err ? err : guard_each(g);
}

int sysctl_guard_all(struct kern *k)
{
	struct guard g = {.k = k};

	return kern_locked(k, guard_all, &g);
}

static int guard_known(void *arg)
{
	struct guard *g = arg;
	int i;

	g->n = kern_ifaces(g->k, g->ifaces);
	for (unsigned int s = 0; s < g->nknown; s++) {
		i = find_iface(g, g->known[s]);
		if (i >= 0)
			g->standing[i] = true;
	}
	return guard_each(g);
}

int sysctl_guard_known(struct kern *k, const uint32_t *standing, unsigned int n)
{
	struct guard g = {.k = k, .known = standing, .nknown = n};

	return kern_locked(k, guard_known, &g);
}
