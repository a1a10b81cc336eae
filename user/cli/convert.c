/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* convert [--out DIR] FILE...: keepalived's configurations as ours, all of them or none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"
#include "convert/convert.h"
#include "new_file.h"

#define STATUS_LOST 3

static int write_all(const struct convert *c, const char *dir, struct err *e)
{
	unsigned int n = convert_count(c);
	struct new_file *files = calloc(n, sizeof(*files));
	int err;

	if (!files)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++)
		files[i] = (struct new_file){.name = convert_name(c, i),
					     .ending = ".conf",
					     .text = convert_output(c, i),
					     .mode = 0644};
	err = new_files(dir, files, n, e);
	free(files);
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
