/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who answers for a group's addresses: asked in the prober's threads, and what the answers mean to the core. */
#include <string.h>
#include <unistd.h>
#include "addr/addrs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mac.h"
#include "edge.h"
#include "jobs_int.h"
#include "net/probe.h"
#include "queue.h"

#define PROBE_WAIT_NS 300000000ull
#define PROBE_MAX_ADDRS \
	64 /* a cold start asks for the first so many addresses of a group, of each family */

/* Who is no member stays noted, whoever else answers. */
static void note_mac(struct probe_job *p, const struct daemon *d, const uint8_t mac[6])
{
	static const uint8_t nobody[6];

	if (!memcmp(p->mac, nobody, 6) || view_is_member(d, p->mac))
		memcpy(p->mac, mac, 6);
}

static void sum_up(struct probe_job *p, const struct daemon *d, const struct probe_answer *answer)
{
	static const uint8_t nobody[6];

	if (!answer->answers) {
		p->unanswered++;
		return;
	}
	p->answers += answer->answers;
	if (answer->rtt_ns > p->rtt_ns)
		p->rtt_ns = answer->rtt_ns;
	note_mac(p, d, answer->mac);
	if (!memcmp(answer->other_mac, nobody, 6))
		return;
	p->foreign = true;
	note_mac(p, d, answer->other_mac);
}

/* Both families' answers count: one may have another host behind it. */
static void note_by(struct probe_job *p, uint32_t ifindex, const uint8_t mac[6])
{
	const struct plan_iface *last = p->nby ? &p->by[p->nby - 1] : NULL;

	if (p->nby == sizeof(p->by) / sizeof(p->by[0]) ||
	    (last && last->ifindex == ifindex && !memcmp(last->mac, mac, 6)))
		return;
	p->by[p->nby].ifindex = ifindex;
	memcpy(p->by[p->nby++].mac, mac, 6);
}

_Static_assert(WORKER_FDS == PROBE_FAMILIES, "each question has its sockets closed");

static void close_spent(struct job *job)
{
	for (int i = 0; i < WORKER_FDS; i++) {
		if (job->spent_fd[i] > 0)
			(void)close(job->spent_fd[i]);
		job->spent_fd[i] = 0;
	}
}

/* Of addresses first..end-1 the first `max` of each family. */
static uint32_t choose(const struct vip_list *list, uint32_t first, uint32_t end, uint32_t max,
		       struct ipt_addr *ret)
{
	uint32_t of[PROBE_FAMILIES] = {0}, n = 0;

	for (uint32_t i = first; i < end; i++)
		if (of[!ipt_addr_is_v4(&list->addrs[i].ip)]++ < max)
			ret[n++] = list->addrs[i].ip;
	return n;
}

/* An own IPv4 address on that interface that stays there: that of a path, or another. 0: there is none. */
static uint32_t own_address(const struct daemon *d, uint32_t ifindex)
{
	const struct found *f = &d->plan.found;

	for (unsigned int i = 0; i < d->plan.npaths; i++)
		if (d->plan.paths[i].ifindex == ifindex &&
		    ipt_addr_is_v4(&d->plan.paths[i].from.ip))
			return d->plan.paths[i].from.ip.word_be32[3];
	for (unsigned int i = 0; i < f->nown; i++)
		if (f->own[i].ifindex == ifindex && ipt_addr_is_v4(&f->own[i].addr.ip))
			return f->own[i].addr.ip.word_be32[3];
	return 0;
}

/* Addresses first..end-1, which are on one interface. */
static void ask_by(struct probe_job *p, const struct daemon *d, const struct vip_list *list,
		   uint32_t first, uint32_t end, uint32_t max, unsigned int count)
{
	struct probe_answer answers[2 * PROBE_MAX_ADDRS] = {0};
	struct ipt_addr ips[2 * PROBE_MAX_ADDRS];
	struct job *job = &p->job;
	uint32_t ifindex = list->addrs[first].ifindex;
	struct probe_ask question = {.ifindex = ifindex,
				     .own_mac = list->addrs[first].mac,
				     .from_be32 = p->as_host ? own_address(d, ifindex) : 0,
				     .ip = ips,
				     .count = count,
				     .wait_ns = p->wait_ns ? p->wait_ns : PROBE_WAIT_NS,
				     .spent_fd = job->spent_fd};

	close_spent(job);
	question.n = choose(list, first, end, max, ips);
	job->err = probe_run(&question, answers, &job->text);
	for (uint32_t a = 0; a < question.n; a++) {
		sum_up(p, d, &answers[a]);
		if (answers[a].answers)
			note_by(p, ifindex, answers[a].mac);
	}
}

/* Sums the answers up in the job. */
void probe_jobs_run(struct probe_job *p, struct daemon *d, uint32_t max, unsigned int count)
{
	struct job *job = &p->job;
	struct vip_list list;

	job->err = vips_collect(d->k, d->groups[p->group].index, &list);
	if (job->err) {
		(void)err_set(&job->text, job->err, "%s", strerror(-job->err));
		return;
	}
	if (!p->asked_ns)
		p->asked_ns = clock_now_ns();
	for (uint32_t i = 0, end; i < list.n && !job->err; i = end) {
		end = vips_same_iface(&list, i);
		if (!p->ifindex || p->ifindex == list.addrs[i].ifindex)
			ask_by(p, d, &list, i, end, max, count);
	}
	vips_free(&list);
}

static void probe(struct job *job, void *daemon)
{
	probe_jobs_run((struct probe_job *)job, daemon, PROBE_MAX_ADDRS, 3);
}

static void audit(struct job *job, void *daemon)
{
	probe_jobs_run((struct probe_job *)job, daemon, PROBE_MAX_ADDRS, 1);
}

static enum core_probed what_was_found(const struct daemon *d, const struct probe_job *p)
{
	if (p->answers)
		return view_is_member(d, p->mac) ? CORE_PROBED_MEMBER : CORE_PROBED_OTHER;
	return p->job.err ? CORE_PROBED_NOT : CORE_PROBED_NOBODY;
}

/* Whoever answers on one interface has the group; where one could not be asked, nobody knows. */
static enum core_probed worse(enum core_probed a, enum core_probed b)
{
	static const unsigned int rank[] = {[CORE_PROBED_NOBODY] = 0,
					    [CORE_PROBED_NOT] = 1,
					    [CORE_PROBED_MEMBER] = 2,
					    [CORE_PROBED_OTHER] = 3};

	return rank[a] > rank[b] ? a : b;
}

static void probed(struct job *job, void *daemon)
{
	const struct probe_job *p = (struct probe_job *)job;
	struct daemon *d = daemon;
	struct group_probe *all = &d->groups[p->group].probe;
	enum core_probed found = what_was_found(d, p);
	char mac[MAC_TEXT];

	if (job->err)
		log_line("group %s: probe: %s", d->cfg.groups[p->group].name, job->text.text);
	if (found == CORE_PROBED_OTHER) {
		mac_text(p->mac, mac);
		edge_alarm(d, d->cfg.groups[p->group].name,
			   "%s answers for an address of the group", mac);
	}
	all->found = worse(all->found, found);
	if (!all->asked_ns || p->asked_ns < all->asked_ns)
		all->asked_ns = p->asked_ns;
	if (--all->waits)
		return;
	queue_put(d, (struct core_event){.type = CORE_EV_PROBED,
					 .group = p->group,
					 .probed.asked_ns = all->asked_ns,
					 .probed.found = all->found});
}

static void audited(struct job *job, void *daemon)
{
	const struct probe_job *p = (struct probe_job *)job;
	struct daemon *d = daemon;

	if (job->err)
		log_line("group %s: audit: %s", d->cfg.groups[p->group].name, job->text.text);
	else if (p->answers)
		rival_audited(d, p->group, p->mac);
}

bool probe_jobs_ask(struct daemon *d, uint32_t group, uint64_t wait_ns)
{
	struct probe_job p = {.job = {.run = probe, .done = probed},
			      .group = group,
			      .wait_ns = wait_ns};
	struct group_probe *all = &d->groups[group].probe;

	/* Where the gateway takes longer than that, so may who serves the address. */
	if (wait_ns)
		p.wait_ns = gateway_wait_ns(&d->plan.gateway.asked, wait_ns);
	*all = (struct group_probe){.found = CORE_PROBED_NOBODY};
	for (uint32_t i = 0; i < d->cfg.groups[group].nifaces; i++) {
		p.ifindex = d->plan.group[group][i].ifindex;
		/* A takeover waits for these. */
		if (p.ifindex && worker_post_first(d->prober, &p.job, sizeof(p)))
			all->waits++;
		else
			all->found = CORE_PROBED_NOT;
	}
	return all->waits;
}

bool probe_jobs_audit(struct daemon *d, uint32_t group)
{
	/* The question that a client would ask, and no kernel lets unanswered. */
	const struct probe_job p = {.job = {.run = audit, .done = audited},
				    .group = group,
				    .as_host = true};

	return worker_post(d->prober, &p.job, sizeof(p));
}
