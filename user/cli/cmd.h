/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The commands. Each takes the words after its name and returns the exit status: 0 done, 1 failed, 2 bad words; or
 * CMD_USAGE. */
#ifndef IPT_CMD_H
#define IPT_CMD_H

#include <stdbool.h>

struct cmd_ctx {
	const char *instance; /* as given by --instance; NULL: default */
	bool json;
	int argc; /* words after the command's name, --instance and --json taken out */
	char **argv;
};

int cmd_attach(const struct cmd_ctx *ctx);
int cmd_detach(const struct cmd_ctx *ctx);
int cmd_add(const struct cmd_ctx *ctx);
int cmd_del(const struct cmd_ctx *ctx);
int cmd_take(const struct cmd_ctx *ctx);
int cmd_release(const struct cmd_ctx *ctx);
int cmd_announce(const struct cmd_ctx *ctx);
int cmd_drain(const struct cmd_ctx *ctx);
int cmd_undrain(const struct cmd_ctx *ctx);
int cmd_priority(const struct cmd_ctx *ctx);
int cmd_events(const struct cmd_ctx *ctx);
int cmd_owns(const struct cmd_ctx *ctx);
int cmd_status(const struct cmd_ctx *ctx);
int cmd_monitor(const struct cmd_ctx *ctx);
int cmd_metrics(const struct cmd_ctx *ctx);
int cmd_reload(const struct cmd_ctx *ctx);
int cmd_upgrade(const struct cmd_ctx *ctx);
int cmd_watch(const struct cmd_ctx *ctx);
int cmd_run(const struct cmd_ctx *ctx);
int cmd_check(const struct cmd_ctx *ctx);
int cmd_init(const struct cmd_ctx *ctx);
int cmd_genkey(const struct cmd_ctx *ctx);
int cmd_convert(const struct cmd_ctx *ctx);

/* "ip-takeover-ctl: TEXT" on standard error, with --json {"error": TEXT} on standard output too; returns
 * `status`. */
__attribute__((format(printf, 2, 3))) int cmd_fail(int status, const char *fmt, ...);
/* TEXT on standard output, with --json as {"done": TEXT}; returns 0. */
__attribute__((format(printf, 1, 2))) int cmd_done(const char *fmt, ...);
/* The usage line of the command on standard error; returns 2. */
int cmd_usage(const char *name, const char *args);

#define CMD_USAGE (-2) /* from a command: its words are wrong, and main() shows its usage line */
extern bool cmd_json; /* --json was given */

#endif
