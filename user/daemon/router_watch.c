/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at the kernel's forwarding, and has the maps say the same. */
#include "router_watch.h"

#include <string.h>
#include "addr/router.h"
#include "daemon.h"
#include "edge.h"
#include "net/netdev.h"

struct router_job {
	struct job job;
	uint32_t group;
	bool router;
};

uint64_t router_watch_look(const struct daemon *d)
{
	uint64_t routers = 0;

	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (netdev_routes_ipv6(d->cfg.groups[i].interface))
			routers |= 1ull << i;
	return routers;
}

static void say(struct job *job, void *daemon)
{
	const struct router_job *r = (struct router_job *)job;
	const struct daemon *d = daemon;

	job->err = router_say(d->k, d->groups[r->group].index, r->router);
}

static void said(struct job *job, void *daemon)
{
	const struct router_job *r = (struct router_job *)job;
	struct daemon *d = daemon;

	/* Said again at the next look. */
	if (job->err)
		d->groups[r->group].router = !r->router;
	else
		announcer_router(d->announcer, d->groups[r->group].index, r->router);
}

void router_watch_looked(struct daemon *d, uint64_t routers)
{
	struct router_job r = {.job = {.run = say, .done = said}};

	for (r.group = 0; r.group < d->cfg.ngroups; r.group++) {
		struct daemon_group *g = &d->groups[r.group];

		r.router = routers >> r.group & 1;
		if (r.router != g->router && worker_post(d->addrs, &r.job, sizeof(r)))
			g->router = r.router;
	}
}
