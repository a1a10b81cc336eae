/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* take, release, announce: a request to the daemon where one runs, else done by hand. */
#include "ask.h"
#include "kern/kern.h"
#include "manual.h"

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
	if (ask_daemon(ctx, &r, "this host is the owner", &status) != CLIENT_NO_DAEMON)
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
	if (ask_daemon(ctx, &r, "released", &status) != CLIENT_NO_DAEMON)
		return status;
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
	if (ask_daemon(ctx, &r, "announced", &status) != CLIENT_NO_DAEMON)
		return status;
	return by_hand(ctx, &r, manual_announce, "announced once");
}
