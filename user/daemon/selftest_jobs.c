/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Standbys test the owner: asked for the group's first address of each family, does it answer, in time, and nobody else? */
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mac.h"
#include "core/names.h"
#include "edge.h"
#include "jobs_int.h"
#include "queue.h"

#define SELFTEST_TRIES 3
#define SELFTEST_AGAIN_NS \
	10000000000ull /* a bad one keeps a better host from asking for the group */

/* Where the owner's heartbeats come by its MAC is known. */
static bool is_owner(const struct selftest_job *t, const struct plan_iface *by)
{
	static const uint8_t unknown[6];

	for (uint32_t i = 0; i < t->nowner; i++)
		if (t->owner[i].ifindex == by->ifindex && memcmp(t->owner[i].mac, unknown, 6))
			return !memcmp(t->owner[i].mac, by->mac, 6);
	return true;
}

static bool is_foreign(struct selftest_job *t)
{
	struct probe_job *p = &t->probe;

	for (uint32_t i = 0; i < p->nby; i++)
		if (!is_owner(t, &p->by[i])) {
			memcpy(p->mac, p->by[i].mac, 6);
			return true;
		}
	return false;
}

static void test_once(struct selftest_job *t, struct daemon *d)
{
	struct probe_job *p = &t->probe;
	uint64_t limit_ns = 4 * d->cfg.timing.settle_ns;

	/* Answers that wait in a ring come out much later, if ever: anything below that is in time. */
	if (limit_ns < 20000000)
		limit_ns = 20000000;
	p->answers = 0;
	memset(p->mac, 0, sizeof(p->mac));
	p->unanswered = 0;
	p->nby = 0;
	p->rtt_ns = 0;
	p->foreign = false;
	t->verdict = SELFTEST_OK;
	probe_jobs_run(p, d, 1, 1);
	if (p->foreign)
		t->verdict = SELFTEST_FOREIGN;
	else if (p->job.err)
		return;
	else if (p->unanswered)
		t->verdict = SELFTEST_SILENT;
	else if (is_foreign(t))
		t->verdict = SELFTEST_FOREIGN;
	else if (p->rtt_ns > limit_ns)
		t->verdict = SELFTEST_LATE;
}

static void test(struct job *job, void *daemon)
{
	struct selftest_job *t = (struct selftest_job *)job;

	/* One stall of the machine is no alarm; three in a row are. A foreign answer is one at once. */
	for (int i = 0; i < SELFTEST_TRIES; i++) {
		test_once(t, daemon);
		if (job->err || t->verdict == SELFTEST_OK || t->verdict == SELFTEST_FOREIGN)
			return;
	}
}

void selftest_jobs_none(struct daemon *d, uint32_t group, uint64_t again_ns)
{
	d->groups[group].retest_ns = clock_now_ns() + again_ns;
	queue_put(d, (struct core_event){.type = CORE_EV_TESTED,
					 .group = group,
					 .tested.well = false});
}

/* Told once of each owner, and when it changes. */
static void tell(struct daemon *d, const struct selftest_job *t, enum ipt_selftest before)
{
	const struct probe_job *p = &t->probe;
	const char *name = d->cfg.groups[p->group].name;
	char mac[MAC_TEXT];

	if (t->again && t->verdict == before)
		return;
	mac_text(p->mac, mac);
	if (t->verdict != SELFTEST_OK)
		edge_alarm(d, name, "self-test of the owner's answer: %s (%u answers, %.3f ms, %s)",
			   names_selftest(t->verdict), p->answers, (double)p->rtt_ns / 1e6, mac);
	else if (t->again)
		edge_over(d, name, "self-test of the owner's answer");
}

/* What was well is not for ever: asked as often as the owner announces. */
static uint64_t again_ns(const struct config_group *g, enum ipt_selftest verdict)
{
	return verdict != SELFTEST_OK || !g->refresh_ns ? SELFTEST_AGAIN_NS : g->refresh_ns;
}

static void tested(struct job *job, void *daemon)
{
	const struct selftest_job *t = (struct selftest_job *)job;
	const struct probe_job *p = &t->probe;
	struct daemon *d = daemon;
	uint32_t group = p->group;
	struct daemon_group *g = &d->groups[group];
	enum ipt_selftest before = g->selftest;

	/* The test of an owner that has been replaced meanwhile says nothing. */
	if (t->epoch != d->core.group[group].tested_epoch || d->core.group[group].state == HB_OWNER)
		return;
	if (job->err) {
		log_line("group %s: self-test: %s", d->cfg.groups[group].name, job->text.text);
		selftest_jobs_none(d, group, SELFTEST_AGAIN_NS);
		return;
	}
	g->selftest = t->verdict;
	g->selftest_ns = clock_now_ns();
	g->selftest_rtt_ns = p->rtt_ns;
	memcpy(g->selftest_mac, p->mac, 6);
	g->retest_ns = g->selftest_ns + again_ns(&d->cfg.groups[group], g->selftest);
	tell(d, t, before);
	queue_put(d, (struct core_event){.type = CORE_EV_TESTED,
					 .group = group,
					 .tested.well = g->selftest == SELFTEST_OK});
	report_write(d, group);
}

bool selftest_jobs_ask(struct daemon *d, uint32_t group, uint64_t epoch, bool again)
{
	/* As a client asks: where replies are handed out by the address that they are for, as ipvlan does, a probe has none. */
	struct selftest_job t = {.probe = {.job = {.run = test, .done = tested},
					   .group = group,
					   .as_host = true},
				 .epoch = epoch,
				 .again = again};

	/* There is nothing to ask for, and nothing that could be amiss. */
	if (d->cfg.groups[group].lease_only) {
		queue_put(d, (struct core_event){.type = CORE_EV_TESTED,
						 .group = group,
						 .tested.well = true});
		return true;
	}
	for (uint32_t i = 0; i < d->cfg.groups[group].nifaces; i++) {
		struct plan_iface *o = &t.owner[t.nowner];

		o->ifindex = d->plan.group[group][i].ifindex;
		t.nowner += kern_owner_mac(d->k, d->groups[group].index, o->ifindex, o->mac);
	}
	return worker_post(d->prober, &t.probe.job, sizeof(t));
}
