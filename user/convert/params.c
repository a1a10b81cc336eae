/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the parameters: what they are set to, where they stand. */
#include "params.h"

#include <ctype.h>
#include <string.h>

static size_t name_len(const char *p)
{
	size_t n = 0;

	if (isdigit((unsigned char)*p))
		return 0;
	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

void params_set(struct lines *l, const char *name, size_t len, const char *value)
{
	struct lines_param *p;

	for (p = l->params; p; p = p->next)
		if (!strncmp(p->name, name, len) && !p->name[len])
			break;
	if (!p) {
		p = arena_alloc(l->arena, sizeof(*p));
		p->name = arena_copy(l->arena, name, len);
		p->next = l->params;
		l->params = p;
	}
	p->value = value;
}

bool params_define(struct lines *l, const char *text)
{
	size_t n = *text == '$' ? name_len(text + 1) : 0;

	if (!n || text[1 + n] != '=')
		return false;
	text += 1;
	/* A value of several lines begins below the name. */
	params_set(l, text, n, text + n + 1 + strspn(text + n + 1, " \t\n"));
	return true;
}

/* NULL: nobody has defined it, so it stays. */
static const char *value_of(struct lines *l, const char *name, size_t len)
{
	const struct lines_param *p;
	const char *slash;

	for (p = l->params; p; p = p->next)
		if (!strncmp(p->name, name, len) && !p->name[len])
			return p->value;
	slash = strrchr(l->file, '/');
	if (len == 4 && !strncmp(name, "_PWD", len))
		return slash ? arena_copy(l->arena, l->file, (size_t)(slash - l->file)) : ".";
	if (len == 5 && !strncmp(name, "_HASH", len))
		return "#";
	if (len == 5 && !strncmp(name, "_BANG", len))
		return "!";
	if (len == 9 && !strncmp(name, "_INSTANCE", len))
		return l->id;
	return NULL;
}

/* The value of the parameter that begins at `text`, and how long its name is there. */
static const char *param_at(struct lines *l, const char *text, size_t *ret_len)
{
	bool braced = text[1] == '{';
	const char *name = text + 1 + braced;
	size_t n = name_len(name);

	if (!n || (braced ? name[n] != '}' : name[n] && !isspace((unsigned char)name[n])))
		return NULL;
	*ret_len = n + 1 + 2 * braced;
	return value_of(l, name, n);
}

char *params_replace(struct lines *l, const char *text)
{
	size_t size = 0, len = 0;
	const char *p, *value;
	char *out, *to;

	for (p = text; *p; p++) {
		value = *p == '$' ? param_at(l, p, &len) : NULL;
		size += value ? strlen(value) : 1;
		p += value ? len - 1 : 0;
		l->spent += value ? strlen(value) : 0;
	}
	out = to = arena_alloc(l->arena, size + 1);
	for (p = text; *p; p++) {
		value = *p == '$' ? param_at(l, p, &len) : NULL;
		if (value) {
			memcpy(to, value, strlen(value));
			to += strlen(value);
			p += len - 1;
		} else {
			*to++ = *p;
		}
	}
	return strcmp(out, text) ? out : NULL;
}
