/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* drain, undrain, priority: what only a daemon can do for a group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ask.h"

int cmd_drain(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "drain"};

	if (!ask_words(ctx, ASK_ANY_GROUP | ASK_FORCE, &r))
		return CMD_USAGE;
	return ask_only(ctx, &r,
			r.group ? "drained: stays out until 'undrain'"
				: "all groups drained: they stay out until 'undrain'");
}

int cmd_undrain(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "undrain"};

	if (!ask_words(ctx, ASK_ANY_GROUP, &r))
		return CMD_USAGE;
	return ask_only(ctx, &r, r.group ? "undrained" : "all groups undrained");
}

int cmd_priority(const struct cmd_ctx *ctx)
{
	struct client_request r = {.command = "priority", .has_priority = true};
	char done[128], *end;

	if (ctx->argc != 2 || !*ctx->argv[0])
		return CMD_USAGE;
	r.group = ctx->argv[0];
	if (!strcmp(ctx->argv[1], "default"))
		return ask_only(ctx, &r, "priority as configured");
	r.priority = (unsigned int)strtoul(ctx->argv[1], &end, 10);
	if (ctx->argv[1][0] < '0' || ctx->argv[1][0] > '9' || *end || strlen(ctx->argv[1]) > 3 ||
	    r.priority < 1 || r.priority > 254)
		return cmd_fail(2, "priority '%s' is neither 1 to 254 nor 'default'", ctx->argv[1]);
	(void)snprintf(done, sizeof(done), "priority %u until 'priority %s default'", r.priority,
		       r.group);
	return ask_only(ctx, &r, done);
}
