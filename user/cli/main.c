/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command table, and the way from the command line to one of its rows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "abi.h"
#include "base/as_user.h"
#include "base/version.h"
#include "cmd.h"
#include "monitor.h"
#include "wire.h"

static const struct command {
	const char *name;
	int (*run)(const struct cmd_ctx *ctx);
	const char *args;
	const char *help;
} commands[] = {
	{"attach", cmd_attach, "IFACE [--mode auto|native|generic]",
	 "load, attach and pin the programs"},
	{"detach", cmd_detach, "IFACE | --all", "remove them, and every trace of ours"},
	{"add", cmd_add, "GROUP ADDR/LEN dev IFACE",
	 "put a floating address into a group, by hand"},
	{"del", cmd_del, "GROUP ADDR/LEN dev IFACE", "take it out again"},
	{"take", cmd_take, "GROUP [--force]", "become the owner of a group"},
	{"release", cmd_release, "GROUP [--to NODE] [--force]", "give it up"},
	{"drain", cmd_drain, "[GROUP] [--force]", "give it up and stay out, for maintenance"},
	{"undrain", cmd_undrain, "[GROUP]", "come back"},
	{"priority", cmd_priority, "GROUP 1..254|default", "change its priority on this host"},
	{"announce", cmd_announce, "GROUP", "send gratuitous ARP for a group held here"},
	{"owns", cmd_owns, "GROUP", "does this host own it now? Exit status 0: yes, 1: no"},
	{"status", cmd_status, "", "who owns what, from the pinned maps"},
	{"metrics", cmd_metrics, "[--text] [--output FILE]", "the same as figures, in OpenMetrics"},
	{"reload", cmd_reload, "", "make the daemon read its configuration again"},
	{"upgrade", cmd_upgrade, "", "replace the daemon by the program on disk"},
	{"watch", cmd_watch, "[--interval SECONDS] [--count N]",
	 "the status, rates and last events, live"},
	{"events", cmd_events, "[--last N]", "what changes, a line each, as it happens"},
	{"monitor", cmd_monitor, "",
	 "answer a request of the monitoring group; started by a socket unit"},
	{"run", cmd_run, "-c FILE", "the daemon, in the foreground"},
	{"check", cmd_check, "-c FILE", "read a configuration and print its canonical form"},
	{"init", cmd_init,
	 "[--node NAME=ADDRESS] [--peer NAME=ADDRESS]... [--interface IFACE] "
	 "[--address ADDR/LEN]... [--group NAME] [--out DIR]",
	 "a first configuration and key for all hosts"},
	{"genkey", cmd_genkey, "[NUMBER]", "a new key, as a line of the key file"},
	{"convert", cmd_convert, "[--out DIR] FILE...", "keepalived's configurations as ours"},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int help(FILE *f, int status)
{
	size_t i;

	(void)fprintf(f, "usage: ip-takeover-ctl COMMAND [--instance NAME] [--json]\n\n");
	for (i = 0; i < NCOMMANDS; i++)
		(void)fprintf(f, "  ip-takeover-ctl %s%s%s\n\t%s\n", commands[i].name,
			      *commands[i].args ? " " : "", commands[i].args, commands[i].help);
	(void)fprintf(f, "\nExit status: 0 done, 1 failed (owns: no), 2 usage, 3 convert lost "
			 "something. See ip-takeover-ctl(8).\n");
	return status;
}

/* Takes the options that may stand anywhere out of the words. Exit status, or -1 to go on. */
static int take_globals(int argc, char **argv, struct cmd_ctx *ctx)
{
	bool version = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			cmd_json = true;
		} else if (!strcmp(argv[i], "--instance")) {
			if (i + 1 == argc)
				return cmd_fail(2, "'--instance': a name must follow");
			ctx->instance = argv[++i];
		} else if (!strncmp(argv[i], "--instance=", 11)) {
			ctx->instance = argv[i] + 11;
		} else if (!strcmp(argv[i], "--help")) {
			return help(stdout, 0);
		} else if (!strcmp(argv[i], "--version")) {
			version = true;
		} else {
			ctx->argv[ctx->argc++] = argv[i];
		}
	}
	ctx->argv[ctx->argc] = NULL;
	ctx->json = cmd_json;
	return version ? cmd_done("ip-takeover-ctl %s (commit %s; maps %d, heartbeats %d)",
				  version_name, version_commit, IPT_ABI, HB_VERSION)
		       : -1;
}

int main(int argc, char **argv)
{
	char *words[argc + 1];
	struct cmd_ctx ctx = {.argv = words};
	const struct command *c;
	int status;

	if (argc && !strcmp(argv[0], AS_USER))
		return as_user(argv);
	status = take_globals(argc, argv, &ctx);
	if (status >= 0)
		return status;
	if (!ctx.argc)
		return help(stderr, 2);
	if (!strcmp(words[0], "-h") || !strcmp(words[0], "help"))
		return help(stdout, 0);
	status = monitor_ask(argc - 1, argv + 1);
	if (status >= 0)
		return status;
	c = find(words[0]);
	if (!c)
		return cmd_fail(2, "unknown command '%s': 'ip-takeover-ctl --help' lists them",
				words[0]);
	ctx.argc--;
	ctx.argv++;
	status = c->run(&ctx);
	if (status == CMD_USAGE)
		return cmd_usage(c->name, c->args);
	/* Whoever reads the output must not take half of it for all. */
	if (fflush(stdout) || ferror(stdout)) {
		cmd_json = false;
		return cmd_fail(1, "standard output: %s", strerror(errno));
	}
	return status;
}
