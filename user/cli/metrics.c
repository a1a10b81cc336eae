/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics [--text] [--output FILE]: all instances of this host, or the one that is named, for those who keep figures. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"
#include "status/metrics.h"

struct words {
	bool classic;
	const char *output; /* NULL: standard output */
};

static bool parse_words(const struct cmd_ctx *ctx, struct words *ret)
{
	*ret = (struct words){0};
	for (int i = 0; i < ctx->argc; i++) {
		if (!strcmp(ctx->argv[i], "--text"))
			ret->classic = true;
		else if (!strcmp(ctx->argv[i], "--output") && i + 1 < ctx->argc)
			ret->output = ctx->argv[++i];
		else
			return false;
	}
	return true;
}

/* Whoever reads the file finds it whole, the one before or this one. */
static int write_file(const char *path, const struct metrics_host *host, bool classic)
{
	char *next;
	FILE *f = NULL;
	int fd, err = 0;

	if (asprintf(&next, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(next, O_CLOEXEC);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f) {
		err = -errno;
	} else {
		metrics_print(f, host, classic);
		if (fchmod(fd, 0644))
			err = -errno;
		if (ferror(f) && !err)
			err = -EIO;
		if (fclose(f) && !err)
			err = -errno;
		if (!err && rename(next, path))
			err = -errno;
	}
	if (!f && fd >= 0)
		(void)close(fd);
	if (err && fd >= 0)
		(void)unlink(next);
	free(next);
	return err;
}

int cmd_metrics(const struct cmd_ctx *ctx)
{
	struct metrics_host host;
	struct err e = {0};
	struct words words;
	int err;

	if (!parse_words(ctx, &words))
		return CMD_USAGE;
	if (ctx->json)
		return cmd_fail(2, "'metrics' has no JSON: 'status --json' has");
	err = metrics_collect(ctx->instance, &host, &e);
	if (!err && words.output) {
		err = write_file(words.output, &host, words.classic);
		if (err)
			(void)err_set(&e, err, "--output '%s': %s", words.output, strerror(-err));
	} else if (!err) {
		metrics_print(stdout, &host, words.classic);
	}
	metrics_free(&host);
	return err ? cmd_fail(1, "%s", e.text) : 0;
}
