/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns a conversion from the files of all hosts to those that are written. */
#include "convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "join.h"
#include "lines.h"
#include "read.h"
#include "say.h"
#include "write.h"

struct convert {
	struct arena *arena;
	struct host *hosts;
	unsigned int n;
};

struct convert *convert_new(void)
{
	struct arena *arena = arena_new();
	struct convert *c = arena_alloc(arena, sizeof(*c));

	c->arena = arena;
	return c;
}

void convert_free(struct convert *c)
{
	arena_free(c->arena);
}

/* Reads it as of host `id`. `text` NULL: the file of that name. */
static int read_lines(struct convert *c, const char *name, const char *text, size_t len,
		      const char *id, struct lines_ids *ids, struct host *h, struct err *e)
{
	struct lines l = {.arena = c->arena, .e = e, .id = id, .ids = ids, .includes = !text};
	int err;

	*h = (struct host){.arena = c->arena, .file = name, .id = id};
	tree_init(&h->tree, c->arena);
	l.tree = &h->tree;
	if (text)
		err = lines_text(&l, name, arena_copy(c->arena, text, len), len);
	else
		err = lines_file(&l, name);
	if (!err)
		err = tree_end(&h->tree, e);
	for (const struct lines_missing *m = l.missing; m && !err; m = m->next)
		say(h, &(struct stmt){.file = m->file, .line = m->line}, LOST,
		    "include %s: there is no such file", m->what);
	return err;
}

static int add_host(struct convert *c, const char *name, const char *text, size_t len,
		    const char *id, struct lines_ids *ids, struct err *e)
{
	struct host *h = arena_alloc(c->arena, sizeof(*h));
	int err;

	for (const struct host *other = c->hosts; other; other = other->next)
		if (id && other->id && !strcmp(id, other->id))
			return err_set(e, -EINVAL,
				       "%s: its lines are for host '%s', as are some of %s: give "
				       "one of them",
				       name, id, other->file);
	err = read_lines(c, name, text, len, id, ids, h, e);
	if (err)
		return err;
	/* Blocks and their tree point at the root. */
	read_host(h);
	if (!h->instances)
		return err_set(e, -EINVAL, "%s: no vrrp_instance: nothing to convert", name);
	join_groups(h);
	if (!h->groups)
		return err_set(e, -EINVAL, "%s: no vrrp_instance has an address", name);
	join_tracks(h);
	APPEND(c->hosts, h);
	c->n++;
	return 0;
}

static int add(struct convert *c, const char *name, const char *text, size_t len, struct err *e)
{
	struct host *scratch = arena_alloc(c->arena, sizeof(*scratch));
	struct lines_ids *ids = arena_alloc(c->arena, sizeof(*ids));
	unsigned int n, i;
	int err;

	err = read_lines(c, name, text, len, NULL, ids, scratch, e);
	n = ids->n;
	/* Without the lines of any host, braces need not match. */
	if (n)
		err = 0;
	if (!err && !n)
		return add_host(c, name, text, len, NULL, ids, e);
	for (i = 0; i < n && !err; i++)
		err = add_host(c, name, text, len, ids->name[i], ids, e);
	return err;
}

int convert_file(struct convert *c, const char *path, struct err *e)
{
	return add(c, arena_print(c->arena, "%s", path), NULL, 0, e);
}

int convert_text(struct convert *c, const char *name, const char *text, size_t len, struct err *e)
{
	return add(c, arena_print(c->arena, "%s", name), text, len, e);
}

int convert_join(struct convert *c, struct err *e)
{
	char *text;
	size_t len;
	FILE *f;
	int err = join_members(c->hosts, e);

	for (struct host *h = c->hosts; h && !err; h = h->next) {
		f = open_memstream(&text, &len);
		if (!f)
			return err_set(e, -ENOMEM, "out of memory");
		write_host(h, f);
		if (fclose(f))
			return err_set(e, -ENOMEM, "out of memory");
		h->text = arena_copy(c->arena, text, len);
		free(text);
	}
	return err;
}

unsigned int convert_count(const struct convert *c)
{
	return c->n;
}

static const struct host *at(const struct convert *c, unsigned int i)
{
	const struct host *h = c->hosts;

	while (i--)
		h = h->next;
	return h;
}

const char *convert_name(const struct convert *c, unsigned int i)
{
	return at(c, i)->name;
}

const char *convert_output(const struct convert *c, unsigned int i)
{
	return at(c, i)->text;
}

bool convert_lost(const struct convert *c)
{
	for (const struct host *h = c->hosts; h; h = h->next)
		if (h->count[LOST])
			return true;
	return false;
}

void convert_report(const struct convert *c, FILE *f)
{
	for (const struct host *h = c->hosts; h; h = h->next)
		say_print(h, f);
}
