/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A group's addresses, put on their interfaces and taken off in a thread: netlink may wait for others. */
#include <string.h>
#include "addr/addrs.h"
#include "addr/routes.h"
#include "edge.h"
#include "jobs_int.h"
#include "queue.h"

static void move_addresses(struct addrs_job *a, struct daemon *d,
			   int (*how)(struct kern *k, struct vip_list *list, struct err *e))
{
	struct job *job = &a->job;
	struct vip_list list;

	job->err = vips_collect(d->k, d->groups[a->group].index, &list);
	if (job->err) {
		(void)err_set(&job->text, job->err, "%s", strerror(-job->err));
		return;
	}
	job->err = how(d->k, &list, &job->text);
	vips_free(&list);
}

/* A route may have an address as its source: it comes after that, and goes before. */
static void add(struct job *job, void *daemon)
{
	struct addrs_job *a = (struct addrs_job *)job;
	struct daemon *d = daemon;
	struct err text;
	int err;

	move_addresses(a, d, vips_accept);
	if (job->err)
		return;
	err = routes_install(d->k, d->groups[a->group].index, &text);
	if (!err)
		return;
	move_addresses(a, d, vips_uninstall);
	job->err = err;
	job->text = text;
	a->route_failed = true;
}

static void take_off(struct job *job, void *daemon)
{
	struct addrs_job *a = (struct addrs_job *)job;
	struct daemon *d = daemon;
	struct err text;
	int err = routes_uninstall(d->k, d->groups[a->group].index, &text);

	move_addresses(a, d, vips_uninstall);
	if (job->err || !err)
		return;
	job->err = err;
	job->text = text;
}

static void taken_off(struct job *job, void *daemon)
{
	const struct addrs_job *a = (struct addrs_job *)job;
	struct daemon *d = daemon;

	if (job->err)
		edge_alarm(d, d->cfg.groups[a->group].name, "%s", job->text.text);
}

static void added(struct job *job, void *daemon)
{
	const struct addrs_job *a = (struct addrs_job *)job;
	struct daemon *d = daemon;

	if (job->err)
		edge_alarm(d, d->cfg.groups[a->group].name, "%s", job->text.text);
	addr_watch_tried(d, a->group, a->route_failed ? job->text.text : NULL);
	queue_put(d, (struct core_event){.type = CORE_EV_ADDRS,
					 .group = a->group,
					 .addrs.there = !job->err});
}

bool addr_jobs_add(struct daemon *d, uint32_t group)
{
	const struct addrs_job a = {.job = {.run = add, .done = added}, .group = group};

	return worker_post(d->addrs, &a.job, sizeof(a));
}

bool addr_jobs_remove(struct daemon *d, uint32_t group)
{
	const struct addrs_job a = {.job = {.run = take_off, .done = taken_off}, .group = group};

	return worker_post(d->addrs, &a.job, sizeof(a));
}
