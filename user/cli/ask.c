/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the commands share that are requests to the daemon. */
#include "ask.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include "base/json_text.h"
#include "config/config.h"
#include "control/control.h"
#include "kern/kern.h"

bool ask_words(const struct cmd_ctx *ctx, unsigned int known, struct client_request *ret)
{
	for (int i = 0; i < ctx->argc; i++) {
		const char *word = ctx->argv[i];

		if (known & ASK_FORCE && !ret->force && !strcmp(word, "--force"))
			ret->force = true;
		else if (known & ASK_TO && !ret->to && !strcmp(word, "--to") && i + 1 < ctx->argc)
			ret->to = ctx->argv[++i];
		else if (known & (ASK_GROUP | ASK_ANY_GROUP) && !ret->group && word[0] != '-')
			ret->group = word;
		else
			return false;
	}
	/* An empty name is not "all", nor "any". */
	if (ret->to && !*ret->to)
		return false;
	return ret->group ? *ret->group : !(known & ASK_GROUP);
}

int ask_say(const struct cmd_ctx *ctx, const char *group, const char *text)
{
	struct json_object *o;

	if (!ctx->json && group)
		return printf("group '%s': %s\n", group, text) < 0;
	if (!ctx->json)
		return puts(text) < 0;
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	if (group)
		json_object_object_add(o, "group", json_object_new_string(group));
	json_object_object_add(o, "text", json_text(text, strlen(text)));
	(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return 0;
}

static int check_names(const struct client_request *r, struct err *e)
{
	int err = r->group ? config_check_name("group", r->group, e) : 0;

	return err || !r->to ? err : config_check_name("node", r->to, e);
}

int ask_daemon(const struct cmd_ctx *ctx, const struct client_request *r, const char *done,
	       int *status)
{
	char instance[64];
	struct err e;
	int err = kern_instance(ctx->instance, instance, &e);

	if (!err)
		err = check_names(r, &e);
	if (!err)
		err = client_ask(instance, r, ASK_WAIT_MS, &e);
	if (err < 0)
		*status = cmd_fail(1, "%s", e.text);
	else if (err == 0)
		*status = ask_say(ctx, r->group, strcmp(e.text, CONTROL_DONE) ? e.text : done);
	return err;
}

int ask_only(const struct cmd_ctx *ctx, const struct client_request *r, const char *done)
{
	int status;

	if (ask_daemon(ctx, r, done, &status) == CLIENT_NO_DAEMON)
		return cmd_fail(1, "'%s' needs the daemon, and none is running", r->command);
	return status;
}
