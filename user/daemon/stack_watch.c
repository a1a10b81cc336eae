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

	/* IPv4 is first in the list; IPv6 is asked nothing yet. */
	return g->state == HB_OWNER && d->groups[group].list.n &&
	       ipt_addr_is_v4(&d->groups[group].list.addrs[0].ip) &&
	       (d->cfg.groups[group].address == ADDRESS_STANDING ||
		(d->cfg.groups[group].address == ADDRESS_OWNER && g->addrs == CORE_ADDRS_ON));
}

void stack_watch_begin(const struct daemon *d, struct stack_look *ret)
{
	ret->groups = 0;
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		const struct link *l = links_find(d->links, d->groups[i].ifindex);

		ret->groups |= (uint64_t)is_there(d, i) << i;
		ret->into[i] = l ? l->into : 0;
	}
}

/*
 * From a peer that the interface leads to: without a source that has a way back nothing can be asked. What comes in at a
 * bridge's port comes in by the bridge, ARP replies too: what leaves by the port waits for them in vain.
 */
static int ask(const struct daemon *d, uint32_t group, uint32_t into)
{
	const struct daemon_group *g = &d->groups[group];
	uint32_t peer_be32, ip_be32 = g->list.addrs[0].ip.word_be32[3];
	uint32_t by;
	unsigned int i = 0;
	int err = 0;

	while (i < d->plan.npaths && d->plan.paths[i].ifindex != g->ifindex)
		i++;
	if (i == d->plan.npaths)
		return 0;
	peer_be32 = d->plan.paths[i].to.ip_be32;
	if (into)
		err = netdev_delivers(into, peer_be32, ip_be32);
	if (!err)
		err = netdev_answers(ip_be32, peer_be32, &by);
	if (err)
		return err;
	return into != g->ifindex && by == g->ifindex ? -ENOLINK : 0;
}

void stack_watch_ask(const struct daemon *d, struct stack_look *look)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		look->err[i] = look->groups >> i & 1 ? ask(d, i, look->into[i]) : 0;
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
			edge_alarm(d, name,
				   "traffic for its first address is not served by this host: %s",
				   why(look->err[i]));
		if (stack_watch_astray(g->astray) != was)
			report_write(d, i);
	}
}
