/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* status [--json]: the collected state, for people here, for scripts in status/json.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "cmd.h"
#include "core/names.h"
#include "kern/kern.h"
#include "status/status.h"

static void print_announce(const struct status *s)
{
	const struct ipt_report *r;
	uint32_t i;

	for (i = 0; i < s->ngroups; i++) {
		r = &s->groups[i].report;
		if (r->announce_via != ANNOUNCE_NONE)
			(void)printf("announce %s: %s (%s)\n", s->groups[i].name,
				     names_announce(r->announce_via), r->announce_why);
	}
}

static void print_text(const struct status *s)
{
	uint32_t i;

	status_text_head(stdout, s);
	if (s->ngroups)
		status_text_groups(stdout, s);
	if (s->npeers)
		status_text_peers(stdout, s);
	if (s->nifaces)
		status_text_ifaces(stdout, s);
	(void)putchar('\n');
	print_announce(s);
	status_text_alarms(stdout, s);
	for (i = 0; i < CNT_MAX; i++)
		if (s->counters[i])
			(void)printf("%12" PRIu64 "  %s\n", s->counters[i], names_counter_text(i));
}

static int all_owned(const struct status *s)
{
	uint32_t i;

	for (i = 0; i < s->ngroups; i++)
		if (!s->groups[i].owner[0])
			return 0;
	return 1;
}

int cmd_status(const struct cmd_ctx *ctx)
{
	static struct status s;
	struct kern *k = NULL;
	struct err e = {0};
	char instance[64];
	int err;

	if (ctx->argc)
		return CMD_USAGE;
	err = kern_instance(ctx->instance, instance, &e);
	if (!err)
		err = kern_open(&k, instance, &e);
	if (err)
		return cmd_fail(1, "%s", e.text);
	err = status_collect(k, instance, &s, &e);
	if (err)
		(void)cmd_fail(1, "%s", e.text);
	else if (ctx->json)
		status_print_json(&s);
	else
		print_text(&s);
	status_free(&s);
	kern_close(k);
	return !err && all_owned(&s) ? 0 : 1;
}
