/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a set-up needs to know of the host: looked up from a configuration, so that a reload can do it beside what runs. */
#ifndef IPT_PLAN_H
#define IPT_PLAN_H

#include "addr/addrs.h"
#include "config/config.h"
#include "kern/kern.h"
#include "net/beat.h"
#include "net/found.h"
#include "net/gateway.h"

/* One of a group's interfaces. */
struct plan_iface {
	uint32_t ifindex; /* 0: it is not there */
	uint8_t mac[6]; /* what the group's addresses there answer with */
};

struct plan {
	const struct config *cfg;
	bool lenient; /* what is not there yet is waited for: a host that boots */
	bool waits; /* something is */
	struct found found; /* netlink's answers */
	/* Interfaces of the groups and of the ways to the peers, each once. */
	struct netdev iface[IPT_MAX_IFACES];
	enum kern_mode mode[IPT_MAX_IFACES]; /* as configured */
	unsigned int nifaces;
	/* As each group's in the configuration: a witness's have none. */
	struct plan_iface group[IPT_MAX_GROUPS][CONFIG_MAX_GROUP_IFACES];
	struct beat_path paths[IPT_MAX_PATHS]; /* as in the kernel's map */
	unsigned int npaths;
	struct config_host
		missing[IPT_MAX_PATHS]; /* of peers that are reached by another way only */
	unsigned int nmissing;
	struct gateway gateway; /* alone = "gateway" */
	struct vip_list known; /* what is in the map, ... */
	uint64_t managed; /* ... and which of its groups are a configuration's */
	bool wide; /* an address is, or will be, put somewhere not as a host's */
};

/* The interface on which the kernel has a group's addresses while it has them. */
static inline uint32_t plan_home(enum config_address address, uint32_t ifindex)
{
	return address == ADDRESS_STANDING ? LOOPBACK : ifindex;
}

/* The same of all of a group's, for messages. */
static inline const char *plan_home_text(const struct config_group *g)
{
	if (g->address == ADDRESS_STANDING)
		return "lo";
	return g->nifaces == 1 ? g->iface[0] : "one of its interfaces";
}

/* Which one of the group's it is; NULL: none. */
static inline const struct plan_iface *plan_on(const struct plan *p, uint32_t group,
					       uint32_t ifindex)
{
	for (uint32_t i = 0; ifindex && i < p->cfg->groups[group].nifaces; i++)
		if (p->group[group][i].ifindex == ifindex)
			return &p->group[group][i];
	return NULL;
}

/* That of one of the group's configured addresses. */
static inline const struct plan_iface *plan_of(const struct plan *p, uint32_t group,
					       const struct addr *a)
{
	return &p->group[group][a->iface];
}

/*
 * Looks all of it up, and opens the ways to the peers; `k` has what is in the maps already, NULL: nothing. Zeroed before,
 * but for `found` and `lenient`; plan_close() in any case.
 */
int plan_find(struct plan *p, const struct config *cfg, struct kern *k, struct err *e);
/* Reads the map again: what is known. */
int plan_know(struct plan *p, struct kern *k, struct err *e);
/* Where a peer's address is on this host. -ENODEV: its interface is not there. */
int plan_to(const struct config_host *h, struct netdev_to *ret, struct err *e);
/*
 * The route to that address, with a source that never moves: the peer's configured one of that kind, else as the kernel
 * says, else the only other there. `peer` NULL: the gateway. -EADDRNOTAVAIL: there is none, or the choice is not ours.
 */
int plan_source(struct plan *p, const struct netdev_to *to, const struct config_peer *peer,
		struct err *e);
/* Does that address move from host to host: the file's, or added by hand? */
bool plan_floats(const struct plan *p, const struct ipt_addr *ip);
/* Own addresses that stay, into `found`. */
int plan_own(struct plan *p, struct err *e);
/* Is that address of the group one that is put on its interface as a host's? */
bool plan_as_host(const struct plan *p, uint32_t group, const struct addr *a);
/* Refuses before anything is touched: groups held by hand, addresses that are there already and not ours. */
int plan_check(struct plan *p, struct kern *k, struct err *e);
/* plan_twice.c: refuses an address on two interfaces that are not two VLANs of one. */
int plan_check_twice(const struct plan *p, struct err *e);
/* Is there a way now that was missing? Asks netlink. */
bool plan_way_is_back(const struct plan *p);
void plan_close(struct plan *p);

#endif
