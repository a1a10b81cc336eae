/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Effects that may block become jobs of a thread. One for which there is no room has its outcome at once, or is owed. */
#include "base/clock.h"
#include "base/log.h"
#include "jobs_int.h"
#include "queue.h"

#define OWED_RETRY_NS 1000000000ull

/* False: no room. */
static bool post(struct daemon *d, const struct core_effect *fx)
{
	if (fx->type == CORE_FX_ADDR_ADD)
		return addr_jobs_add(d, fx->group);
	if (fx->type == CORE_FX_ADDR_DEL)
		return addr_jobs_remove(d, fx->group);
	if (fx->type == CORE_FX_PROBE)
		return probe_jobs_ask(d, fx->group, fx->probe.wait_ns);
	if (fx->type == CORE_FX_AUDIT)
		return probe_jobs_audit(d, fx->group);
	return selftest_jobs_ask(d, fx->group, fx->selftest.epoch, false);
}

/* The core goes on as if the job had failed; nobody but us would ever ask again for the others. */
static void no_room(struct daemon *d, uint32_t group, enum core_effect_type type)
{
	struct daemon_group *g = &d->groups[group];

	log_line("group %s: 256 jobs wait already, or there is no memory: one was refused",
		 d->cfg.groups[group].name);
	if (type == CORE_FX_ADDR_ADD)
		queue_put(d, (struct core_event){.type = CORE_EV_ADDRS,
						 .group = group,
						 .addrs.there = false});
	else if (type == CORE_FX_PROBE)
		queue_put(d, (struct core_event){.type = CORE_EV_PROBED,
						 .group = group,
						 .probed.found = CORE_PROBED_NOT});
	else if (type == CORE_FX_ADDR_DEL)
		g->owes_removal = true;
	else if (type == CORE_FX_SELFTEST)
		selftest_jobs_none(d, group, OWED_RETRY_NS);
}

void jobs_post(struct daemon *d, const struct core_effect *fx)
{
	if (!post(d, fx))
		no_room(d, fx->group, fx->type);
}

/* Added again since, they are removed when that ends. */
static void pay_removal(struct daemon *d, uint32_t group)
{
	if (d->groups[group].owes_removal)
		d->groups[group].owes_removal =
			d->core.group[group].addrs == CORE_ADDRS_OFF && !addr_jobs_remove(d, group);
}

static void pay_test(struct daemon *d, uint32_t group, uint64_t now_ns)
{
	struct daemon_group *g = &d->groups[group];
	const struct core_group *cg = &d->core.group[group];

	if (!g->retest_ns || now_ns < g->retest_ns || cg->state != HB_BACKUP)
		return;
	g->retest_ns =
		selftest_jobs_ask(d, group, cg->tested_epoch, true) ? 0 : now_ns + OWED_RETRY_NS;
}

void jobs_owed(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();

	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		pay_removal(d, i);
		pay_test(d, i, now_ns);
	}
}
