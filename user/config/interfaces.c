/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the interfaces of a group: its own, and those that its addresses name. */
#include "config_int.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int config_parse_interface(const char *name, struct err *e)
{
	if (strlen(name) >= IFNAMSIZ)
		return err_set(e, -EINVAL, "interface '%s': longer than %d characters", name,
			       IFNAMSIZ - 1);
	if (!*name || strpbrk(name, "/: ") || config_has_control(name) || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return err_set(e, -EINVAL, "interface '%s': not a name of an interface", name);
	if (strcmp(name, "lo") == 0)
		return err_set(e, -EINVAL, "interface 'lo': there is no LAN behind it");
	return 0;
}

static int check_interface(const struct config_section *s, int line, const char *where,
			   const char *name)
{
	struct err e;

	return config_parse_interface(name, &e)
		       ? config_file_error(s->file, line, "%s%s", where, e.text)
		       : 0;
}

int config_read_interface(const struct config_section *s, struct config_group *g)
{
	struct config_word w = config_word(s, "interface", 0);
	int err;

	if (!w.text)
		return config_file_error(s->file, s->line, "group '%s': interface is not set",
					 s->title);
	err = check_interface(s, w.line, "", w.text);
	if (err)
		return err;
	(void)snprintf(g->iface[0], sizeof(g->iface[0]), "%s", w.text);
	g->nifaces = 1;
	return 0;
}

/* The words of "ADDRESS/LENGTH dev INTERFACE label LABEL scope SCOPE"; NULL: it is not there. */
struct place_words {
	const char *addr, *dev, *label, *scope;
};

static int add_interface(const struct config_section *s, int line, const struct place_words *w,
			 struct config_group *g, uint8_t *ret)
{
	char where[128];
	uint32_t i = 0;
	int err;

	(void)snprintf(where, sizeof(where), "address '%.100s': ", w->addr);
	err = check_interface(s, line, where, w->dev);
	if (err)
		return err;
	while (i < g->nifaces && strcmp(g->iface[i], w->dev) != 0)
		i++;
	if (i == CONFIG_MAX_GROUP_IFACES)
		return config_file_error(s->file, line,
					 "%sinterface '%s': group '%s' has %d others already, the "
					 "most there can be",
					 where, w->dev, s->title, CONFIG_MAX_GROUP_IFACES);
	if (i == g->nifaces)
		(void)snprintf(g->iface[g->nifaces++], sizeof(g->iface[0]), "%s", w->dev);
	*ret = (uint8_t)i;
	return 0;
}

/* Each once, with its value. */
static int split(const struct config_section *s, int line, char *text, struct place_words *ret)
{
	char *at, *name;

	*ret = (struct place_words){.addr = strtok_r(text, " \t", &at)};
	if (!ret->addr)
		ret->addr = "";
	while (*ret->addr && (name = strtok_r(NULL, " \t", &at))) {
		const char **to = !strcmp(name, "dev")	   ? &ret->dev
				  : !strcmp(name, "label") ? &ret->label
				  : !strcmp(name, "scope") ? &ret->scope
							   : NULL;

		if (!to || *to)
			return config_file_error(s->file, line,
						 "address '%s': unknown word '%s', write %s dev "
						 "INTERFACE",
						 ret->addr, name, ret->addr);
		*to = strtok_r(NULL, " \t", &at);
		if (!*to && to == &ret->dev)
			return config_file_error(s->file, line,
						 "address '%s': dev without the name of an "
						 "interface",
						 ret->addr);
		if (!*to)
			return config_file_error(s->file, line,
						 "address '%s': %s without its value", ret->addr,
						 name);
	}
	return 0;
}

/* As Linux has always had them: programs find the interface by what is before the colon. */
int config_parse_label(const char *label, const char *iface, struct err *e)
{
	size_t len = strlen(iface), most = sizeof(((struct addr *)NULL)->label) - 1;

	if (strlen(label) > most)
		return err_set(e, -EINVAL, "label '%s': longer than %zu characters", label, most);
	if (strncmp(label, iface, len) || (label[len] && label[len] != ':') || strchr(label, ' ') ||
	    config_has_control(label))
		return err_set(e, -EINVAL, "label '%s' is not that of %s, write %s:NAME", label,
			       iface, iface);
	return 0;
}

static int read_label(const struct config_section *s, int line, const struct place_words *w,
		      const char *iface, struct addr *ret)
{
	struct err e;

	if (config_parse_label(w->label, iface, &e))
		return config_file_error(s->file, line, "address '%s': %s", w->addr, e.text);
	memcpy(ret->label, w->label, strlen(w->label));
	return 0;
}

static int read_scope(const struct config_section *s, int line, const struct place_words *w,
		      struct addr *ret)
{
	for (uint8_t i = VIP_SCOPE_GLOBAL; i <= VIP_SCOPE_HOST; i++)
		if (!strcmp(w->scope, words_scope(i))) {
			ret->scope = i;
			return 0;
		}
	return config_file_error(s->file, line,
				 "address '%s': scope '%s' is none of global, link, host", w->addr,
				 w->scope);
}

/* How it is put on its interface, where we put it there. */
static int read_manner(const struct config_section *s, int line, const struct place_words *w,
		       const struct config_group *g, struct addr *ret)
{
	const char *what = w->label ? "label" : "scope";
	int err = 0;

	if (!w->label && !w->scope)
		return 0;
	if (!ipt_addr_is_v4(&ret->ip))
		return config_file_error(s->file, line, "address '%s': IPv6 has no %s", w->addr,
					 what);
	if (g->address != ADDRESS_OWNER)
		return config_file_error(s->file, line,
					 "address '%s': %s means nothing with address = \"%s\"",
					 w->addr, what, words_address(g->address));
	if (w->label)
		err = read_label(s, line, w, g->iface[ret->iface], ret);
	return err || !w->scope ? err : read_scope(s, line, w, ret);
}

static int read_place(const struct config_section *s, int line, char *text, struct config_group *g,
		      struct addr *ret, uint32_t *ret_count)
{
	struct place_words w;
	struct err e;
	int err = split(s, line, text, &w);

	if (config_parse_range(w.addr, ret, ret_count, &e))
		return config_file_error(s->file, line, "%s", e.text);
	if (!err && w.dev)
		err = add_interface(s, line, &w, g, &ret->iface);
	return err ? err : read_manner(s, line, &w, g, ret);
}

/* Room for `count` more. */
static int grow(const struct config_section *s, int line, struct config_group *g, uint32_t count)
{
	struct addr *more;

	if (count > IPT_MAX_VIPS - g->naddrs)
		return config_file_error(s->file, line, "group '%s': more than %d addresses",
					 s->title, IPT_MAX_VIPS);
	more = reallocarray(g->addrs, g->naddrs + count, sizeof(*more));
	if (!more)
		return config_file_error(s->file, line, "out of memory");
	g->addrs = more;
	return 0;
}

int config_get_place(const struct config_section *s, unsigned int index, struct config_group *g)
{
	struct config_word w = config_word(s, "addresses", index);
	struct addr first = {0};
	char *text = strdup(w.text);
	uint32_t count, i;
	int err;

	if (!text)
		return config_file_error(s->file, w.line, "out of memory");
	err = read_place(s, w.line, text, g, &first, &count);
	free(text);
	if (!err)
		err = grow(s, w.line, g, count);
	if (err)
		return err;
	first.word = index;
	if (!ipt_addr_is_v4(&first.ip))
		g->v6_ifaces |= (uint8_t)(1u << first.iface);
	for (i = 0; i < count; i++)
		g->addrs[g->naddrs++] = config_range_nth(&first, i);
	return 0;
}

/* Its fault would be the group's, which loses nothing by it. */
int config_check_own_interface(const struct config_section *s, const struct config_group *g)
{
	for (uint32_t i = 0; i < g->naddrs; i++)
		if (!g->addrs[i].iface)
			return 0;
	return config_file_error(s->file, config_word(s, "interface", 0).line,
				 "interface '%s': each address of group '%s' names another one, "
				 "write one of those",
				 g->iface[0], s->title);
}

static bool has_interface(const struct config_group *g, const char *name)
{
	for (uint32_t i = 0; i < g->nifaces; i++)
		if (!strcmp(g->iface[i], name))
			return true;
	return false;
}

static bool share_interface(const struct config_group *a, const struct config_group *b)
{
	for (uint32_t i = 0; i < a->nifaces; i++)
		if (has_interface(b, a->iface[i]))
			return true;
	return false;
}

/* An interface has one program in one mode; a group that says "auto" takes what another one says. */
int config_check_interface_mode(const struct config_section *s, const struct config *c,
				uint32_t index)
{
	const struct config_group *g = &c->groups[index], *other;
	struct config_word w = config_word(s, "mode", 0);

	for (other = c->groups; other < g; other++)
		if (g->mode != MODE_AUTO && other->mode != MODE_AUTO && g->mode != other->mode &&
		    share_interface(g, other))
			return config_file_error(s->file, w.line,
						 "mode '%s': group '%s', line %d, says '%s' for "
						 "the same interface",
						 w.text, other->name, other->line,
						 words_mode(other->mode));
	return 0;
}
