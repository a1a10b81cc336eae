/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the kernel's routing what it does with a packet of a peer to a floating address, and tells when that is not ours. */
#include "stack_watch.h"

#include <errno.h>
#include <string.h>
#include "daemon.h"
#include "edge.h"
#include "links_int.h"

static bool is_there(const struct daemon *d, uint32_t group)
{
	const struct core_group *g = &d->core.group[group];

	return g->state == HB_OWNER && d->groups[group].list.n &&
	       (d->cfg.groups[group].address == ADDRESS_STANDING ||
		(d->cfg.groups[group].address == ADDRESS_OWNER && g->addrs == CORE_ADDRS_ON));
}

void stack_watch_begin(const struct daemon *d, struct stack_look *ret)
{
	ret->groups = 0;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		ret->groups |= (uint64_t)is_there(d, i) << i;
		for (uint32_t n = 0; n < d->cfg.groups[i].nifaces; n++) {
			const struct link *l = links_find(d->links, d->plan.group[i][n].ifindex);

			ret->into[i][n] = l ? l->into : 0;
		}
	}
}

/* The first of that family on the interface; the list's length: none. A link-local one is not a matter of routes. */
static uint32_t first_on(const struct vip_list *list, uint32_t ifindex, bool v4)
{
	uint32_t i = 0;

	while (i < list->n && list->addrs[i].ifindex != ifindex)
		i = vips_same_iface(list, i);
	for (; i < list->n && list->addrs[i].ifindex == ifindex; i++)
		if (!addr_is_link_local(&list->addrs[i].ip) &&
		    ipt_addr_is_v4(&list->addrs[i].ip) == v4)
			return i;
	return list->n;
}

/*
 * From whom a packet to it comes, since without a source that has a way back nothing can be asked: a peer that the interface
 * leads to. Peers may speak IPv4 alone: then a neighbour in the IPv6 address's network. False: nobody is known.
 */
static bool find_asker(const struct daemon *d, const struct vip_list *list, uint32_t first,
		       struct ipt_addr *ret)
{
	const struct ipt_addr *ip = &list->addrs[first].ip;
	uint32_t bit = list->vips[first].prefix_len;

	for (unsigned int i = 0; i < d->plan.npaths; i++) {
		const struct beat_path *p = &d->plan.paths[i];

		if (p->ifindex == list->addrs[first].ifindex && !addr_is_link_local(&p->to.ip) &&
		    ipt_addr_is_v4(&p->to.ip) == ipt_addr_is_v4(ip)) {
			*ret = p->to.ip;
			return true;
		}
	}
	if (ipt_addr_is_v4(ip) || bit >= 8 * sizeof(*ip))
		return false;
	*ret = *ip;
	((uint8_t *)ret)[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	return true;
}

/*
 * What comes in at a bridge's port comes in by the bridge, ARP replies too: what leaves by the port waits for them in
 * vain.
 */
static int ask_family(const struct daemon *d, uint32_t group, uint32_t ifindex, uint32_t into,
		      bool v4)
{
	const struct vip_list *list = &d->groups[group].list;
	uint32_t first = first_on(list, ifindex, v4), by;
	struct ipt_addr asker;
	int err = 0;

	if (first == list->n || !find_asker(d, list, first, &asker))
		return 0;
	if (into)
		err = netdev_delivers(into, &asker, &list->addrs[first].ip);
	if (!err)
		err = netdev_answers(&list->addrs[first].ip, &asker, &by);
	if (err)
		return err;
	return into != ifindex && by == ifindex ? -ENOLINK : 0;
}

static int ask(const struct daemon *d, uint32_t group, uint32_t ifindex, uint32_t into)
{
	int err = ask_family(d, group, ifindex, into, true);

	return err ? err : ask_family(d, group, ifindex, into, false);
}

/* Until one is bad. */
static void ask_group(const struct daemon *d, uint32_t group, struct stack_look *look)
{
	uint32_t n = look->groups >> group & 1 ? d->cfg.groups[group].nifaces : 0;
	int err = 0;

	for (uint32_t i = 0; i < n && !err; i++) {
		err = ask(d, group, d->plan.group[group][i].ifindex, look->into[group][i]);
		look->iface[group] = i;
	}
	look->err[group] = err;
}

void stack_watch_ask(const struct daemon *d, struct stack_look *look)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		ask_group(d, i, look);
}

static const char *why(int err)
{
	switch (err) {
	case -EXDEV:
		return "rp_filter drops it";
	case -EADDRNOTAVAIL:
	case -EHOSTUNREACH:
		return "its routes lead elsewhere";
	case -ENOLINK:
		return "its answers leave by a bridge's port, where no ARP reply comes in";
	case -ENETUNREACH:
		return "no route leads back to the LAN; has the interface lost its own address?";
	default:
		return strerror(-err);
	}
}

static void tell(struct daemon *d, uint32_t group, const struct stack_look *look)
{
	const struct config_group *g = &d->cfg.groups[group];
	bool one = g->nifaces == 1;

	edge_alarm(d, g->name, "traffic for its first address%s%s is not served by this host: %s",
		   one ? "" : " on ", one ? "" : g->iface[look->iface[group]],
		   why(look->err[group]));
}

void stack_watch_asked(struct daemon *d, const struct stack_look *look)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct daemon_group *g = &d->groups[i];
		const char *name = d->cfg.groups[i].name;
		bool bad = is_there(d, i) && look->err[i], was = stack_watch_astray(g->astray);

		if (!bad && was)
			edge_over(d, name, "traffic for its first address is served");
		g->astray = !bad ? 0 : g->astray < STACK_LOOKS ? g->astray + 1 : STACK_LOOKS + 1;
		if (g->astray == STACK_LOOKS)
			tell(d, i, look);
		if (stack_watch_astray(g->astray) != was)
			report_write(d, i);
	}
}
