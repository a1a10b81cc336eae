/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* run -c FILE: the daemon. */
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/wait.h"
#include "cmd.h"
#include "daemon/run.h"
#include "kern/kern.h"

/* Whoever should read it may not: then the exit status must do. */
static bool is_read(void)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	return wait_poll(&out, 1, clock_now_ns() + 1000000000ull) == 1;
}

int cmd_run(const struct cmd_ctx *ctx)
{
	char instance[64];
	struct err e = {0};

	if (ctx->argc != 2 || strcmp(ctx->argv[0], "-c"))
		return CMD_USAGE;
	/* After an exec of /proc/self/exe it would be "exe". */
	(void)prctl(PR_SET_NAME, "ip-takeover-ctl");
	if (kern_instance(ctx->instance, instance, &e) || run_daemon(ctx->argv[1], instance, &e))
		return is_read() ? cmd_fail(1, "%s", e.text) : 1;
	return 0;
}
