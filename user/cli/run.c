/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* run -c FILE: the daemon. */
#include <string.h>
#include <sys/prctl.h>
#include "cmd.h"
#include "daemon/run.h"
#include "kern/kern.h"

int cmd_run(const struct cmd_ctx *ctx)
{
	char instance[64];
	struct err e = {0};

	if (ctx->argc != 2 || strcmp(ctx->argv[0], "-c"))
		return CMD_USAGE;
	/* After an exec of /proc/self/exe it would be "exe". */
	(void)prctl(PR_SET_NAME, "ip-takeover-ctl");
	if (kern_instance(ctx->instance, instance, &e) || run_daemon(ctx->argv[1], instance, &e))
		return cmd_fail(1, "%s", e.text);
	return 0;
}
