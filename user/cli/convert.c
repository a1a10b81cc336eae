/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* convert [--out DIR] FILE...: keepalived's configurations as ours, all of them or none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"
#include "convert/convert.h"

#define STATUS_LOST 3

/* What was there before is nobody's to overwrite. */
static int write_file(const char *path, const char *text, struct err *e)
{
	size_t len = strlen(text), done = 0;
	ssize_t n = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	for (; done < len && n >= 0; done += (size_t)n)
		n = write(fd, text + done, len - done);
	if (n < 0)
		(void)err_set(e, 0, "%s: %s", path, strerror(errno));
	if (close(fd) && n >= 0)
		n = err_set(e, -1, "%s: %s", path, strerror(errno));
	if (n >= 0)
		return 0;
	(void)unlink(path);
	return -EIO;
}

static void path_of(const struct convert *c, unsigned int i, const char *dir, char *path,
		    size_t size)
{
	(void)snprintf(path, size, "%s/%s.conf", dir, convert_name(c, i));
}

static int write_all(const struct convert *c, const char *dir, struct err *e)
{
	char path[4096];
	bool made = !mkdir(dir, 0755);
	unsigned int i;
	int err = 0;

	for (i = 0; i < convert_count(c) && !err; i++) {
		path_of(c, i, dir, path, sizeof(path));
		err = write_file(path, convert_output(c, i), e);
	}
	if (!err)
		return 0;
	/* The last one was not made. */
	for (i--; i--;) {
		path_of(c, i, dir, path, sizeof(path));
		(void)unlink(path);
	}
	if (made)
		(void)rmdir(dir);
	return err;
}

static void print_all(const struct convert *c)
{
	for (unsigned int i = 0; i < convert_count(c); i++) {
		if (convert_count(c) > 1)
			(void)printf("%s# --- %s.conf\n", i ? "\n" : "", convert_name(c, i));
		(void)fputs(convert_output(c, i), stdout);
	}
}

static int convert(char **files, const char *dir)
{
	struct convert *c = convert_new();
	struct err e;
	int status = 0, err = 0;

	for (; *files && !err; files++)
		err = convert_file(c, *files, &e);
	if (!err)
		err = convert_join(c, &e);
	if (!err && dir)
		err = write_all(c, dir, &e);
	if (err) {
		status = cmd_fail(1, "%s", e.text);
	} else {
		if (!dir)
			print_all(c);
		convert_report(c, stderr);
		status = convert_lost(c) ? STATUS_LOST : 0;
	}
	convert_free(c);
	return status;
}

int cmd_convert(const struct cmd_ctx *ctx)
{
	char **words = ctx->argv;
	const char *dir = NULL;

	if (*words && !strcmp(*words, "--out")) {
		dir = *++words;
		words += dir != NULL;
	}
	for (char **word = words; *word; word++)
		if (**word == '-')
			return CMD_USAGE;
	return *words && (!dir || *dir) ? convert(words, dir) : CMD_USAGE;
}
