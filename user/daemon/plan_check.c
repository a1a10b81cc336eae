/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refuses a plan that the pinned maps or the interfaces contradict. */
#include <errno.h>
#include <string.h>
#include "addr/addrs.h"
#include "base/route.h"
#include "kern/lease.h"
#include "plan.h"
#include "setup.h"

static int check_addr(const struct plan *p, struct kern *k, uint32_t group, const struct addr *a,
		      struct err *e)
{
	const struct config_group *g = &p->cfg->groups[group];
	char text[ADDR_TEXT];
	uint32_t ifindex = plan_of(p, group, a)->ifindex;
	const struct ipt_vip *known = vips_find(&p->known, ifindex, &a->ip);
	const char *home = g->address == ADDRESS_STANDING ? "lo" : g->iface[a->iface];
	const char *without;
	struct ipt_group owner;

	if (known && !kern_groups(k)[known->group].managed &&
	    !kern_group_get(k, known->group, &owner) && strcmp(owner.name, g->name))
		return err_set(e, -EBUSY,
			       "address '%s' of group '%s' was added by hand to group '%s': del it "
			       "first",
			       addr_text(&a->ip, text), g->name, owner.name);
	if (g->address == ADDRESS_NONE || (known && (known->flags & IPT_VIP_F_ADDED)))
		return 0;
	/* The process before had it as we do, and has looked when it rehearsed this. */
	if (p->found.given && known &&
	    !(known->flags & ~(setup_mode_flag(g->address) | IPT_VIP_F_HOST | IPT_VIP_F_ROUTER)))
		return 0;
	addr_text(&a->ip, text);
	/* Where it stands, and where it is reached. */
	without = !netdev_has_ipv6(home) ? home : g->iface[a->iface];
	if (!ipt_addr_is_v4(&a->ip) && !netdev_has_ipv6(without))
		return err_set(e, -EAFNOSUPPORT,
			       "address '%s' of group '%s': %s has no IPv6 "
			       "(net.ipv6.conf.%s.disable_ipv6 is "
			       "set, or the MTU is below 1280)",
			       text, g->name, without, without);
	if (netdev_addr_present(plan_home(g->address, ifindex), &a->ip) > 0)
		return err_set(e, -EEXIST,
			       "address '%s' of group '%s' is on %s already and not ours: remove "
			       "it, or use address = \"none\"",
			       text, g->name, home);
	return 0;
}

/* Also what an earlier configuration had: its element would be the next group's, open gate and all. */
static int check_by_hand(const struct plan *p, struct kern *k, struct err *e)
{
	struct ipt_group g;

	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++)
		if (!kern_group_get(k, i, &g) && g.name[0] &&
		    (g.managed || config_has_group(p->cfg, g.name)) &&
		    lease_is_manual(kern_leases(k)[i]))
			return err_set(e, -EBUSY,
				       "group '%s' is held by hand: ip-takeover-ctl release %s "
				       "first",
				       g.name, g.name);
	return 0;
}

/* Or lies there so, until it is put there in another form. */
static bool is_wide(const struct plan *p, uint32_t group, const struct addr *a)
{
	const struct ipt_vip *known = vips_find(&p->known, plan_of(p, group, a)->ifindex, &a->ip);

	return p->cfg->groups[group].address != ADDRESS_STANDING && ipt_addr_is_v4(&a->ip) &&
	       (!plan_as_host(p, group, a) || ipt_vip_scope_is_wide(a->scope) ||
		(known && known->flags & IPT_VIP_F_ADDED && !(known->flags & IPT_VIP_F_HOST)));
}

/* A reload must not give an owner up for a route that cannot be added; a start waits for interfaces. */
static int check_route(const struct plan *p, uint32_t group, const struct ipt_route *r,
		       struct err *e)
{
	char text[ROUTE_TEXT];

	if (route_is_rule(r))
		return 0;
	if (!if_nametoindex(r->dev))
		return p->lenient
			       ? 0
			       : err_set(e, -ENODEV, "route '%s' of group '%s': no interface '%s'",
					 route_text(r, text), p->cfg->groups[group].name, r->dev);
	if (r->flags & IPT_ROUTE_V6 && !netdev_has_ipv6(r->dev))
		return err_set(e, -EAFNOSUPPORT, "route '%s' of group '%s': %s has no IPv6",
			       route_text(r, text), p->cfg->groups[group].name, r->dev);
	return 0;
}

static int check_group(struct plan *p, struct kern *k, uint32_t group, struct err *e)
{
	const struct config_group *g = &p->cfg->groups[group];
	int err = 0;

	for (uint32_t i = 0; i < g->naddrs && !err; i++) {
		const struct addr *a = &g->addrs[i];

		if (!plan_of(p, group, a)->ifindex)
			continue;
		err = check_addr(p, k, group, a, e);
		p->wide = p->wide || is_wide(p, group, a);
	}
	for (uint32_t i = 0; i < g->nroutes && !err; i++)
		err = check_route(p, group, &g->routes[i], e);
	return err;
}

int plan_check(struct plan *p, struct kern *k, struct err *e)
{
	int err = plan_know(p, k, e);

	if (!err)
		err = check_by_hand(p, k, e);
	if (!err)
		err = plan_check_twice(p, e);
	for (uint32_t i = 0; i < p->cfg->ngroups && !err; i++)
		err = check_group(p, k, i, e);
	return err;
}
