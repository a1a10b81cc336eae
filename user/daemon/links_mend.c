/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Has the interfaces looked at, learns from it, and has mended what is missing. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon.h"
#include "edge.h"
#include "links_int.h"
#include "queue.h"

static bool gates_closed(const struct daemon *d, const struct link *l, uint64_t now_ns)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (plan_on(&d->plan, i, l->ifindex) &&
		    lease_live(kern_leases(d->k)[d->groups[i].index], now_ns))
			return false;
	return true;
}

/* One look may fail beside a storm of link events. */
static void tell_unguarded(struct daemon *d, const struct job *job)
{
	struct links *ls = d->links;

	if (!job->err && ls->unguarded >= 2)
		edge_over(d, NULL, "sysctls of all interfaces are set");
	ls->unguarded = job->err ? ls->unguarded + 1 : 0;
	if (ls->unguarded == 2)
		edge_alarm(d, NULL, "the kernel may answer for floating addresses: %s",
			   job->text.text);
}

/* What a look says of one hook: alarm when it is found empty, a line when it is not any more. */
static bool find_hook(struct daemon *d, const struct link *l, const char *hook, bool was, bool is)
{
	if (is && !was)
		edge_alarm(d, NULL, "our %s is gone from %s", hook, l->name);
	else if (!is && was)
		log_line("our %s is back on %s", hook, l->name);
	return is;
}

static void guarded(struct job *job, void *daemon)
{
	const struct guard_job *g = (struct guard_job *)job;
	struct daemon *d = daemon;
	struct links *ls = d->links;

	ls->guard_waits = false;
	tell_unguarded(d, job);
	for (unsigned int i = 0; i < ls->n; i++) {
		struct link *l = &ls->link[i];
		bool deaf = g->deaf_mask >> i & 1, unfenced = g->unfenced_mask >> i & 1;

		if (g->census.made)
			l->homed = g->census.homed_mask >> i & 1;
		/* That says it all, and what comes back needs more than programs. */
		if (l->gone)
			continue;
		/* It looked before the kernel told. */
		if (l->deaf && g->began_ns <= l->deaf_ns)
			deaf = true;
		l->deaf = find_hook(d, l, "ingress program", l->deaf, deaf);
		l->unfenced = find_hook(d, l, "egress filter", l->unfenced, unfenced);
		if (!deaf && !unfenced)
			link_retry_done(&l->attach);
	}
	addr_watch_counted(d, &g->census);
	stack_watch_asked(d, &g->stack);
	multicast_kept(d, &g->multicast);
	router_watch_looked(d, &g->routers);
	if (ls->guard_again)
		links_guard(d);
}

static void looked(struct job *job, void *daemon)
{
	const struct look_job *look = (struct look_job *)job;
	struct daemon *d = daemon;

	d->links->looks--;
	links_learn(d, look->link, job->err, &look->dev);
}

static void attached(struct job *job, void *daemon)
{
	const struct attach_job *a = (struct attach_job *)job;
	struct daemon *d = daemon;

	a->link->attaching = false;
	a->link->below = a->below;
	if (job->err)
		edge_alarm(d, NULL, "programs cannot be attached again: %s", job->text.text);
	else
		links_guard(d);
}

static void rehearsed(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	d->links->ready_waits = false;
	if (job->err)
		log_line("interfaces are not ready for a new start: %s", job->text.text);
	else
		queue_start_over(d, "an interface is not what it was");
}

/*
 * An ingress program that comes back must find closed gates: not before its groups are silent. The egress filter only
 * takes away, and is missed most where a gate has just closed: at once, but for a host where somebody else keeps
 * taking it off.
 */
static void attach_again(struct daemon *d, struct link *l, uint64_t now_ns)
{
	const struct attach_job a = {.job = {.run = link_jobs_attach, .done = attached},
				     .link = l,
				     .below = l->below};
	bool due;

	if (l->gone || l->attaching || (!l->deaf && !l->unfenced) ||
	    (l->deaf && !gates_closed(d, l, now_ns)))
		return;
	due = l->deaf ? link_retry_due(&l->attach, now_ns) : link_retry_soon(&l->attach, now_ns);
	if (due)
		l->attaching = worker_post(d->links->worker, &a.job, sizeof(a));
}

/* Sockets, maps and records name an interface that is no more: only a new process gets them right. */
static bool is_stale(const struct daemon *d, const struct link *l, uint64_t now_ns)
{
	return (l->back || (!l->gone && l->up && l->serves && l->other_mac)) &&
	       gates_closed(d, l, now_ns);
}

static void replace(struct daemon *d, uint64_t now_ns)
{
	const struct job job = {.run = link_jobs_rehearse, .done = rehearsed};
	struct links *ls = d->links;
	bool stale = false;

	for (unsigned int i = 0; i < ls->n; i++)
		stale = stale || is_stale(d, &ls->link[i], now_ns);
	if (stale && !ls->ready_waits && link_retry_due(&ls->replace, now_ns))
		ls->ready_waits = worker_post(ls->worker, &job, sizeof(job));
}

/* A look at every interface waits for whoever holds the kernel's netlink lock: not in the loop. */
static void look_at_all(struct links *ls)
{
	struct look_job look = {.job = {.run = link_jobs_look, .done = looked}};

	if (!ls->lost || ls->looks)
		return;
	ls->lost = false;
	for (unsigned int i = 0; i < ls->n; i++) {
		look.link = &ls->link[i];
		if (worker_post(ls->worker, &look.job, sizeof(look)))
			ls->looks++;
		else
			ls->lost = true;
	}
}

static void look(struct daemon *d)
{
	struct guard_job g = {.job = {.run = link_jobs_guard, .done = guarded}};
	struct links *ls = d->links;

	stack_watch_begin(d, &g.stack);
	ls->guard_again = ls->guard_waits;
	if (!ls->guard_waits)
		ls->guard_waits = worker_post(ls->worker, &g.job, sizeof(g));
}

void links_guard(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();

	look(d);
	look_at_all(d->links);
	for (unsigned int i = 0; i < d->links->n; i++)
		attach_again(d, &d->links->link[i], now_ns);
	replace(d, now_ns);
}
