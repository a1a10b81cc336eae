/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* take, release, announce: a request to the daemon where one runs and the group is its, else done by hand. */
#include "ask.h"
#include "kern/kern.h"
#include "manual.h"

/* A daemon that runs knows nothing of such a group, and nobody else would ever let it go. */
static bool is_by_hand(const struct cmd_ctx *ctx, const char *name)
{
	struct ipt_group group;
	char instance[64];
	struct kern *k;
	struct err ignored;
	bool found;
	int index;

	if (kern_instance(ctx->instance, instance, &ignored) || kern_open(&k, instance, &ignored))
		return false;
	index = kern_group_find(k, name);
	found = index >= 0 && !kern_group_get(k, (uint32_t)index, &group) && !group.managed;
	kern_close(k);
	return found;
}

/* False: it is to be done by hand. True: *status is what came of the request. */
static bool asked(const struct cmd_ctx *ctx, const struct client_request *r, const char *done,
		  int *status)
{
	return !is_by_hand(ctx, r->group) && ask_daemon(ctx, r, done, status) != CLIENT_NO_DAEMON;
}

static int take_by_hand(const struct cmd_ctx *ctx, const struct client_request *r)
{
	char instance[64];
	struct manual m;
	struct err e;
	int err = kern_instance(ctx->instance, instance, &e);

	if (!err)
		err = manual_open(&m, instance, r->group, &e);
	if (err)
		return cmd_fail(1, "%s", e.text);
	err = manual_take(&m, r->force, &e);
	manual_close(&m);
	if (err < 0)
		return cmd_fail(1, "%s", e.text);
	if (err == MANUAL_ALREADY)
		return ask_say(ctx, r->group, "held by hand already");
	return ask_say(ctx, r->group,
		       "taken and announced, held by hand until 'release': nothing repeats the "
		       "announcement, and there is no dead-man switch");
}

int cmd_take(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "take"};
	int status;

	if (!ask_words(ctx, ASK_GROUP | ASK_FORCE, &r))
		return CMD_USAGE;
	if (asked(ctx, &r, "this host is the owner", &status))
		return status;
	return take_by_hand(ctx, &r);
}

/* The commands that have one step and one good end. */
static int by_hand(const struct cmd_ctx *ctx, const struct client_request *r,
		   int (*step)(struct manual *m, struct err *e), const char *done)
{
	char instance[64];
	struct manual m;
	struct err e;
	int err = kern_instance(ctx->instance, instance, &e);

	if (!err)
		err = manual_open(&m, instance, r->group, &e);
	if (!err) {
		err = step(&m, &e);
		manual_close(&m);
	}
	return err ? cmd_fail(1, "%s", e.text) : ask_say(ctx, r->group, done);
}

int cmd_release(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "release"};
	int status;

	if (!ask_words(ctx, ASK_GROUP | ASK_FORCE | ASK_TO, &r))
		return CMD_USAGE;
	if (asked(ctx, &r, "released", &status))
		return status;
	if (r.to && is_by_hand(ctx, r.group))
		return cmd_fail(1, "'--to %s' needs the daemon, and group '%s' is held by hand",
				r.to, r.group);
	if (r.to)
		return cmd_fail(1, "'--to %s' needs the daemon, and none is running", r.to);
	return by_hand(ctx, &r, manual_release, "released");
}

int cmd_announce(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "announce"};
	int status;

	if (!ask_words(ctx, ASK_GROUP, &r))
		return CMD_USAGE;
	if (asked(ctx, &r, "announced", &status))
		return status;
	return by_hand(ctx, &r, manual_announce, "announced once");
}
