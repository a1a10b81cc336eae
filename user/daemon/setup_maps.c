/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the configuration into the pinned maps, keeping what a predecessor left and still holds. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "addr/addrs.h"
#include "base/clock.h"
#include "net/netdev.h"
#include "router_watch.h"
#include "setup.h"

/* An address, and where it belongs. */
struct place {
	uint32_t ifindex;
	const struct addr *addr;
};

/* As struct vip_list has them. */
static int place_order(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return addr_order(&a->addr->ip, &b->addr->ip);
}

static bool same_vip(const struct ipt_vip *a, const struct ipt_vip *b)
{
	return a->group == b->group && !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       a->prefix_len == b->prefix_len && a->flags == b->flags && a->scope == b->scope &&
	       !memcmp(a->label, b->label, sizeof(a->label));
}

/* Into the map, as far as it is not there already, and into the list that is announced from. */
static int put_vip(struct daemon *d, uint32_t group, const struct addr *a)
{
	struct daemon_group *dg = &d->groups[group];
	const struct plan_iface *on = plan_of(&d->plan, group, a);
	enum config_address mode = d->cfg.groups[group].address;
	const struct ipt_vip *old = vips_find(&d->plan.known, on->ifindex, &a->ip);
	struct ipt_vip vip = {.group = dg->index,
			      .prefix_len = a->prefix_len,
			      .scope = a->scope,
			      .flags = setup_mode_flag(mode)};
	uint32_t i = dg->list.n++;

	memcpy(vip.mac, on->mac, sizeof(vip.mac));
	memcpy(vip.label, a->label, sizeof(vip.label));
	if (mode == ADDRESS_STANDING || (old && (old->flags & IPT_VIP_F_ADDED)))
		vip.flags |= IPT_VIP_F_ADDED;
	if (plan_as_host(&d->plan, group, a))
		vip.flags |= IPT_VIP_F_HOST;
	if (dg->routers >> a->iface & 1 && !ipt_addr_is_v4(&a->ip))
		vip.flags |= IPT_VIP_F_ROUTER;
	dg->list.vips[i] = vip;
	dg->list.addrs[i] = (struct announce_addr){.ifindex = on->ifindex,
						   .ip = a->ip,
						   .flags = ipt_net_flags(&vip)};
	memcpy(dg->list.addrs[i].mac, vip.mac, sizeof(vip.mac));
	/* The map stands for both forms until the other one has gone. */
	if (setup_reforms(old, &vip, &a->ip))
		vip.flags |= IPT_VIP_F_HOST;
	/* Whoever left in an orderly way has left nothing half done: 65,536 looks take longer than a lease. */
	if (old && same_vip(old, &vip) &&
	    (d->plan.found.given || kern_vip_found(d->k, on->ifindex, a->ip, &vip)))
		return 0;
	return kern_vip_set(d->k, on->ifindex, a->ip, &vip);
}

/* Those whose interfaces are there, in the order of the list; to be freed. NULL: no memory. */
static struct place *sorted_places(const struct daemon *d, uint32_t group, uint32_t *ret_n)
{
	const struct config_group *g = &d->cfg.groups[group];
	struct place *places = calloc(g->naddrs + 1, sizeof(*places));
	uint32_t n = 0;

	for (uint32_t a = 0; places && a < g->naddrs; a++) {
		uint32_t ifindex = plan_of(&d->plan, group, &g->addrs[a])->ifindex;

		/* It is not on any other. */
		if (ifindex)
			places[n++] = (struct place){ifindex, &g->addrs[a]};
	}
	if (n)
		qsort(places, n, sizeof(*places), place_order);
	*ret_n = n;
	return places;
}

static int put_vips(struct daemon *d, uint32_t group, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	struct vip_list *list = &d->groups[group].list;
	uint32_t n;
	struct place *places = sorted_places(d, group, &n);
	int err = 0;

	list->addrs = calloc(g->naddrs + 1, sizeof(*list->addrs));
	list->vips = calloc(g->naddrs + 1, sizeof(*list->vips));
	if (!places || !list->addrs || !list->vips) {
		free(places);
		return err_set(e, -ENOMEM, "out of memory");
	}
	d->groups[group].routers = router_watch_group(g);
	for (uint32_t i = 0; i < n && !err; i++)
		err = put_vip(d, group, places[i].addr);
	free(places);
	if (err)
		return err_set(e, err, "group '%s': addresses into the map: %s", g->name,
			       strerror(-err));
	return 0;
}

static bool stands(const struct daemon *d, uint32_t group, const struct addr *a)
{
	const struct ipt_vip *known =
		vips_find(&d->plan.known, plan_of(&d->plan, group, a)->ifindex, &a->ip);

	return d->plan.found.given && known && known->flags & IPT_VIP_F_STANDING &&
	       known->flags & IPT_VIP_F_ADDED;
}

bool setup_all_stand(const struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct config_group *g = &d->cfg.groups[i];

		for (uint32_t a = 0; g->address == ADDRESS_STANDING && a < g->naddrs; a++)
			if (!stands(d, i, &g->addrs[a]))
				return false;
	}
	return true;
}

/* "standing": on lo from now until detach; silent, as arp_ignore and the fence see to it. */
static int put_standing(struct daemon *d, uint32_t group, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	struct addr *host;
	uint32_t n = 0;
	int err;

	if (g->address != ADDRESS_STANDING)
		return 0;
	host = calloc(g->naddrs, sizeof(*host));
	if (!host)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t a = 0; a < g->naddrs; a++)
		if (plan_of(&d->plan, group, &g->addrs[a])->ifindex &&
		    !stands(d, group, &g->addrs[a]))
			host[n++] = vip_as_host(&g->addrs[a].ip);
	err = netdev_addr_add(LOOPBACK, host, n, true, e);
	free(host);
	return err;
}

/* The plan counted what lay there before; what stands in the list now is what will lie there. */
static void note_wide(struct daemon *d, uint32_t group)
{
	const struct vip_list *list = &d->groups[group].list;

	for (uint32_t i = 0; i < list->n; i++)
		if (ipt_addr_is_v4(&list->addrs[i].ip) &&
		    (ipt_vip_scope_is_wide(list->vips[i].scope) ||
		     !(list->vips[i].flags & (IPT_VIP_F_STANDING | IPT_VIP_F_HOST))))
			d->plan.wide = true;
}

/* What a predecessor has put there stays marked. */
static int put_routes(struct daemon *d, uint32_t group, struct err *e)
{
	const struct config_group *g = &d->cfg.groups[group];
	int err = 0;

	for (uint32_t i = 0; i < g->nroutes && !err; i++) {
		struct ipt_route_mark mark = {0};

		(void)kern_route_get(d->k, &g->routes[i], &mark);
		mark.group = d->groups[group].index;
		mark.order = (uint16_t)i;
		err = kern_route_set(d->k, &g->routes[i], &mark);
	}
	return err ? err_set(e, err, "group '%s': routes into the map: %s", g->name, strerror(-err))
		   : 0;
}

static int put_groups(struct daemon *d, struct err *e)
{
	d->plan.wide = false;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		int index = kern_group_make(d->k, d->cfg.groups[i].name, true, e);
		int err;

		if (index < 0)
			return index;
		d->groups[i].index = (uint32_t)index;
		kern_groups(d->k)[index].addr_mark = frame_addr_mark(d->cfg.groups[i].addr_hash);
		/* P9: before the maps say that a daemon has been here, for the next one may come before a frame. */
		if (d->cfg.quorum && (!d->adopt.remembers || d->adopt.unknown[i]))
			kern_groups(d->k)[index].boot_until_ns =
				clock_now_ns() + d->cfg.timing.b_ns;
		err = put_vips(d, i, e);
		if (!err)
			err = setup_reform(d, i, e);
		note_wide(d, i);
		if (!err)
			err = put_routes(d, i, e);
		if (!err)
			err = put_standing(d, i, e);
		if (err)
			return err;
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

/* I2: what it announced before our time is not known; the longest that it may have, a moment ago. */
static void new_peer(struct ipt_peer *r, const struct timing *t)
{
	*r = (struct ipt_peer){.hold_us_max =
				       (uint32_t)judge_hold_us(t->x_ns, t->rho_ppm, t->settle_ns),
			       .hold_max_ns = clock_now_ns()};
}

/*
 * I2: a peer that has not heard of the shorter L goes by the one that we had: as if it had announced that. False: its record
 * says as much.
 */
static bool note_own(struct daemon *d, struct ipt_peer *r)
{
	const struct timing *t = &d->cfg.timing;
	uint32_t max_us = r->hold_us_max, next_us = r->hold_us_next;
	struct ipt_self was;
	uint64_t hold_us;

	if (kern_self_get(d->k, &was) || !was.session)
		return false;
	hold_us = judge_hold_us(was.lease_ns, was.rho_ppm, was.settle_ns);
	if (hold_us > judge_hold_us(t->lease_ns, t->rho_ppm, t->settle_ns))
		hold_note(&r->hold_us_max, &r->hold_us_next, &r->hold_max_ns, (uint32_t)hold_us,
			  clock_now_ns(), t->rho_ppm, 0);
	return r->hold_us_max != max_us || r->hold_us_next != next_us;
}

/* A predecessor's records of a peer stay: its newest frame lets our first one grant (protocol 7). */
static int put_peers(struct daemon *d)
{
	struct ipt_peer record, *r = &record;
	int err = 0;

	for (uint32_t i = 0; i < IPT_MAX_PEERS && !err; i++) {
		const struct config_peer *p = &d->cfg.peers[i];
		bool used = i < d->cfg.npeers;

		if (kern_peer_get(d->k, i, r) || !used || r->node != p->id)
			new_peer(r, &d->cfg.timing);
		else if (!note_own(d, r) && r->witness == p->witness && !strcmp(r->name, p->name))
			continue; /* written back, it would undo what XDP has just heard */
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

	for (uint32_t i = 0; i < d->plan.npaths; i++) {
		const struct beat_path *way = &d->plan.paths[i];
		struct ipt_path *p = &paths[i];

		if (kern_path_get(d->k, i, p) || p->peer != way->peer ||
		    p->ifindex != way->ifindex || !ipt_addr_equal(&p->addr, &way->to.ip) ||
		    !ipt_addr_equal(&p->local, &way->from.ip))
			memset(p, 0, sizeof(*p));
		p->ifindex = way->ifindex;
		p->addr = way->to.ip;
		p->local = way->from.ip;
		p->peer = way->peer;
		p->node = d->cfg.peers[way->peer].id;
		/* What was learned of a way on the LAN is nobody's behind a router. */
		if (p->hops != way->hops)
			memset(p->mac, 0, sizeof(p->mac));
		p->hops = way->hops;
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
		.cfg_prev = d->follow.cfg_prev,
		.prev_votes = d->follow.prev_votes,
		.prev_not = d->follow.prev_not,
		.port_be16 = htons(d->cfg.port),
		.node = d->cfg.id,
		.npeers = (uint8_t)d->cfg.npeers,
	};

	config_members(&d->cfg, &self);
	if (d->follow.settled)
		self.flags |= IPT_SELF_SETTLED;
	if (d->follow.prev_over)
		self.flags |= IPT_SELF_PREV_OVER;
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
