/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Effects that may block become jobs of a thread. One for which there is no room has its outcome at once, or is owed. */
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "daemon.h"
#include "queue.h"

#define OWED_RETRY_NS 1000000000ull

static enum job_type type_of(enum core_effect_type type)
{
	static const enum job_type types[] = {
		[CORE_FX_ADDR_ADD] = JOB_ADDR_ADD, [CORE_FX_ADDR_DEL] = JOB_ADDR_DEL,
		[CORE_FX_PROBE] = JOB_PROBE,	   [CORE_FX_AUDIT] = JOB_AUDIT,
		[CORE_FX_SELFTEST] = JOB_SELFTEST,
	};

	return types[type];
}

/* What the thread must know, as it is now. */
static void complete(struct daemon *d, uint32_t group, struct job *job)
{
	const struct daemon_group *g = &d->groups[group];

	job->group = g->index;
	/* From our own address: the question that a client would ask, and no kernel lets unanswered. */
	for (unsigned int i = 0; job->type == JOB_AUDIT && i < d->npaths; i++)
		if (d->paths[i].ifindex == g->ifindex)
			job->from_be32 = d->paths[i].from.ip_be32;
	/* Where the gateway takes longer than that, so may who serves the address. */
	if (job->type == JOB_PROBE && job->wait_ns)
		job->wait_ns = gateway_wait_ns(&d->gateway.asked, job->wait_ns);
	if (job->type == JOB_SELFTEST)
		(void)kern_owner_mac(d->k, g->index, g->ifindex, job->expect_mac);
}

static bool post(struct daemon *d, uint32_t group, struct job *job)
{
	complete(d, group, job);
	/* A takeover waits for this one. */
	if (job->type == JOB_PROBE)
		return worker_post_first(d->prober, job);
	if (job->type == JOB_ADDR_ADD || job->type == JOB_ADDR_DEL)
		return worker_post(d->addrs, job);
	return worker_post(d->prober, job);
}

/* The core goes on as if the job had failed; nobody but us would ever ask again for the others. */
static void no_room(struct daemon *d, uint32_t group, enum job_type type)
{
	struct daemon_group *g = &d->groups[group];

	log_line("group %s: 256 jobs wait already: one was refused", d->cfg.groups[group].name);
	if (type == JOB_ADDR_ADD)
		queue_put(d, (struct core_event){.type = CORE_EV_ADDRS,
						 .group = group,
						 .failed = true});
	else if (type == JOB_PROBE)
		queue_put(d, (struct core_event){.type = CORE_EV_PROBED,
						 .group = group,
						 .failed = true});
	else if (type == JOB_ADDR_DEL)
		g->owes_removal = true;
	else if (type == JOB_SELFTEST)
		jobs_untested(d, group, OWED_RETRY_NS);
}

void jobs_post(struct daemon *d, const struct core_effect *fx)
{
	struct job job = {.type = type_of(fx->type), .epoch = fx->epoch, .wait_ns = fx->wait_ns};

	if (!post(d, fx->group, &job))
		no_room(d, fx->group, job.type);
}

void jobs_untested(struct daemon *d, uint32_t group, uint64_t again_ns)
{
	d->groups[group].retest_ns = clock_now_ns() + again_ns;
	queue_put(d, (struct core_event){.type = CORE_EV_TESTED, .group = group, .failed = true});
}

/* Added again since, they are removed when that ends. */
static void pay_removal(struct daemon *d, uint32_t group)
{
	struct job job = {.type = JOB_ADDR_DEL};

	if (d->groups[group].owes_removal)
		d->groups[group].owes_removal =
			d->core.group[group].addrs == CORE_ADDRS_OFF && !post(d, group, &job);
}

static void pay_test(struct daemon *d, uint32_t group, uint64_t now_ns)
{
	struct daemon_group *g = &d->groups[group];
	const struct core_group *cg = &d->core.group[group];
	struct job job = {.type = JOB_SELFTEST, .epoch = cg->tested_epoch, .again = true};

	if (!g->retest_ns || now_ns < g->retest_ns || cg->state != HB_BACKUP)
		return;
	g->retest_ns = post(d, group, &job) ? 0 : now_ns + OWED_RETRY_NS;
}

void jobs_owed(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();

	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		pay_removal(d, i);
		pay_test(d, i, now_ns);
	}
}
