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
	FILE *f;

	/* Only root may write one that nobody may. */
	(void)unlink(conf_path(name));
	f = fopen(conf_path(name), "we");
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

void conf_must_load(const char *text, struct config *c)
{
	struct err e;

	if (conf_load(text, c, &e))
		fail_msg("%s", e.text);
}

char *conf_printed(const struct config *c)
{
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	config_print(c, f);
	assert_int_equal(fclose(f), 0);
	return ret;
}

static void assert_same_command(struct config_command *a, struct config_command *b)
{
	uint32_t i;

	a->line = b->line;
	a->user_line = b->user_line;

	for (i = 0; i <= CONFIG_MAX_ARGS; i++) {
		assert_true(!a->argv[i] == !b->argv[i]);
		if (!a->argv[i])
			continue;
		assert_string_equal(a->argv[i], b->argv[i]);
		free(a->argv[i]);
		a->argv[i] = b->argv[i];
	}
}

static void assert_same_group(struct config_group *a, const struct config_group *b)
{
	assert_int_equal(a->naddrs, b->naddrs);
	if (a->naddrs)
		assert_memory_equal(a->addrs, b->addrs, a->naddrs * sizeof(*a->addrs));
	free(a->addrs);
	a->addrs = b->addrs;
	assert_int_equal(a->nroutes, b->nroutes);
	if (a->nroutes)
		assert_memory_equal(a->routes, b->routes, a->nroutes * sizeof(*a->routes));
	free(a->routes);
	a->routes = b->routes;
	a->line = b->line;
}

/* Everything but the lines, which a canonical form has elsewhere. */
static void assert_same(struct config *a, struct config *b)
{
	uint32_t i;

	assert_int_equal(a->ngroups, b->ngroups);
	assert_int_equal(a->ntracks, b->ntracks);
	for (i = 0; i < a->npeers; i++)
		a->peers[i].line = b->peers[i].line;
	for (i = 0; i < a->ntracks; i++) {
		assert_same_command(&a->tracks[i].script, &b->tracks[i].script);
		a->tracks[i].line = b->tracks[i].line;
	}
	for (i = 0; i < a->ngroups; i++) {
		assert_same_command(&a->groups[i].notify, &b->groups[i].notify);
		assert_same_group(&a->groups[i], &b->groups[i]);
	}
	a->mode_line = b->mode_line;
	a->key_line = b->key_line;
	/* Printed, they are written. */
	a->ranked = b->ranked;
	assert_memory_equal(a, b, sizeof(*a));
	config_free(b);
}

void conf_round_trip(const char *text)
{
	struct config a, b;
	char *first, *second;

	conf_must_load(text, &a);
	first = conf_printed(&a);
	conf_must_load(first, &b);
	second = conf_printed(&b);
	assert_string_equal(first, second);
	assert_same(&a, &b);
	free(first);
	free(second);
}

void conf_assert_refused(const struct conf_refused *rows, size_t n)
{
	struct config c, before;
	struct err e;
	size_t i;

	memset(&c, 0x5a, sizeof(c));
	before = c;
	for (i = 0; i < n; i++) {
		if (conf_load(rows[i].text, &c, &e) >= 0)
			fail_msg("taken: %s", rows[i].text);
		assert_memory_equal(e.text, "DIR/conf:", 9);
		assert_string_equal(e.text + 9, rows[i].message);
		assert_memory_equal(&c, &before, sizeof(c));
	}
}
