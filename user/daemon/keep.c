/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes into the pinned maps what a later process must know: the twin of adopt.c. */
#include "keep.h"

#include "edge.h"
#include "kern/lease.h"

/* Before a frame asks for votes: no later process may stand for a term in which this one was given some (P6). */
void keep_epochs(struct daemon *d, const struct beat *b)
{
	for (uint32_t i = 0; i < b->ngroups; i++)
		if (b->group[i].state == HB_CAND)
			lease_raise(&kern_groups(d->k)[d->groups[i].index].epoch_max,
				    b->group[i].epoch);
}

/* In this order a process that ends in between has forgotten a promise that nobody was told of, or none. */
void keep_promises(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		volatile struct ipt_group *g = &kern_groups(d->k)[d->groups[i].index];
		const struct core_group *cg = &d->core.group[i];
		uint64_t until_ns = cg->promise_holder ? cg->promise_until_ns : 0;

		if (g->promise_holder != cg->promise_holder ||
		    g->promise_epoch != cg->promise_epoch) {
			__atomic_store_n(&g->promise_until_ns, 0, __ATOMIC_SEQ_CST);
			g->promise_holder = cg->promise_holder;
			g->promise_epoch = cg->promise_epoch;
		}
		__atomic_store_n(&g->promise_until_ns, until_ns, __ATOMIC_SEQ_CST);
		g->boot_until_ns = cg->boot_until_ns;
	}
}

void keep_requests(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		volatile struct ipt_group *g = &kern_groups(d->k)[d->groups[i].index];
		bool drained = d->core.group[i].drained;

		if (g->priority != d->groups[i].priority_base)
			g->priority = d->groups[i].priority_base;
		if (g->drained == drained)
			continue;
		g->drained = drained;
		edge_tell(d, &(struct edge){.event = "drained",
					    .group = d->cfg.groups[i].name,
					    .ok = drained ? EDGE_YES : EDGE_NO});
	}
}
