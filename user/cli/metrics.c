/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics [--text]: all instances of this host, or the one that is named, for those who keep figures. */
#include <string.h>
#include "cmd.h"
#include "status/metrics.h"

int cmd_metrics(const struct cmd_ctx *ctx)
{
	bool classic = ctx->argc == 1 && !strcmp(ctx->argv[0], "--text");
	struct metrics_host host;
	struct err e = {0};
	int err;

	if (ctx->argc > 1 || (ctx->argc && !classic))
		return CMD_USAGE;
	if (ctx->json)
		return cmd_fail(2, "'metrics' has no JSON: 'status --json' has");
	err = metrics_collect(ctx->instance, &host, &e);
	if (err)
		(void)cmd_fail(1, "%s", e.text);
	else
		metrics_print(stdout, &host, classic);
	metrics_free(&host);
	return err ? 1 : 0;
}
