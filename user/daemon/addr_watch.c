/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks after the addresses that we have put on interfaces. */
#include "addr_watch.h"

#include <stdlib.h>
#include <string.h>
#include "addr/routes.h"
#include "base/clock.h"
#include "daemon.h"
#include "edge.h"
#include "links_int.h"
#include "queue.h"

#define OFTEN_NS \
	10000000000ull /* so often as gone_ns has room within that time: somebody means it */
#define FAULT_NS 60000000000ull

static bool stands(const struct daemon *d, uint32_t group)
{
	return d->cfg.groups[group].address == ADDRESS_STANDING;
}

/* Does the group have that address, by whichever of its interfaces? */
static bool lists(const struct daemon *d, uint32_t group, const struct ipt_addr *ip)
{
	const struct vip_list *list = &d->groups[group].list;

	for (uint32_t i = 0; list->n && i < d->cfg.groups[group].nifaces; i++)
		if (vips_find(list, d->plan.group[group][i].ifindex, ip))
			return true;
	return false;
}

/* Does the group have that address, and does the kernel hold it for us there? By each interface that may be another one. */
static bool has(const struct daemon *d, uint32_t group, uint32_t ifindex, const struct ipt_addr *ip)
{
	enum config_address address = d->cfg.groups[group].address;

	if (address == ADDRESS_STANDING)
		return ifindex == LOOPBACK && lists(d, group, ip);
	return address == ADDRESS_OWNER && plan_on(&d->plan, group, ifindex) &&
	       vips_find(&d->groups[group].list, ifindex, ip);
}

/* Of another group it may be another address, ours or one that somebody else puts there. */
static bool anyone_has(const struct daemon *d, uint32_t ifindex, const struct ipt_addr *ip)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (has(d, i, ifindex, ip) || (d->cfg.groups[i].address == ADDRESS_NONE &&
					       vips_find(&d->groups[i].list, ifindex, ip)))
			return true;
	return false;
}

static bool wanted_now(const struct daemon *d, uint32_t group)
{
	return stands(d, group) || d->core.group[group].addrs == CORE_ADDRS_ON;
}

struct counting {
	const struct daemon *d;
	struct addr_census *census;
};

static bool floats_v6(const struct daemon *d, uint32_t ifindex)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++)
			if (d->plan.group[i][n].ifindex == ifindex &&
			    d->cfg.groups[i].v6_ifaces >> n & 1)
				return true;
	return false;
}

/* An interface has link-local addresses by itself, whosever port it is; others of IPv6 lead the answers of IPv6. */
static bool is_own(const struct daemon *d, uint32_t ifindex, const struct addr *addr)
{
	struct ipt_vip ignored;

	return !addr->host && !addr_is_link_local(&addr->ip) &&
	       (ipt_addr_is_v4(&addr->ip) || floats_v6(d, ifindex)) &&
	       kern_vip_get(d->k, ifindex, addr->ip, &ignored);
}

/* Where address = "none" says that they are somebody else's to put, they are nowhere amiss. */
static bool is_amiss(const struct daemon *d, uint32_t group, uint32_t ifindex,
		     const struct addr *addr)
{
	return d->cfg.groups[group].address != ADDRESS_NONE && lists(d, group, &addr->ip) &&
	       !anyone_has(d, ifindex, &addr->ip);
}

static void count(uint32_t ifindex, const struct addr *addr, void *arg)
{
	const struct counting *c = arg;

	for (uint32_t i = 0; i < c->d->cfg.ngroups; i++) {
		/* Wherever it lies: the kernel answers ARP for it by every interface. */
		c->census->wide = c->census->wide || (!addr->host && ipt_addr_is_v4(&addr->ip) &&
						      lists(c->d, i, &addr->ip));
		c->census->there[i] += has(c->d, i, ifindex, &addr->ip);
		if (!c->census->amiss[i].ifindex && is_amiss(c->d, i, ifindex, addr))
			c->census->amiss[i] = (struct addr_amiss){ifindex, addr->ip};
	}
	for (unsigned int i = 0; i < c->d->links->n; i++)
		if (c->d->links->link[i].ifindex == ifindex && is_own(c->d, ifindex, addr))
			c->census->homed_mask |= 1u << i;
}

/* By its number, as it may have been renamed; one that is gone lacks more than that. */
static bool has_no_ipv6(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) && !netdev_has_ipv6(name);
}

static uint8_t lacks_ipv6(const struct daemon *d, uint32_t group)
{
	const struct config_group *g = &d->cfg.groups[group];
	uint32_t needs = g->address != ADDRESS_NONE ? g->v6_ifaces : 0;

	for (uint32_t i = 0; i < g->nifaces; i++)
		if (needs >> i & 1 && has_no_ipv6(d->plan.group[group][i].ifindex))
			return (uint8_t)(i + 1);
	return 0;
}

void addr_watch_count(const struct daemon *d, struct addr_census *ret)
{
	struct counting c = {d, ret};

	*ret = (struct addr_census){0};
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		ret->lacks[i] = lacks_ipv6(d, i);
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->cfg.groups[i].nroutes)
			ret->routes_missing[i] = routes_missing(d->k, d->groups[i].index);
	ret->made = !d->cfg.witness && !netdev_addr_each(count, &c);
}

/* Once more they were taken off, or could not be put back: nobody serves what one host has for moments, or has not. */
static void note_again(struct daemon *d, uint32_t group, bool refused)
{
	struct addr_watch *w = &d->groups[group].watch;
	uint64_t now_ns = clock_now_ns(), oldest_ns = w->gone_ns[2];

	w->gone_ns[2] = w->gone_ns[1];
	w->gone_ns[1] = w->gone_ns[0];
	w->gone_ns[0] = now_ns;
	if (!oldest_ns || now_ns - oldest_ns > OFTEN_NS)
		return;
	if (!w->fault_until_ns) {
		edge_alarm(d, d->cfg.groups[group].name, "its addresses %s: it is given up",
			   refused ? "cannot be put back" : "are taken off again and again");
		w->refused = refused;
	}
	w->fault_until_ns = now_ns + FAULT_NS;
	checks_fetch(d);
}

/* Those that somebody has taken off, back. */
struct restore_job {
	struct job job;
	uint32_t group;
	uint32_t added, routes; /* result: how many were not there */
	bool route_failed; /* result */
};

static void restore(struct job *job, void *daemon)
{
	struct restore_job *r = (struct restore_job *)job;
	const struct daemon *d = daemon;
	struct vip_list list;

	job->err = vips_collect(d->k, d->groups[r->group].index, &list);
	if (job->err) {
		(void)err_set(&job->text, job->err, "%s", strerror(-job->err));
		return;
	}
	job->err = vips_restore(&list, &r->added, &job->text);
	vips_free(&list);
	if (job->err)
		return;
	job->err = routes_restore(d->k, d->groups[r->group].index, &r->routes, &job->text);
	r->route_failed = job->err;
}

static void restored(struct job *job, void *daemon)
{
	const struct restore_job *r = (struct restore_job *)job;
	const char *name;
	struct daemon *d = daemon;

	name = d->cfg.groups[r->group].name;
	if (job->err)
		edge_alarm(d, name, "%s", job->text.text);
	addr_watch_tried(d, r->group, r->route_failed ? job->text.text : NULL);
	if (r->added)
		edge_alarm(d, name, "%u of its addresses had been taken off %s, and are back",
			   r->added, plan_home_text(&d->cfg.groups[r->group]));
	if (r->routes)
		edge_alarm(d, name, "%u of its routes and rules had been taken away, and are back",
			   r->routes);
	if (job->err || r->added || r->routes)
		note_again(d, r->group, job->err);
}

static bool put_back(struct daemon *d, uint32_t group)
{
	const struct restore_job r = {.job = {.run = restore, .done = restored}, .group = group};

	return worker_post(d->addrs, &r.job, sizeof(r));
}

void addr_watch_gone(struct daemon *d, uint32_t ifindex, const struct ipt_addr *ip)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (wanted_now(d, i) && has(d, i, ifindex, ip))
			d->groups[i].watch.gone = true;
}

void addr_watch_route_gone(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->cfg.groups[i].nroutes && wanted_now(d, i))
			d->groups[i].watch.gone = true;
}

void addr_watch_tried(struct daemon *d, uint32_t group, const char *route_failed)
{
	char *text = d->groups[group].watch.route_failed;

	(void)snprintf(text, sizeof(d->groups[group].watch.route_failed), "%.95s",
		       route_failed ? route_failed : "");
}

/*
 * An interface that goes down loses its IPv6 addresses by itself: nobody has taken them off, and the group leaves for that
 * fault. If it is back before, they are still wanted.
 */
static bool can_lie(const struct daemon *d, uint32_t group)
{
	for (uint32_t i = 0; i < d->cfg.groups[group].nifaces && !stands(d, group); i++) {
		const struct link *l = links_find(d->links, d->plan.group[group][i].ifindex);

		if (!l || !l->up)
			return false;
	}
	return true;
}

void addr_watch_mend(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct addr_watch *w = &d->groups[i].watch;

		if (w->gone && (!wanted_now(d, i) || (can_lie(d, i) && put_back(d, i))))
			w->gone = false;
	}
}

/* Twice in a row: the first look may have been made while they were on their way off. True: it has begun, or is over. */
static bool turns(uint32_t *looks, bool found)
{
	bool was = addr_watch_sure(*looks);

	*looks = found ? *looks + 1 : 0;
	return was != addr_watch_sure(*looks);
}

static void note_amiss(struct daemon *d, uint32_t group, const struct addr_amiss *amiss)
{
	const char *name = d->cfg.groups[group].name;
	char ip[ADDR_TEXT], where[IF_NAMESIZE] = "?";

	if (!turns(&d->groups[group].watch.amiss, amiss->ifindex))
		return;
	(void)if_indextoname(amiss->ifindex, where);
	if (amiss->ifindex)
		edge_alarm(d, name, "%s lies on %s, where nobody of ours has put it",
			   addr_text(&amiss->ip, ip), where);
	else
		edge_over(d, name, "no address lies on another interface");
	report_write(d, group);
}

/* A standby that cannot have the address must not be ready for it. */
static void note_lacking(struct daemon *d, uint32_t group, uint8_t lacks)
{
	struct addr_watch *w = &d->groups[group].watch;
	const struct config_group *g = &d->cfg.groups[group];

	if (lacks)
		w->lacking_iface = lacks - 1;
	if (!turns(&w->lacking, lacks))
		return;
	if (lacks)
		edge_alarm(d, g->name, "%s has no IPv6", g->iface[w->lacking_iface]);
	else
		edge_over(d, g->name, "its interfaces have IPv6");
	checks_fetch(d);
	report_write(d, group);
}

static void note_strange(struct daemon *d, uint32_t group, bool strange)
{
	struct addr_watch *w = &d->groups[group].watch;
	const char *name = d->cfg.groups[group].name;
	bool was = addr_watch_sure(w->strange);

	if (!turns(&w->strange, strange))
		return;
	if (!was)
		edge_alarm(d, name, "an address lies on %s already, put there by somebody else",
			   plan_home_text(&d->cfg.groups[group]));
	else
		edge_over(d, name, "no address lies where it should not");
	queue_put(d,
		  (struct core_event){.type = CORE_EV_PLACE, .group = group, .place.taken = !was});
}

void addr_watch_counted(struct daemon *d, const struct addr_census *census)
{
	for (uint32_t i = 0; census->made && i < d->cfg.ngroups; i++) {
		const struct core_group *cg = &d->core.group[i];
		uint32_t n = d->groups[i].list.n;

		if (wanted_now(d, i) && census->routes_missing[i])
			d->groups[i].watch.gone = true;
		if (d->cfg.groups[i].address == ADDRESS_NONE)
			continue;
		note_amiss(d, i, &census->amiss[i]);
		note_lacking(d, i, census->lacks[i]);
		if (wanted_now(d, i) && census->there[i] < n)
			d->groups[i].watch.gone = true;
		if (!stands(d, i))
			note_strange(d, i,
				     census->there[i] && cg->addrs == CORE_ADDRS_OFF &&
					     !d->groups[i].owes_removal);
	}
	addr_watch_mend(d);
}

void addr_watch_look(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();

	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct addr_watch *w = &d->groups[i].watch;

		if (!w->fault_until_ns || now_ns < w->fault_until_ns)
			continue;
		w->fault_until_ns = 0;
		edge_over(d, d->cfg.groups[i].name, "its addresses are left alone");
		checks_fetch(d);
	}
}
