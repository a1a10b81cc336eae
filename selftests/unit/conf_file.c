/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the directory in which configuration tests write their files. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf_file.h"

static char dir[64];

/* A copy in which every `from` has become `to`; the caller frees it. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *hit;
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	for (; (hit = strstr(text, from)); text = hit + strlen(from))
		fprintf(f, "%.*s%s", (int)(hit - text), text, to);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return ret;
}

int conf_setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-config-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	conf_write("key", CONF_KEY, 0600);
	return 0;
}

int conf_teardown(void **state)
{
	(void)state;
	(void)unlink(conf_path("key"));
	(void)unlink(conf_path("conf"));
	return rmdir(dir);
}

const char *conf_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

void conf_write(const char *name, const char *text, mode_t mode)
{
	char *whole = replaced(text, "DIR", dir);
	FILE *f = fopen(conf_path(name), "we");

	assert_non_null(f);
	fputs(whole, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(conf_path(name), mode), 0);
	free(whole);
}

int conf_load(const char *text, struct config *c, struct err *e)
{
	char *shown;
	int err;

	conf_write("conf", text, 0644);
	e->text[0] = '\0';
	err = config_load(conf_path("conf"), c, e);
	shown = replaced(e->text, dir, "DIR");
	(void)snprintf(e->text, sizeof(e->text), "%s", shown);
	free(shown);
	return err;
}
