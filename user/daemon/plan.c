/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks up the interfaces of the groups and the ways to the peers and the gateway. */
#include <errno.h>
#include <string.h>
#include "base/log.h"
#include "plan.h"

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
static int iface_add(struct plan *p, const struct netdev *dev, enum config_mode mode, struct err *e)
{
	unsigned int i = 0;

	while (i < p->nifaces && p->iface[i].ifindex != dev->ifindex)
		i++;
	if (i == IPT_MAX_IFACES)
		return err_set(e, -E2BIG, "more than %d interfaces", IPT_MAX_IFACES);
	if (i == p->nifaces) {
		p->iface[p->nifaces++] = *dev;
		p->mode[i] = mode_of(mode);
	}
	if (mode != MODE_AUTO)
		p->mode[i] = mode_of(mode);
	return 0;
}

static int find_iface(struct plan *p, uint32_t group, uint32_t iface, struct err *e)
{
	const struct config_group *g = &p->cfg->groups[group];
	struct netdev dev;
	int err = found_by_name(&p->found, g->iface[iface], &dev, e);

	if (err == -ENODEV && p->lenient) {
		log_line("ALARM: group %s: %s: it is in fault until that comes", g->name, e->text);
		p->waits = true;
		return 0;
	}
	if (!err)
		err = iface_add(p, &dev, g->mode, e);
	if (err)
		return err;
	p->group[group][iface].ifindex = dev.ifindex;
	memcpy(p->group[group][iface].mac, dev.mac, sizeof(dev.mac));
	return 0;
}

static int find_groups(struct plan *p, struct err *e)
{
	int err = 0;

	/* A witness's groups, which are names to vote on, have no interface. */
	for (uint32_t i = 0; i < p->cfg->ngroups; i++)
		for (uint32_t n = 0; n < p->cfg->groups[i].nifaces && !err; n++)
			err = find_iface(p, i, n, e);
	return err;
}

int plan_to(const struct config_host *h, struct netdev_to *ret, struct err *e)
{
	*ret = (struct netdev_to){.ip = h->ip, .far = h->far};
	if (!h->iface[0])
		return 0;
	ret->ifindex = if_nametoindex(h->iface);
	return ret->ifindex ? 0 : err_set(e, -ENODEV, "interface '%s': not found", h->iface);
}

static int find_path(struct plan *p, uint32_t peer, const struct config_host *h, struct err *e)
{
	struct frame_addr from = {0};
	struct netdev_way way;
	struct netdev_to to;
	struct netdev dev;
	int err = plan_to(h, &to, e);

	if (!err)
		err = plan_source(p, &to, &p->cfg->peers[peer], e);
	if (!err)
		err = found_route(&p->found, &to, &way, e);
	if (!err && found_by_index(&p->found, way.ifindex, &dev))
		err = err_set(e, -ENODEV, "its interface is gone");
	if (!err)
		err = iface_add(p, &dev, MODE_AUTO, e);
	if (err)
		return err;
	memcpy(from.mac, dev.mac, 6);
	from.ip = way.src;
	err = beat_open(&p->paths[p->npaths], way.ifindex, &from, &h->ip, e);
	if (err)
		return err;
	p->paths[p->npaths].hops = h->far ? p->cfg->peers[peer].hops : 1;
	if (h->far)
		memset(p->paths[p->npaths].to.mac, 0, 6);
	p->paths[p->npaths++].peer = peer;
	return 0;
}

/* One way of several may be missing, an interface that is down: what is there must serve. */
static int find_peer(struct plan *p, uint32_t peer, struct err *e)
{
	const struct config_peer *cp = &p->cfg->peers[peer];
	unsigned int found = p->npaths;
	struct err why = {0};
	int err = 0;

	for (uint32_t a = 0; a < cp->naddrs; a++) {
		int one = find_path(p, peer, &cp->addrs[a], &why);

		if (!one)
			continue;
		err = one;
		p->missing[p->nmissing++] = cp->addrs[a];
	}
	found = p->npaths - found;
	/* A source that nobody has chosen does not come by itself. */
	if (err == -EADDRNOTAVAIL || (err && !found && !p->lenient))
		return err_set(e, err, "peer '%s': %.200s", cp->name, why.text);
	p->waits = p->waits || (err && !found);
	if (err)
		log_line("ALARM: peer %s: %s: going on with %u of %u ways", cp->name, why.text,
			 found, cp->naddrs);
	return 0;
}

static int find_peers(struct plan *p, struct err *e)
{
	int err = 0;

	for (uint32_t i = 0; i < p->cfg->npeers && !err; i++)
		err = find_peer(p, i, e);
	return err;
}

bool plan_way_is_back(const struct plan *p)
{
	struct netdev_way way;
	struct netdev_to to;
	struct err ignored;

	for (unsigned int i = 0; i < p->nmissing; i++)
		if (!plan_to(&p->missing[i], &to, &ignored) && !netdev_route(&to, &way, &ignored))
			return true;
	return false;
}

static int find_gateway(struct plan *p, struct err *e)
{
	const struct netdev_to to = {.ip = ipt_addr_v4(p->cfg->gateway_be32)};
	int err;

	if (p->cfg->alone != ALONE_GATEWAY)
		return 0;
	err = plan_source(p, &to, NULL, e);
	return err ? err : gateway_open(&p->gateway, p->cfg->gateway_be32, &p->found, e);
}

int plan_find(struct plan *p, const struct config *cfg, struct kern *k, struct err *e)
{
	int err;

	p->cfg = cfg;
	p->gateway.fd = -1;
	err = k ? plan_know(p, k, e) : 0;
	if (!err)
		err = find_groups(p, e);
	if (!err)
		err = plan_own(p, e);
	if (!err)
		err = find_peers(p, e);
	return err ? err : find_gateway(p, e);
}

void plan_close(struct plan *p)
{
	for (unsigned int i = 0; i < p->npaths; i++)
		beat_close(&p->paths[i]);
	p->npaths = 0;
	gateway_close(&p->gateway);
	vips_free(&p->known);
}
