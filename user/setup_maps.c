/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the configuration into the pinned maps, keeping what a predecessor left and still holds. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "netdev.h"
#include "setup.h"
#include "vips.h"

static const char *addr_text(uint32_t ip_be32, char text[INET_ADDRSTRLEN])
{
	struct in_addr in = {.s_addr = ip_be32};

	return inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
}

/* Where the kernel has the address while it has it. */
static uint32_t home_of(const struct daemon *d, uint32_t group)
{
	return d->cfg.groups[group].address == ADDRESS_STANDING ? LOOPBACK
								: d->groups[group].ifindex;
}

static int check_addr(struct daemon *d, uint32_t group, const struct config_addr *a, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	char text[INET_ADDRSTRLEN];
	struct ipt_group owner;
	struct ipt_vip vip;
	bool known = !kern_vip_get(d->k, d->groups[group].ifindex, a->ip_be32, &vip);

	addr_text(a->ip_be32, text);
	if (known && !kern_group_get(d->k, vip.group, &owner) && !owner.managed &&
	    strcmp(owner.name, g->name))
		return err_set(e, -EBUSY,
			       "address '%s' of group '%s' was added by hand to group '%s': del it "
			       "first",
			       text, g->name, owner.name);
	if (g->address == ADDRESS_NONE || (known && (vip.flags & IPT_VIP_F_ADDED)))
		return 0;
	if (netdev_addr_present(home_of(d, group), a->ip_be32) > 0)
		return err_set(e, -EEXIST,
			       "address '%s' of group '%s' is on %s already and not ours: remove "
			       "it, or use address = \"none\"",
			       text, g->name, g->address == ADDRESS_STANDING ? "lo" : g->interface);
	return 0;
}

int setup_check(struct daemon *d, struct err *e)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct config_group *g = &d->cfg.groups[i];
		int index = kern_group_find(d->k, g->name);
		int err = 0;

		if (index >= 0 && lease_is_manual(kern_leases(d->k)[index]))
			return err_set(e, -EBUSY,
				       "group '%s' is held by hand: ip-takeover-ctl release %s "
				       "first",
				       g->name, g->name);
		for (uint32_t a = 0; a < g->naddrs && !err; a++)
			err = check_addr(d, i, &g->addrs[a], e);
		if (err)
			return err;
	}
	return 0;
}

static int put_vips(struct daemon *d, uint32_t group, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	uint32_t ifindex = d->groups[group].ifindex;
	struct netdev dev;
	int err = g->naddrs ? netdev_by_index(ifindex, &dev) : 0;

	for (uint32_t a = 0; a < g->naddrs && !err; a++) {
		struct ipt_vip old = {0}, vip = {.group = d->groups[group].index,
						 .prefix_len = g->addrs[a].prefix_len};

		memcpy(vip.mac, dev.mac, sizeof(vip.mac));
		(void)kern_vip_get(d->k, ifindex, g->addrs[a].ip_be32, &old);
		vip.flags = (old.flags & IPT_VIP_F_ADDED) | setup_mode_flag(g->address);
		if (g->address == ADDRESS_STANDING)
			vip.flags |= IPT_VIP_F_ADDED;
		err = kern_vip_set(d->k, ifindex, g->addrs[a].ip_be32, &vip);
	}
	if (err)
		return err_set(e, err, "group '%s': addresses into the map: %s", g->name,
			       strerror(-err));
	return 0;
}

/* "standing": on lo from now until detach; silent, as arp_ignore and the fence see to it. */
static int put_standing(struct daemon *d, uint32_t group, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	struct config_addr *host;
	int err;

	if (g->address != ADDRESS_STANDING)
		return 0;
	host = calloc(g->naddrs, sizeof(*host));
	if (!host)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t a = 0; a < g->naddrs; a++)
		host[a] = (struct config_addr){.ip_be32 = g->addrs[a].ip_be32, .prefix_len = 32};
	err = netdev_addr_add(LOOPBACK, host, g->naddrs, true, e);
	free(host);
	return err;
}

static int put_groups(struct daemon *d, struct err *e)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		int index = kern_group_make(d->k, d->cfg.groups[i].name, true, e);
		int err;

		if (index < 0)
			return index;
		d->groups[i].index = (uint32_t)index;
		err = put_vips(d, i, e);
		if (!err)
			err = put_standing(d, i, e);
		if (err)
			return err;
		err = vips_collect(d->k, (uint32_t)index, &d->groups[i].list);
		if (err)
			return err_set(e, err, "group '%s': %s", d->cfg.groups[i].name,
				       strerror(-err));
	}
	return 0;
}

static int put_keys(struct daemon *d)
{
	struct ipt_key keys[IPT_MAX_KEYS] = {0};

	for (uint32_t i = 0; i < d->cfg.nkeys; i++) {
		const struct config_key *key = &d->cfg.keys[i];

		keys[i].kid = key->kid;
		keys[i].valid = 1;
		for (uint32_t p = 0; p < d->cfg.npeers; p++)
			keys[i].peer[p] =
				frame_sender_key(&key->master, key->kid, d->cfg.peers[p].id);
		keys[i].peer[IPT_MAX_PEERS] = frame_sender_key(&key->master, key->kid, d->cfg.id);
	}
	return kern_keys_set(d->k, keys);
}

/* A predecessor's records of a peer stay: its newest frame lets our first one grant (protocol 2.5a). */
static int put_peers(struct daemon *d)
{
	int err = 0;

	for (uint32_t i = 0; i < IPT_MAX_PEERS && !err; i++) {
		const struct config_peer *p = &d->cfg.peers[i];
		struct ipt_peer *r = &d->record;
		bool used = i < d->cfg.npeers;

		if (kern_peer_get(d->k, i, r) || !used || r->node != p->id)
			memset(r, 0, sizeof(*r));
		if (used) {
			r->node = p->id;
			r->witness = p->witness;
			memset(r->name, 0, sizeof(r->name));
			strcpy(r->name, p->name);
		}
		err = kern_peer_set(d->k, i, r);
	}
	return err;
}

/* What a predecessor learned of a way that stays: where its frames come from. */
static int put_paths(struct daemon *d)
{
	struct ipt_path paths[IPT_MAX_PATHS] = {0};

	for (uint32_t i = 0; i < d->npaths; i++) {
		const struct beat_path *way = &d->paths[i];
		struct ipt_path *p = &paths[i];

		if (kern_path_get(d->k, i, p) || p->peer != way->peer ||
		    p->ifindex != way->ifindex || p->addr_be32 != way->to.ip_be32 ||
		    p->local_be32 != way->from.ip_be32)
			memset(p, 0, sizeof(*p));
		p->ifindex = way->ifindex;
		p->addr_be32 = way->to.ip_be32;
		p->local_be32 = way->from.ip_be32;
		p->peer = way->peer;
		p->node = d->cfg.peers[way->peer].id;
	}
	return kern_paths_put(d->k, paths);
}

static int put_self(struct daemon *d)
{
	const struct timing *t = &d->cfg.timing;
	struct ipt_self self = {
		.session = d->session,
		.interval_ns = t->interval_ns,
		.lease_ns = t->lease_ns,
		.settle_ns = t->settle_ns,
		.ahead_ns = t->c_ns,
		.fresh_ns = t->f_ns,
		.rho_ppm = t->rho_ppm,
		.cfg_hash = d->cfg.cfg_hash,
		.port_be16 = htons(d->cfg.port),
		.node = d->cfg.id,
		.npeers = (uint8_t)d->cfg.npeers,
		.flags = (uint8_t)((d->cfg.quorum ? IPT_SELF_QUORUM : 0) |
				   (d->cfg.witness ? IPT_SELF_WITNESS : 0)),
	};

	strcpy(self.name, d->cfg.node);
	return kern_self_set(d->k, &self);
}

int setup_maps(struct daemon *d, struct err *e)
{
	int err = setup_remove_leftovers(d, e);

	if (!err)
		err = put_groups(d, e);
	if (err)
		return err;
	err = put_keys(d);
	if (!err)
		err = put_peers(d);
	if (!err)
		err = put_paths(d);
	/* Last: from here on XDP takes heartbeats in. */
	if (!err)
		err = put_self(d);
	if (err)
		return err_set(e, err, "configuration into the maps: %s", strerror(-err));
	return 0;
}
