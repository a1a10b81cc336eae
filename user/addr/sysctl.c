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

/* Values of arp_ignore. An interface that has no address of its own answers for others under the second alone. */
#define ONLY_OWN 1 /* answers for addresses of that interface */
#define NONE_OF_HOST \
	3 /* answers for addresses of all interfaces but those of scope host, as ours mostly are */

/* arp_ignore: 4 to 7 and what is above 8 answer for all, as 0 does. */
static bool strict_enough(enum ipt_sysctl_id id, int value, int wanted)
{
	if (id == IPT_SYSCTL_ARP_IGNORE)
		return value == ONLY_OWN || value == 2 || value == 8 || value == wanted;
	return value >= wanted;
}

/* A process may have ended after it had saved what it meant to set, and before it set it. */
static bool is_ours(const struct ipt_sysctl *v, int now)
{
	return now == v->our_value || now == v->before_value;
}

/* Saved before it is set, with what is ours until then: whoever finds either of them knows whose it is. */
static int change(struct kern *k, const struct netdev *dev, const struct ipt_sysctl_key *key,
		  struct ipt_sysctl *v, int value)
{
	int err;

	(void)snprintf(v->name, sizeof(v->name), "%s", dev->name);
	if (v->our_value != value) {
		v->before_value = v->our_value;
		v->our_value = value;
	}
	err = kern_sysctl_save(k, key, v);
	return err ? err : netdev_sysctl_set(dev->name, key_name(key->id), value);
}

/* From here on the value before is somebody else's, should it come back. */
static int settle(struct kern *k, const struct ipt_sysctl_key *key, struct ipt_sysctl *v)
{
	if (v->before_value == v->our_value)
		return 0;
	v->before_value = v->our_value;
	return kern_sysctl_save(k, key, v);
}

/* Raises one value, unless it is as strict already, or changes our own of before; remembers what was there. */
static int guard_value(struct kern *k, const struct netdev *dev, enum ipt_sysctl_id id, int value)
{
	struct ipt_sysctl_key key = {.ifindex = dev->ifindex, .id = id};
	struct ipt_sysctl saved;
	bool known = !kern_sysctl_get(k, &key, &saved);
	int now, err = netdev_sysctl_get(dev->name, key_name(id), &now);

	if (err)
		return err;
	if (now != value && (!strict_enough(id, now, value) || (known && is_ours(&saved, now)))) {
		/* Once: a second look would take our own value for the old one. */
		if (!known)
			saved = (struct ipt_sysctl){.old_value = now,
						    .our_value = value,
						    .before_value = value};
		err = change(k, dev, &key, &saved, value);
	} else if (!known || saved.our_value != value || now != value) {
		return 0;
	}
	return err ? err : settle(k, &key, &saved);
}

static void unguard(struct kern *k, const struct ipt_sysctl_key *key, const struct ipt_sysctl *v)
{
	struct netdev dev;
	int value;

	/* By number: it may have been renamed. Gone: nothing to restore. */
	if (!netdev_by_index(key->ifindex, &dev) &&
	    !netdev_sysctl_get(dev.name, key_name(key->id), &value) && is_ours(v, value))
		(void)netdev_sysctl_set(dev.name, key_name(key->id), v->old_value);
	(void)kern_sysctl_forget(k, key);
}

struct guard {
	struct kern *k;
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	bool standing[IPT_MAX_IFACES]; /* standing addresses are reached by that interface */
	bool wide; /* floating addresses are, or will be, on interfaces with another scope than host */
	const struct sysctl_known *known; /* both, where the caller knows them */
	int ignore; /* what arp_ignore is to be */
	bool ignores; /* it is needed somewhere */
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

static int note_vip(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct guard *g = arg;
	int i = find_iface(g, key->ifindex);

	if (i >= 0 && vip->flags & IPT_VIP_F_STANDING)
		g->standing[i] = true;
	if (ipt_addr_is_v4(&key->addr) && !(vip->flags & (IPT_VIP_F_STANDING | IPT_VIP_F_HOST)))
		g->wide = true;
	return 0;
}

/* What was added by hand the daemon does not know. */
static int note_by_hand(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	const struct guard *g = arg;

	return vip->group < IPT_MAX_GROUPS && kern_groups(g->k)[vip->group].managed
		       ? 0
		       : note_vip(key, vip, arg);
}

static bool any_by_hand(struct kern *k)
{
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++)
		if (kern_groups(k)[i].name[0] && !kern_groups(k)[i].managed)
			return true;
	return false;
}

static bool is_set(const char *ifname, const char *key)
{
	int value;

	return !netdev_sysctl_get(ifname, key, &value) && value;
}

/* With route_localnet where an address is, the kernel takes scope host for scope link. */
static bool localnet(const struct guard *g)
{
	for (int i = 0; i < g->n; i++)
		if (is_set(g->ifaces[i].name, "route_localnet"))
			return true;
	return is_set("all", "route_localnet") || is_set("lo", "route_localnet");
}

/* The larger of an interface's value and that of "all" counts: a stricter one of the administrator's must stay it. */
static int ignore_value(const struct guard *g)
{
	int all;

	if (g->wide || localnet(g))
		return ONLY_OWN;
	if (!netdev_sysctl_get("all", "arp_ignore", &all) && (all == ONLY_OWN || all == 2))
		return ONLY_OWN;
	return NONE_OF_HOST;
}

static int wanted(const struct guard *g, uint32_t ifindex, enum ipt_sysctl_id id)
{
	int i = find_iface(g, ifindex);

	switch (id) {
	case IPT_SYSCTL_ARP_IGNORE:
		/* The kernel answers for any address on any interface: XDP stops that only on its own. */
		return g->n > (i >= 0) || (i >= 0 && g->standing[i]) ? g->ignore : 0;
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

static void check_all(struct guard *g)
{
	int all;

	if (!g->ignores || g->err || netdev_sysctl_get("all", "arp_ignore", &all))
		return;
	if (all && !strict_enough(IPT_SYSCTL_ARP_IGNORE, all, g->ignore))
		g->err = err_set(g->e, -EINVAL,
				 "net.ipv4.conf.all.arp_ignore is %d, which outweighs the %d that "
				 "interfaces need: set it to 0, 1 or 2",
				 all, g->ignore);
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
	int err;

	g->ignore = ignore_value(g);
	err = kern_sysctl_each(g->k, relax_one, g);
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
	err = kern_vip_each(g->k, note_vip, g);
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
	int i, err = 0;

	g->n = kern_ifaces(g->k, g->ifaces);
	for (unsigned int s = 0; s < g->known->nstanding; s++) {
		i = find_iface(g, g->known->standing[s]);
		if (i >= 0)
			g->standing[i] = true;
	}
	g->wide = g->known->wide;
	if (any_by_hand(g->k))
		err = kern_vip_each(g->k, note_by_hand, g);
	return err ? err : guard_each(g);
}

int sysctl_guard_known(struct kern *k, const struct sysctl_known *known, struct err *e)
{
	struct guard g = {.k = k, .known = known, .e = e};

	e->text[0] = '\0';
	return locked(&g, guard_known);
}
