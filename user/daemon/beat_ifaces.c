/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares the interfaces of the groups with those that lead to the peers: notes for `check` and `run`. */
#include "beat_ifaces.h"

#include <stdio.h>
#include "net/netdev.h"
#include "plan.h"

static void ask_peer(const struct config_peer *p, struct beat_ifaces *r)
{
	struct netdev_way way;
	struct netdev_to to;
	struct err ignored;

	for (uint32_t a = 0; a < p->naddrs; a++) {
		if (plan_to(&p->addrs[a], &to, &ignored) || netdev_route(&to, &way, &ignored))
			r->partial = true;
		else
			r->ifindex[r->n++] = way.ifindex;
	}
}

void beat_ifaces_ask(const struct config *cfg, struct beat_ifaces *ret)
{
	*ret = (struct beat_ifaces){0};
	/* A witness never owns, so nothing is ever sent on to it. */
	for (uint32_t i = 0; i < cfg->npeers; i++)
		if (!cfg->peers[i].witness)
			ask_peer(&cfg->peers[i], ret);
}

bool beat_ifaces_note(const struct beat_ifaces *r, const struct config_group *g, uint32_t iface,
		      char ret[BEAT_IFACES_NOTE_LEN])
{
	uint32_t ifindex = if_nametoindex(g->iface[iface]);

	/* No such interface here: `check` may be asked about another host's file. */
	if (r->partial || !r->n || !ifindex)
		return false;
	for (unsigned int i = 0; i < r->n; i++)
		if (r->ifindex[i] == ifindex)
			return false;
	(void)snprintf(ret, BEAT_IFACES_NOTE_LEN,
		       "note: group '%s': no peer is reached by %s: strays are dropped there and "
		       "not "
		       "sent on, and members count as strangers",
		       g->name, g->iface[iface]);
	return true;
}
