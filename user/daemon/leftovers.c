/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an earlier configuration left: addresses and groups that this one has not, or has elsewhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "addr/routes.h"
#include "net/netdev.h"
#include "setup.h"

#define MODE_FLAGS (IPT_VIP_F_NONE | IPT_VIP_F_STANDING)

struct place {
	uint32_t ifindex;
	struct ipt_addr ip;
	uint8_t mode; /* of MODE_FLAGS */
	const struct addr *as; /* as the file has it */
	bool host; /* whatever its prefix length, it lies there as a host's */
};

/* Where this configuration wants which address, sorted. */
struct places {
	struct kern *k;
	struct place *place;
	size_t n;
};

static int place_order(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return addr_order(&a->ip, &b->ip);
}

static int collect_places(const struct daemon *d, struct places *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		n += d->cfg.groups[i].naddrs;
	ret->place = calloc(n + 1, sizeof(*ret->place));
	if (!ret->place)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct config_group *g = &d->cfg.groups[i];

		for (uint32_t a = 0; a < g->naddrs; a++)
			ret->place[ret->n++] =
				(struct place){.ifindex =
						       plan_of(&d->plan, i, &g->addrs[a])->ifindex,
					       .ip = g->addrs[a].ip,
					       .as = &g->addrs[a],
					       .mode = setup_mode_flag(g->address),
					       .host = plan_as_host(&d->plan, i, &g->addrs[a])};
	}
	qsort(ret->place, ret->n, sizeof(*ret->place), place_order);
	return 0;
}

static const struct place *find_place(const struct places *p, uint32_t ifindex,
				      const struct ipt_addr *ip)
{
	struct place key = {.ifindex = ifindex, .ip = *ip};

	return bsearch(&key, p->place, p->n, sizeof(key), place_order);
}

static bool is_leftover(const struct places *p, const struct announce_addr *addr,
			const struct ipt_vip *vip)
{
	const struct place *there = find_place(p, addr->ifindex, &addr->ip);

	if (!kern_groups(p->k)[vip->group].managed)
		return false;
	if (!there || there->mode != (vip->flags & MODE_FLAGS))
		return true;
	if (vip->flags & IPT_VIP_F_ADDED &&
	    (there->as->scope != vip->scope ||
	     memcmp(there->as->label, vip->label, sizeof(vip->label)) != 0))
		return true;
	return vip->flags & IPT_VIP_F_ADDED && there->as->prefix_len != vip->prefix_len &&
	       !(vip->flags & IPT_VIP_F_HOST && there->host);
}

/* Of all that is in the map. What goes is unmarked in `known` too: the set-up goes by that. */
static int collect_leftovers(const struct places *p, struct vip_list *known, struct vip_list *ret)
{
	ret->addrs = calloc(known->n + 1, sizeof(*ret->addrs));
	ret->vips = calloc(known->n + 1, sizeof(*ret->vips));
	if (!ret->addrs || !ret->vips)
		return -ENOMEM;
	for (uint32_t i = 0; i < known->n; i++) {
		if (!is_leftover(p, &known->addrs[i], &known->vips[i]))
			continue;
		ret->addrs[ret->n] = known->addrs[i];
		ret->vips[ret->n++] = known->vips[i];
		known->vips[i].flags &= (uint8_t)~IPT_VIP_F_ADDED;
	}
	return 0;
}

/* Off the interfaces first: the map is what keeps the kernel from answering for an address it has. */
static int remove_addresses(struct places *p, struct vip_list *list, struct err *e)
{
	int err = vips_remove(p->k, list, e);

	for (uint32_t i = 0; i < list->n && !err; i++) {
		const struct announce_addr *a = &list->addrs[i];

		if (find_place(p, a->ifindex, &a->ip))
			err = kern_vip_set(p->k, a->ifindex, a->ip, &list->vips[i]);
		else
			err = kern_vip_del(p->k, a->ifindex, a->ip);
		if (err)
			(void)err_set(e, err, "map vips: %s", strerror(-err));
	}
	if (list->n && !err)
		(void)kern_vips_tidy(p->k);
	return err;
}

static bool has_route(const struct config *c, const char *group, const struct ipt_route *route)
{
	for (uint32_t i = 0; i < c->ngroups; i++)
		for (uint32_t r = 0; !strcmp(c->groups[i].name, group) && r < c->groups[i].nroutes;
		     r++)
			if (!memcmp(&c->groups[i].routes[r], route, sizeof(*route)))
				return true;
	return false;
}

struct routes_left {
	struct daemon *d;
	struct err *e;
};

static int remove_route(const struct ipt_route *route, const struct ipt_route_mark *mark, void *arg)
{
	const struct routes_left *left = arg;
	struct ipt_group g;
	int err;

	if (!kern_group_get(left->d->k, mark->group, &g) && has_route(&left->d->cfg, g.name, route))
		return 0;
	err = routes_remove(left->d->k, route, mark, left->e);
	if (err)
		return err;
	err = kern_route_del(left->d->k, route);
	return err ? err_set(left->e, err, "map routes: %s", strerror(-err)) : 0;
}

static void drop_groups(struct daemon *d)
{
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
		struct ipt_group g;

		if (!kern_group_get(d->k, i, &g) && g.name[0] && g.managed &&
		    !config_has_group(&d->cfg, g.name))
			(void)kern_group_drop(d->k, i);
	}
}

int setup_remove_leftovers(struct daemon *d, struct err *e)
{
	struct places p = {.k = d->k};
	struct vip_list list = {0};
	int err = collect_places(d, &p);

	if (!err)
		err = collect_leftovers(&p, &d->plan.known, &list);
	if (err) {
		(void)err_set(e, err, "addresses of an earlier configuration: %s", strerror(-err));
		goto out;
	}
	err = kern_route_each(d->k, remove_route, &(struct routes_left){d, e});
	if (!err)
		err = remove_addresses(&p, &list, e);
	if (!err)
		drop_groups(d);
out:
	vips_free(&list);
	free(p.place);
	return err;
}
