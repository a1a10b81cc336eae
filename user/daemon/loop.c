/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one loop: wakes, turns what happened into events, steps the core, applies, rearms. Never blocks. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "core/tally.h"
#include "daemon.h"
#include "edge.h"
#include "keep.h"
#include "odd_watch.h"
#include "port.h"
#include "queue.h"
#include "requests.h"
#include "service.h"
#include "signals.h"
#include "standin.h"
#include "stray.h"
#include "heir.h"
#include "next_hop.h"

#define GUARD_EVERY_NS 1000000000ull
#define LATE_WINDOW_NS 60000000000ull
/* Of two processors the second is woken this late as well, mostly: less would be a race at every interval. */
#define STANDIN_SLACK_MIN_NS 100000ull

enum source {
	SRC_TIMER,
	SRC_SIGNAL,
	SRC_EVENTS,
	SRC_ADDRS,
	SRC_PROBER,
	SRC_CONTROL,
	SRC_LINK,
	SRC_LINK_JOBS,
	SRC_ROUTES, /* where a group has some */
	SRC_TRACK,
	SRC_HEIR,
	SRC_GATEWAY, /* where the configuration has one */
	SRC_NEXT_HOPS, /* where a peer is behind a router */
	SOURCES
};

struct loop {
	struct daemon *d;
	int epoll_fd;
	int fd[SOURCES];
	uint64_t guard_ns;
	struct service service;
	int err; /* of a turn that the stand-in took */
};

/* Configuration index of a kernel index, or -1. */
static int find_group(const struct daemon *d, uint32_t index)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->groups[i].index == index)
			return (int)i;
	return -1;
}

static void on_kernel_event(const struct ipt_event *ev, void *arg)
{
	struct daemon *d = arg;
	int group = find_group(d, ev->group);

	if (ev->time_ns < d->started_ns)
		return;
	switch ((enum ipt_event_type)ev->type) {
	case IPT_EV_BEAT:
	case IPT_EV_HELLO:
		break; /* the records say it all */
	case IPT_EV_QUIET:
	case IPT_EV_SILENT:
		if (ev->peer < d->cfg.npeers)
			queue_put(d,
				  (struct core_event){.type = CORE_EV_SILENT,
						      .silent.peer = ev->peer,
						      .silent.at_ns = ev->time_ns,
						      .silent.whole = ev->type == IPT_EV_SILENT});
		break;
	case IPT_EV_RIVAL:
		if (group >= 0)
			rival_met(d, (uint32_t)group, ev);
		break;
	case IPT_EV_STRAY:
		stray_heal(d, ev);
		break;
	case IPT_EV_IDENTITY:
	case IPT_EV_BOUNDS:
		odd_seen(d, ev);
		break;
	case IPT_EV_FENCED: /* to the core the word says it */
		if (group >= 0)
			edge_tell(d, &(struct edge){.event = "fenced",
						    .group = d->cfg.groups[group].name});
		break;
	}
}

static void fetch_gateway(struct daemon *d)
{
	const struct timing *t = &d->cfg.timing;
	bool slept = clock_now_ns() > core_deadline(&d->core) + t->interval_ns / 2;
	uint64_t asked_ns = gateway_answered(&d->plan.gateway, slept);

	if (asked_ns)
		queue_put(d, (struct core_event){.type = CORE_EV_GATEWAY,
						 .gateway.asked_ns = asked_ns});
}

static void fetch(struct loop *l, enum source src)
{
	struct daemon *d = l->d;
	struct control_request req;
	uint64_t ticks;

	switch (src) {
	case SRC_TIMER:
		(void)!read(l->fd[SRC_TIMER], &ticks, sizeof(ticks));
		break;
	case SRC_SIGNAL:
		signals_fetch(d, l->fd[SRC_SIGNAL]);
		break;
	case SRC_EVENTS:
		kern_events_fetch(d->k);
		break;
	case SRC_ADDRS:
		worker_fetch(d->addrs);
		break;
	case SRC_PROBER:
		worker_fetch(d->prober);
		break;
	case SRC_CONTROL:
		while (control_next(d->control, &req))
			requests_take(d, &req);
		break;
	case SRC_LINK:
		links_fetch(d);
		break;
	case SRC_LINK_JOBS:
		links_jobs(d);
		break;
	case SRC_ROUTES:
		links_routes(d);
		break;
	case SRC_TRACK:
		checks_fetch(d);
		break;
	case SRC_HEIR:
		heir_fetch(d);
		break;
	case SRC_GATEWAY:
		fetch_gateway(d);
		break;
	case SRC_NEXT_HOPS:
		next_hop_fetch(d);
		break;
	case SOURCES:
		break;
	}
}

/* Of a step that no deadline was due for there is nothing to say. */
static void note_late(struct daemon *d)
{
	volatile struct ipt_tally *tally = kern_tally(d->k);

	if (!d->core.late_ns)
		return;
	if (d->core.late_ns > d->late_max_ns)
		d->late_max_ns = d->core.late_ns;
	tally->late[tally_bucket(d->core.late_ns)]++;
	tally->late_sum_ns += d->core.late_ns;
}

/* Steps until nothing is left: outcomes of effects are events of the same wake-up. */
static void settle(struct daemon *d)
{
	struct core_event ev;
	struct core_out out;

	while (queue_take(d, &ev)) {
		ev.now_ns = clock_now_ns();
		view_read(d);
		core_step(&d->core, &ev, &d->view, &out);
		note_late(d);
		apply_out(d, &out);
	}
}

static void housekeep(struct loop *l)
{
	struct daemon *d = l->d;
	uint64_t now_ns = clock_now_ns();

	if (now_ns < l->guard_ns)
		return;
	l->guard_ns = now_ns + GUARD_EVERY_NS;
	links_guard(d);
	jobs_owed(d);
	port_look(d);
	next_hop_look(d);
	report_all(d);
	odd_look(d, now_ns);
	addr_watch_look(d);
	if (now_ns - d->late_since_ns < LATE_WINDOW_NS)
		return;
	if (d->late_max_ns > d->cfg.timing.sigma_ns)
		log_line("the daemon woke %.3f ms late at worst in the last minute; sigma is %.3f "
			 "ms",
			 (double)d->late_max_ns / 1e6, (double)d->cfg.timing.sigma_ns / 1e6);
	d->late_since_ns = now_ns;
	d->late_max_ns = 0;
}

static uint64_t deadline_ns(const struct loop *l)
{
	uint64_t when = core_deadline(&l->d->core), links_ns = links_due_ns(l->d);

	if (when > links_ns)
		when = links_ns;
	return when > l->guard_ns ? l->guard_ns : when;
}

static int rearm(const struct loop *l, uint64_t when)
{
	struct itimerspec its = {0};

	its.it_value.tv_sec = (time_t)(when / 1000000000);
	its.it_value.tv_nsec = (long)(when % 1000000000);
	return timerfd_settime(l->fd[SRC_TIMER], TFD_TIMER_ABSTIME, &its, NULL) ? -errno : 0;
}

static int loop_open(struct loop *l, struct err *e)
{
	struct daemon *d = l->d;

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->fd[SRC_TIMER] = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	l->fd[SRC_SIGNAL] = signals_open();
	if (kern_events_open(d->k, on_kernel_event, d))
		return err_set(e, -errno, "ring buffer: %s", strerror(errno));
	/* What a predecessor did not read is no news. */
	d->started_ns = clock_now_ns();
	l->fd[SRC_EVENTS] = kern_events_fd(d->k);
	l->fd[SRC_ADDRS] = worker_fd(d->addrs);
	l->fd[SRC_PROBER] = worker_fd(d->prober);
	l->fd[SRC_CONTROL] = control_fd(d->control);
	l->fd[SRC_LINK] = links_watch_fd(d);
	l->fd[SRC_LINK_JOBS] = links_jobs_fd(d);
	l->fd[SRC_ROUTES] = links_route_fd(d);
	l->fd[SRC_TRACK] = track_fd(d->tracks);
	l->fd[SRC_HEIR] = heir_fd(d->heir);
	l->fd[SRC_GATEWAY] = d->plan.gateway.fd;
	l->fd[SRC_NEXT_HOPS] = next_hop_fd(d);
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};

		if ((i == SRC_GATEWAY && d->cfg.alone != ALONE_GATEWAY) ||
		    (i == SRC_ROUTES && l->fd[i] == -1) || (i == SRC_NEXT_HOPS && !d->next_hops))
			continue;
		if (l->fd[i] < 0 || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->fd[i], &ev))
			return err_set(e, -errno, "event loop: source %u: %s", i, strerror(errno));
	}
	return 0;
}

static void loop_close(struct loop *l)
{
	static const enum source own[] = {SRC_TIMER, SRC_SIGNAL};

	for (unsigned int i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (l->fd[own[i]] >= 0)
			close(l->fd[own[i]]);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
}

static void fetch_all(struct loop *l, const struct epoll_event *ready, int n)
{
	for (int i = 0; i < n; i++)
		fetch(l, (enum source)ready[i].data.u32);
}

/* What follows from all that was fetched. */
static void think(struct loop *l, bool own)
{
	struct daemon *d = l->d;

	missed_look(d);
	links_tell(d);
	/* A new process is to be begun by the loop's own thread: the next one has its name. */
	if (own)
		heir_tick(d);
	queue_put(d, (struct core_event){.type = CORE_EV_LOOK});
	settle(d);
	keep_requests(d);
	edge_look(d, clock_now_ns());
	housekeep(l);
	service_look(&l->service, d, clock_now_ns());
}

/* The stand-in's turn. When all is done, or nothing goes any more, the loop's own thread is woken to see it. */
static void stand_in(void *loop)
{
	struct epoll_event ready[SOURCES];
	struct loop *l = loop;
	uint64_t when = 1;
	int n;

	if (!l->d->done && !l->err) {
		n = epoll_wait(l->epoll_fd, ready, SOURCES, 0);
		fetch_all(l, ready, n);
		think(l, false);
		if (!l->d->done)
			when = deadline_ns(l);
	}
	l->err = rearm(l, when);
	standin_due(l->d->standin, when > 1 ? when : STANDIN_NEVER);
}

static int loop_wait(struct loop *l, struct err *e)
{
	struct epoll_event ready[SOURCES];
	uint64_t when = deadline_ns(l);
	int n, err = rearm(l, when);

	if (err)
		return err_set(e, err, "timer: %s", strerror(-err));
	standin_give(l->d->standin, when);
	n = epoll_wait(l->epoll_fd, ready, SOURCES, -1);
	err = n < 0 && errno != EINTR ? -errno : 0;
	standin_take(l->d->standin);
	if (err)
		return err_set(e, err, "event loop: %s", strerror(-err));
	if (l->err)
		return err_set(e, l->err, "timer: %s", strerror(-l->err));
	/* What the stand-in has taken meanwhile is empty by now: no source blocks. */
	fetch_all(l, ready, n);
	return 0;
}

static int loop_standin(struct loop *l, struct err *e)
{
	uint64_t slack_ns = l->d->cfg.timing.sigma_ns / 2;

	if (slack_ns < STANDIN_SLACK_MIN_NS)
		slack_ns = STANDIN_SLACK_MIN_NS;
	return standin_start(&l->d->standin, slack_ns, stand_in, l, e);
}

int loop_run(struct daemon *d, struct err *e)
{
	struct loop l = {.d = d, .epoll_fd = -1};
	int err;

	memset(l.fd, -1, sizeof(l.fd));
	err = loop_open(&l, e);
	if (!err)
		err = loop_standin(&l, e);
	if (err)
		goto out;
	d->late_since_ns = clock_now_ns();
	missed_start(d);
	service_open(&l.service);
	checks_fetch(d);
	while (!d->done && !err) {
		think(&l, true);
		if (!d->done)
			err = loop_wait(&l, e);
	}
	report_all(d);
	service_close(&l.service);
out:
	standin_stop(l.d->standin);
	loop_close(&l);
	return err;
}
