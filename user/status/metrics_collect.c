/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the instances of a host and reads each of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "metrics.h"

static void add(const char *instance, void *arg)
{
	struct metrics_host *host = arg;
	struct metrics_instance *i;

	if (host->n == METRICS_MAX_INSTANCES)
		return;
	i = calloc(1, sizeof(*i));
	if (!i)
		return;
	(void)snprintf(i->name, sizeof(i->name), "%s", instance);
	host->instance[host->n++] = i;
}

/* -errno as of kern_open(). */
static int collect(struct metrics_instance *i, struct err *e)
{
	struct kern *k;
	int err = kern_open(&k, i->name, e);

	if (err)
		return err;
	err = status_collect(k, i->name, &i->status, e);
	if (!err && status_look_present(&i->status))
		err = err_set(e, -EIO, "the addresses of the interfaces cannot be read");
	kern_close(k);
	i->readable = !err;
	/* Half of it would look like all. */
	if (err) {
		status_free(&i->status);
		memset(&i->status, 0, sizeof(i->status));
	}
	return err;
}

/* Another namespace's instance has interfaces that are unknown here: it is told by those who run there. */
static bool elsewhere(int err)
{
	return err == -EXDEV || err == -ENOENT;
}

int metrics_collect(const char *instance, struct metrics_host *ret, struct err *e)
{
	char name[64];
	int err = 0;

	*ret = (struct metrics_host){0};
	if (instance) {
		err = kern_instance(instance, name, e);
		if (!err)
			add(name, ret);
	} else {
		err = kern_each_instance(add, ret, e);
		err = err > 0 ? 0 : err;
	}
	for (uint32_t i = 0; i < ret->n && !err; i++) {
		int got = collect(ret->instance[i], e);

		if (!got)
			continue;
		if (instance) {
			err = got;
			break;
		}
		if (!elsewhere(got)) {
			(void)fprintf(stderr, "%s: instance '%s': %s\n",
				      program_invocation_short_name, ret->instance[i]->name,
				      e->text);
			continue;
		}
		free(ret->instance[i]);
		ret->instance[i--] = ret->instance[--ret->n];
	}
	return err;
}

void metrics_free(struct metrics_host *host)
{
	for (uint32_t i = 0; i < host->n; i++) {
		status_free(&host->instance[i]->status);
		free(host->instance[i]);
	}
	host->n = 0;
}
