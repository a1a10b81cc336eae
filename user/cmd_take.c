/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* take, release, announce: a request to the daemon where one runs, else done by hand. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include "client.h"
#include "cmd.h"
#include "kern.h"
#include "manual.h"

#define DAEMON_TIMEOUT_MS 10000

struct request {
	const char *command;
	const char *group;
	bool force;
	char instance[64];
};

/* GROUP and, where the command knows it, --force, in any order. False: usage. */
static bool parse_words(const struct cmd_ctx *ctx, bool knows_force, struct request *ret)
{
	int i;

	for (i = 0; i < ctx->argc; i++) {
		if (knows_force && !ret->force && !strcmp(ctx->argv[i], "--force"))
			ret->force = true;
		else if (!ret->group && ctx->argv[i][0] != '-')
			ret->group = ctx->argv[i];
		else
			return false;
	}
	return ret->group != NULL;
}

static int say(const struct cmd_ctx *ctx, const struct request *r, const char *text)
{
	struct json_object *o;

	if (!ctx->json) {
		printf("group '%s': %s\n", r->group, text);
		return 0;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	json_object_object_add(o, "group", json_object_new_string(r->group));
	json_object_object_add(o, "text", json_object_new_string(text));
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return 0;
}

/* Asks the daemon. CLIENT_NO_DAEMON: do it by hand; else the exit status is in *status. */
static int ask(const struct cmd_ctx *ctx, struct request *r, const char *done, int *status)
{
	struct err e;
	int err = kern_instance(ctx->instance, r->instance, &e);

	if (!err)
		err = client_request(r->instance, r->command, r->group, r->force, DAEMON_TIMEOUT_MS,
				     &e);
	if (err < 0)
		*status = cmd_fail(1, "%s", e.text);
	else if (err == 0)
		*status = say(ctx, r, done);
	return err;
}

static int take_by_hand(const struct cmd_ctx *ctx, const struct request *r)
{
	struct manual m;
	struct err e;
	int err = manual_open(&m, r->instance, r->group, &e);

	if (err)
		return cmd_fail(1, "%s", e.text);
	err = manual_take(&m, r->force, &e);
	manual_close(&m);
	if (err < 0)
		return cmd_fail(1, "%s", e.text);
	if (err == MANUAL_ALREADY)
		return say(ctx, r, "held by hand already");
	return say(ctx, r,
		   "taken and announced, held by hand until 'release': nothing repeats the "
		   "announcement, and there is no dead-man switch");
}

int cmd_take(const struct cmd_ctx *ctx)
{
	struct request r = {.command = "take"};
	int status;

	if (!parse_words(ctx, true, &r))
		return cmd_usage("take");
	if (ask(ctx, &r, "this host is the owner", &status) != CLIENT_NO_DAEMON)
		return status;
	return take_by_hand(ctx, &r);
}

/* The commands that have one step and one good end. */
static int by_hand(const struct cmd_ctx *ctx, const struct request *r,
		   int (*step)(struct manual *m, struct err *e), const char *done)
{
	struct manual m;
	struct err e;
	int err = manual_open(&m, r->instance, r->group, &e);

	if (!err) {
		err = step(&m, &e);
		manual_close(&m);
	}
	return err ? cmd_fail(1, "%s", e.text) : say(ctx, r, done);
}

int cmd_release(const struct cmd_ctx *ctx)
{
	struct request r = {.command = "release"};
	int status;

	if (!parse_words(ctx, true, &r))
		return cmd_usage("release");
	if (ask(ctx, &r, "released", &status) != CLIENT_NO_DAEMON)
		return status;
	return by_hand(ctx, &r, manual_release, "released");
}

int cmd_announce(const struct cmd_ctx *ctx)
{
	struct request r = {.command = "announce"};
	int status;

	if (!parse_words(ctx, false, &r))
		return cmd_usage("announce");
	if (ask(ctx, &r, "announced", &status) != CLIENT_NO_DAEMON)
		return status;
	return by_hand(ctx, &r, manual_announce, "announced once");
}
