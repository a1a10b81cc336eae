/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses, sysctls and probes: in the threads, and what their results mean to the core. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "addr/addrs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mac.h"
#include "core/names.h"
#include "daemon.h"
#include "edge.h"
#include "net/probe.h"
#include "queue.h"

#define PROBE_WAIT_NS 300000000ull
#define PROBE_MAX_ADDRS 64 /* a cold start asks for the first so many addresses of a group */
#define SELFTEST_TRIES 3
#define SELFTEST_AGAIN_NS \
	10000000000ull /* a bad one keeps a better host from asking for the group */

static void move_addrs(struct job *job, struct kern *k)
{
	struct vip_list list;

	job->err = vips_collect(k, job->group, &list);
	if (job->err) {
		(void)err_set(&job->text, job->err, "%s", strerror(-job->err));
		return;
	}
	if (job->type == JOB_ADDR_ADD)
		job->err = vips_install(k, &list, &job->text);
	else
		job->err = vips_uninstall(k, &list, &job->text);
	vips_free(&list);
}

void jobs_run_addrs(struct job *job, void *arg)
{
	struct daemon *d = arg;

	move_addrs(job, d->k);
}

static void sum_up(struct job *job, const struct probe_answer *answer)
{
	static const uint8_t nobody[6];

	if (!answer->answers)
		return;
	job->answers += answer->answers;
	job->rtt_ns = answer->rtt_ns;
	memcpy(job->mac, answer->mac, 6);
	if (!memcmp(answer->other_mac, nobody, 6))
		return;
	job->verdict = SELFTEST_FOREIGN;
	memcpy(job->mac, answer->other_mac, 6);
}

/* Asks for up to `max` addresses of the group, interface by interface. Sums the answers up in the job. */
static void ask(struct job *job, struct kern *k, uint32_t max, unsigned int count)
{
	struct probe_answer answers[PROBE_MAX_ADDRS] = {0};
	uint32_t ips[PROBE_MAX_ADDRS];
	struct vip_list list;

	job->err = vips_collect(k, job->group, &list);
	if (job->err) {
		(void)err_set(&job->text, job->err, "%s", strerror(-job->err));
		return;
	}
	if (!job->asked_ns)
		job->asked_ns = clock_now_ns();
	for (uint32_t i = 0, end; i < list.n && i < max && !job->err; i = end) {
		struct probe_ask question = {.ifindex = list.addrs[i].ifindex,
					     .own_mac = list.addrs[i].mac,
					     .from_be32 = job->from_be32,
					     .ip_be32 = ips,
					     .count = count,
					     .wait_ns = job->wait_ns ? job->wait_ns : PROBE_WAIT_NS,
					     .spent_fd = &job->spent_fd};

		if (job->spent_fd > 0)
			(void)close(job->spent_fd);
		job->spent_fd = 0;

		end = vips_same_iface(&list, i);
		for (uint32_t a = i; a < end && question.n < max; a++)
			ips[question.n++] = list.addrs[a].ip_be32;
		job->err = probe_run(&question, answers, &job->text);
		for (uint32_t a = 0; a < question.n; a++)
			sum_up(job, &answers[a]);
	}
	vips_free(&list);
}

static void selftest_once(struct job *job, struct daemon *d)
{
	static const uint8_t unknown[6];
	uint64_t limit_ns = 4 * d->cfg.timing.settle_ns;

	/* Answers that wait in a ring come out much later, if ever: anything below that is in time. */
	if (limit_ns < 20000000)
		limit_ns = 20000000;
	job->answers = 0;
	job->verdict = SELFTEST_OK;
	ask(job, d->k, 1, 1);
	if (job->err || job->verdict == SELFTEST_FOREIGN)
		return;
	if (!job->answers)
		job->verdict = SELFTEST_SILENT;
	else if (memcmp(job->expect_mac, unknown, 6) && memcmp(job->expect_mac, job->mac, 6))
		job->verdict = SELFTEST_FOREIGN;
	else if (job->rtt_ns > limit_ns)
		job->verdict = SELFTEST_LATE;
}

void jobs_run_probes(struct job *job, void *arg)
{
	struct daemon *d = arg;

	if (job->type == JOB_PROBE || job->type == JOB_AUDIT) {
		ask(job, d->k, PROBE_MAX_ADDRS, job->type == JOB_PROBE ? 3 : 1);
		return;
	}
	/* One stall of the machine is no alarm; three in a row are. A foreign answer is one at once. */
	for (int i = 0; i < SELFTEST_TRIES; i++) {
		selftest_once(job, d);
		if (job->err || job->verdict == SELFTEST_OK || job->verdict == SELFTEST_FOREIGN)
			return;
	}
}

int jobs_group(const struct daemon *d, uint32_t index)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->groups[i].index == index)
			return (int)i;
	return -1;
}

static void probed(struct daemon *d, uint32_t group, const struct job *job)
{
	struct core_event ev = {.type = CORE_EV_PROBED,
				.group = group,
				.ts_ns = job->asked_ns,
				.ok = !job->answers && !job->err,
				.failed = !job->answers && job->err};
	char mac[MAC_TEXT];

	ev.member = view_is_member(d, job->mac);
	if (job->err)
		log_line("group %s: probe: %s", d->cfg.groups[group].name, job->text.text);
	if (job->answers && !ev.member) {
		mac_text(job->mac, mac);
		edge_alarm(d, d->cfg.groups[group].name, "%s answers for an address of the group",
			   mac);
	}
	queue_put(d, ev);
}

/* Told once of each owner, and when it changes. */
static void tell_selftest(struct daemon *d, uint32_t group, const struct job *job,
			  enum ipt_selftest before)
{
	const char *name = d->cfg.groups[group].name;
	enum ipt_selftest verdict = (enum ipt_selftest)job->verdict;
	char mac[MAC_TEXT];

	if (job->again && verdict == before)
		return;
	mac_text(job->mac, mac);
	if (verdict != SELFTEST_OK)
		edge_alarm(d, name, "self-test of the owner's answer: %s (%u answers, %.3f ms, %s)",
			   names_selftest(verdict), job->answers, (double)job->rtt_ns / 1e6, mac);
	else if (job->again)
		edge_over(d, name, "self-test of the owner's answer");
}

static void selftested(struct daemon *d, uint32_t group, const struct job *job)
{
	struct daemon_group *g = &d->groups[group];
	enum ipt_selftest before = g->selftest;

	/* The test of an owner that has been replaced meanwhile says nothing. */
	if (job->epoch != d->core.group[group].tested_epoch ||
	    d->core.group[group].state == HB_OWNER)
		return;
	if (job->err) {
		log_line("group %s: self-test: %s", d->cfg.groups[group].name, job->text.text);
		jobs_untested(d, group, SELFTEST_AGAIN_NS);
		return;
	}
	g->selftest = (enum ipt_selftest)job->verdict;
	g->selftest_ns = clock_now_ns();
	g->selftest_rtt_ns = job->rtt_ns;
	memcpy(g->selftest_mac, job->mac, 6);
	g->retest_ns = g->selftest == SELFTEST_OK ? 0 : g->selftest_ns + SELFTEST_AGAIN_NS;
	tell_selftest(d, group, job, before);
	queue_put(d, (struct core_event){.type = CORE_EV_TESTED,
					 .group = group,
					 .ok = g->selftest == SELFTEST_OK});
	report_write(d, group);
}

void jobs_done(struct daemon *d, const struct job *job)
{
	int group = jobs_group(d, job->group);

	if (group < 0)
		return;
	switch (job->type) {
	case JOB_ADDR_ADD:
		if (job->err)
			edge_alarm(d, d->cfg.groups[group].name, "%s", job->text.text);
		queue_put(d, (struct core_event){.type = CORE_EV_ADDRS,
						 .group = (uint32_t)group,
						 .ok = !job->err});
		break;
	case JOB_ADDR_DEL:
		if (job->err)
			edge_alarm(d, d->cfg.groups[group].name, "%s", job->text.text);
		break;
	case JOB_PROBE:
		probed(d, (uint32_t)group, job);
		break;
	case JOB_AUDIT:
		claim_audited(d, (uint32_t)group, job);
		break;
	case JOB_SELFTEST:
		selftested(d, (uint32_t)group, job);
		break;
	case JOB_LINK:
	case JOB_GUARD:
	case JOB_ATTACH:
	case JOB_READY:
		break; /* of links */
	}
}
