/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sysctls that keep the kernel from speaking where XDP does not listen, and from deleting more addresses than it is told
 * to; every old value is kept. */
#include <errno.h>
#include <string.h>
#include "net/netdev.h"
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

/* arp_ignore: 3 answers for addresses of other interfaces, 4 to 7 and what is above 8 answer for all, as 0 does. */
static bool strict_enough(enum ipt_sysctl_id id, int value, int wanted)
{
	if (id == IPT_SYSCTL_ARP_IGNORE)
		return value == 1 || value == 2 || value == 8;
	return value >= wanted;
}

/* Raises one value, unless it is as strict already; remembers what was there. */
static int guard_value(struct kern *k, const struct netdev *dev, enum ipt_sysctl_id id, int value)
{
	struct ipt_sysctl_key key = {.ifindex = dev->ifindex, .id = id};
	struct ipt_sysctl saved = {.our_value = value};
	int err;

	err = netdev_sysctl_get(dev->name, key_name(id), &saved.old_value);
	if (err || strict_enough(id, saved.old_value, value))
		return err;
	(void)snprintf(saved.name, sizeof(saved.name), "%s", dev->name);
	/* Saved before it is changed, and once: a second look would take our own value for the old one. */
	if (kern_sysctl_get(k, &key, &saved))
		err = kern_sysctl_save(k, &key, &saved);
	return err ? err : netdev_sysctl_set(dev->name, key_name(id), value);
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
	bool ignores; /* arp_ignore is needed somewhere */
	int n, err;
	struct err *e; /* the first that went wrong */
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
		/* Nor shall it ask in the name of a floating address where no fence looks at what leaves. */
		return g->n ? 2 : 0;
	case IPT_SYSCTL_PROMOTE_SECONDARIES:
		/* A primary address that we delete takes its secondaries along unless they are promoted, and
		 * they may be another group's, or the administrator's. */
		return i >= 0 ? 1 : 0;
	}
	return 0;
}

static void note_error(struct guard *g, const char *name, enum ipt_sysctl_id id, int err)
{
	if (g->err)
		return;
	if (err == -E2BIG)
		g->err = err_set(g->e, err, "%s: %s: %d values are kept, no room for more", name,
				 key_name(id), IPT_MAX_SYSCTLS);
	else
		g->err = err_set(g->e, err, "%s: %s: %s", name, key_name(id), strerror(-err));
}

/* The kernel goes by the larger of an interface's value and that of "all". */
static void check_all(struct guard *g)
{
	int all;

	if (!g->ignores || g->err || netdev_sysctl_get("all", "arp_ignore", &all))
		return;
	if (all && !strict_enough(IPT_SYSCTL_ARP_IGNORE, all, 1))
		g->err = err_set(g->e, -EINVAL,
				 "net.ipv4.conf.all.arp_ignore is %d, which outweighs the 1 that "
				 "interfaces need: set it to 0, 1 or 2",
				 all);
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
		g->ignores = g->ignores || (value && ids[i] == IPT_SYSCTL_ARP_IGNORE);
		err = value ? guard_value(g->k, dev, ids[i], value) : 0;
		/* An interface may go while we look; the others still want their turn. */
		if (err && err != -ENOENT)
			note_error(g, dev->name, ids[i], err);
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
	if (err)
		return err_set(g->e, err, "interfaces: %s", strerror(-err));
	check_all(g);
	return g->err;
}

static int locked(struct guard *g, int (*fn)(void *arg))
{
	int err = kern_locked(g->k, fn, g);

	/* Not from a look at all. */
	if (err && !g->e->text[0])
		(void)err_set(g->e, err, "sysctls of interfaces: %s",
			      err == -ESTALE ? "our pins have been removed" : strerror(-err));
	return err;
}

static int guard_all(void *arg)
{
	struct guard *g = arg;
	int err;

	g->n = kern_ifaces(g->k, g->ifaces);
	err = kern_vip_each(g->k, note_standing, g);
	return err ? err : guard_each(g);
}

int sysctl_guard_all(struct kern *k, struct err *e)
{
	struct guard g = {.k = k, .e = e};

	e->text[0] = '\0';
	return locked(&g, guard_all);
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

int sysctl_guard_known(struct kern *k, const uint32_t *standing, unsigned int n, struct err *e)
{
	struct guard g = {.k = k, .known = standing, .nknown = n, .e = e};

	e->text[0] = '\0';
	return locked(&g, guard_known);
}
