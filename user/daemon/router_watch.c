/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at the kernel's forwarding, and has the maps say the same. */
#include "router_watch.h"

#include <string.h>
#include "addr/router.h"
#include "daemon.h"
#include "edge.h"
#include "net/netdev.h"

_Static_assert(CONFIG_MAX_GROUP_IFACES <= 8, "a bit for each");

struct router_job {
	struct job job;
	uint32_t group;
	uint32_t iface; /* which of the group's */
	bool router;
};

uint8_t router_watch_group(const struct config_group *g)
{
	uint8_t routers = 0;

	for (uint32_t i = 0; i < g->nifaces; i++)
		if (g->v6_ifaces >> i & 1 && netdev_routes_ipv6(g->iface[i]))
			routers |= (uint8_t)(1u << i);
	return routers;
}

void router_watch_look(const struct daemon *d, struct router_look *ret)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		ret->routers[i] = router_watch_group(&d->cfg.groups[i]);
}

static void say(struct job *job, void *daemon)
{
	const struct router_job *r = (struct router_job *)job;
	const struct daemon *d = daemon;

	job->err = router_say(d->k, d->groups[r->group].index,
			      d->plan.group[r->group][r->iface].ifindex, r->router);
}

static void note(struct daemon *d, const struct router_job *r, bool router)
{
	uint8_t bit = (uint8_t)(1u << r->iface), *routers = &d->groups[r->group].routers;

	*routers = router ? *routers | bit : *routers & (uint8_t)~bit;
}

static void said(struct job *job, void *daemon)
{
	const struct router_job *r = (struct router_job *)job;
	struct daemon *d = daemon;

	/* Said again at the next look. */
	if (job->err)
		note(d, r, !r->router);
	else
		announcer_router(d->announcer, d->groups[r->group].index);
}

void router_watch_looked(struct daemon *d, const struct router_look *look)
{
	struct router_job r = {.job = {.run = say, .done = said}};

	for (r.group = 0; r.group < d->cfg.ngroups; r.group++)
		for (r.iface = 0; r.iface < d->cfg.groups[r.group].nifaces; r.iface++) {
			r.router = look->routers[r.group] >> r.iface & 1;
			if (r.router != (d->groups[r.group].routers >> r.iface & 1) &&
			    worker_post(d->addrs, &r.job, sizeof(r)))
				note(d, &r, r.router);
		}
}
