/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes ready for the next process in a thread: files, netlink and a hundred thousand addresses take longer than a lease. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "setup.h"
#include "heir_int.h"

static void note_unwanted(struct heir *a, const struct config *old, const struct config *new)
{
	for (uint32_t i = 0; i < old->ngroups; i++) {
		a->unwanted[i] = true;
		for (uint32_t n = 0; n < new->ngroups; n++)
			if (!strcmp(old->groups[i].name, new->groups[n].name))
				a->unwanted[i] = false;
	}
}

static int check_members(struct daemon *d, const struct config *next, struct err *e)
{
	struct heir *a = d->heir;
	struct ipt_self self;
	int err = kern_self_get(d->k, &self);

	if (err)
		return err_set(e, err, "map self: %s", strerror(-err));
	a->next_hash = next->cfg_hash;
	return config_follow(&self, next, d->path, &a->follow, e);
}

/* All that could be refused, before anything changes: the file, then what set-up would find. */
static int check_file(struct daemon *d, struct err *e)
{
	struct config *next = calloc(1, sizeof(*next));
	int err;

	if (!next)
		return err_set(e, -ENOMEM, "out of memory");
	err = config_load(d->heir->origin.config, next, e);
	if (err)
		goto out;
	err = config_check_files(next, d->heir->origin.config, e);
	if (!err)
		err = config_reload_refused(&d->cfg, next, e);
	if (!err)
		err = check_members(d, next, e);
	if (!err)
		err = setup_rehearse(d, next, &d->heir->found, e);
	if (!err)
		note_unwanted(d->heir, &d->cfg, next);
	config_free(next);
out:
	free(next);
	return err;
}

void heir_run_prepare(struct job *job, void *daemon)
{
	struct daemon *d = daemon;
	struct heir *a = d->heir;

	memset(a->unwanted, 0, sizeof(a->unwanted));
	a->follow = (struct config_follow){0};
	if (a->what == HEIR_RELOAD)
		job->err = check_file(d, &job->text);
	else
		job->err = setup_rehearse(d, &d->cfg, &a->found, &job->text);
	if (!job->err)
		job->err = legacy_make(&a->legacy, &d->cfg, &a->found,
				       a->what == HEIR_RELOAD ? LEGACY_REREAD : LEGACY_SAME,
				       &job->text);
	if (!job->err && a->what == HEIR_UPGRADE)
		job->err = legacy_try(&a->legacy, a->origin.program, a->argv, &job->text);
}

void heir_run_replace(struct job *job, void *daemon)
{
	struct daemon *d = daemon;

	job->err = kern_replace(d->k, &job->text);
}

void heir_run_look(struct job *job, void *daemon)
{
	const struct daemon *d = daemon;

	((struct way_job *)job)->found = plan_way_is_back(&d->plan);
}
