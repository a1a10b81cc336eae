/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks up the interfaces of the groups and the ways to the peers. */
#include <errno.h>
#include <string.h>
#include "base/log.h"
#include "setup.h"

static enum kern_mode mode_of(enum config_mode mode)
{
	switch (mode) {
	case MODE_NATIVE:
		return KERN_MODE_NATIVE;
	case MODE_GENERIC:
		return KERN_MODE_GENERIC;
	case MODE_AUTO:
		break;
	}
	return KERN_MODE_AUTO;
}

/* Whoever says a mode decides; the configuration has seen to it that nobody says another. */
static int iface_add(struct iface_set *set, const struct netdev *dev, enum config_mode mode,
		     struct err *e)
{
	unsigned int i = 0;

	while (i < set->n && set->dev[i].ifindex != dev->ifindex)
		i++;
	if (i == IPT_MAX_IFACES)
		return err_set(e, -E2BIG, "more than %d interfaces", IPT_MAX_IFACES);
	if (i == set->n) {
		set->dev[set->n++] = *dev;
		set->mode[i] = mode_of(mode);
	}
	if (mode != MODE_AUTO)
		set->mode[i] = mode_of(mode);
	return 0;
}

static int find_groups(struct daemon *d, struct iface_set *set, struct err *e)
{
	/* A witness's groups are names to vote on. */
	for (uint32_t i = 0; i < d->cfg.ngroups && !d->cfg.witness; i++) {
		struct netdev dev;
		int err = found_by_name(&d->found, d->cfg.groups[i].interface, &dev, e);

		if (!err)
			err = iface_add(set, &dev, d->cfg.groups[i].mode, e);
		if (err)
			return err;
		d->groups[i].ifindex = dev.ifindex;
		memcpy(d->groups[i].mac, dev.mac, sizeof(d->groups[i].mac));
	}
	return 0;
}

static int find_path(struct daemon *d, uint32_t peer, uint32_t ip_be32, struct iface_set *set,
		     struct err *e)
{
	struct frame_addr from = {0};
	struct netdev dev;
	uint32_t ifindex;
	int err = found_route(&d->found, ip_be32, &ifindex, &from.ip_be32, e);

	if (!err && found_by_index(&d->found, ifindex, &dev))
		err = err_set(e, -ENODEV, "its interface is gone");
	if (!err)
		err = iface_add(set, &dev, MODE_AUTO, e);
	if (err)
		return err;
	memcpy(from.mac, dev.mac, 6);
	err = beat_open(&d->paths[d->npaths], ifindex, &from, ip_be32, e);
	if (err)
		return err;
	d->paths[d->npaths++].peer = peer;
	return 0;
}

/* One way of several may be missing, an interface that is down: what is there must serve. */
static int find_peer(struct daemon *d, uint32_t peer, struct iface_set *set, struct err *e)
{
	const struct config_peer *p = &d->cfg.peers[peer];
	unsigned int found = d->npaths;
	struct err why = {0};
	int err = 0;

	for (uint32_t a = 0; a < p->naddrs; a++) {
		int one = find_path(d, peer, p->ip_be32[a], set, &why);

		if (!one)
			continue;
		err = one;
		d->missing_be32[d->nmissing++] = p->ip_be32[a];
	}
	found = d->npaths - found;
	if (err && !found)
		return err_set(e, err, "peer '%s': %.200s", p->name, why.text);
	if (err)
		log_line("ALARM: peer %s: %s: going on with %u of %u ways", p->name, why.text,
			 found, p->naddrs);
	return 0;
}

static int find_peers(struct daemon *d, struct iface_set *set, struct err *e)
{
	int err = 0;

	for (uint32_t i = 0; i < d->cfg.npeers && !err; i++)
		err = find_peer(d, i, set, e);
	return err;
}

bool setup_way_is_back(const struct daemon *d)
{
	uint32_t ifindex, src_be32;
	struct err ignored;

	for (unsigned int i = 0; i < d->nmissing; i++)
		if (!netdev_route(d->missing_be32[i], &ifindex, &src_be32, &ignored))
			return true;
	return false;
}

static int find_gateway(struct daemon *d, struct err *e)
{
	return d->cfg.alone == ALONE_GATEWAY
		       ? gateway_open(&d->gateway, d->cfg.gateway_be32, &d->found, e)
		       : 0;
}

int setup_find(struct daemon *d, struct iface_set *set, struct err *e)
{
	int err = find_groups(d, set, e);

	if (!err)
		err = find_peers(d, set, e);
	return err ? err : find_gateway(d, e);
}
