/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the words of a route and of a rule: named as `ip route` and `ip rule` name them. */
#include "config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/addr.h"
#include "base/route.h"

#define V6_METRIC 1024 /* what the kernel gives an IPv6 route that has none */

/* One word of a list under examination, cut into those that stand in it. */
struct reading {
	const char *iface; /* of a route that names none */
	const char *option; /* "route" or "rule" */
	const char *whole;
	struct err *e;
	char *at; /* strtok_r()'s */
	unsigned int seen; /* a bit for each field */
	bool scoped;
};

__attribute__((format(printf, 2, 3))) static int wrong(const struct reading *in, const char *fmt,
						       ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(in->e, -EINVAL, "%s '%.200s': %s", in->option, in->whole, what);
}

/* The address in `text` without its prefix length, which may be missing: then the whole of it. */
static int get_prefix(const struct reading *in, const char *text, struct ipt_addr *ret,
		      uint8_t *ret_len)
{
	const char *slash = strchr(text, '/');
	uint32_t len;

	if (!addr_parse_part(text, slash ? (size_t)(slash - text) : strlen(text), ret))
		return wrong(in, "'%s' is no address, write it like 192.0.2.0/24 or 2001:db8::/64",
			     text);
	len = addr_bits(ret);
	if (slash && !config_parse_number(slash + 1, addr_bits(ret), &len))
		return wrong(in, "prefix length '%s' is not 0 to %u", slash + 1, addr_bits(ret));
	*ret_len = (uint8_t)len;
	for (uint32_t i = len; i < addr_bits(ret); i++) {
		uint32_t bit = i + 128u - addr_bits(ret);

		if (ret->word_be32[bit / 32] & htonl(1u << (31 - bit % 32)))
			return wrong(in, "'%s' has bits behind its prefix length", text);
	}
	return 0;
}

static int get_host(const struct reading *in, const char *text, struct ipt_addr *ret)
{
	return addr_parse(text, ret) ? 0 : wrong(in, "'%s' is no address", text);
}

static int get_number(const struct reading *in, const char *name, const char *text, uint32_t min,
		      uint32_t *ret)
{
	if (!config_parse_number(text, UINT32_MAX, ret) || *ret < min)
		return wrong(in, "%s '%s' is not a number from %u to %u", name, text, min,
			     UINT32_MAX);
	return 0;
}

static int get_table(const struct reading *in, const char *text, uint32_t *ret)
{
	if (!strcmp(text, "main") || !strcmp(text, "local")) {
		*ret = *text == 'm' ? IPT_TABLE_MAIN : IPT_TABLE_LOCAL;
		return 0;
	}
	return get_number(in, "table", text, 1, ret);
}

static int get_dev(const struct reading *in, const char *text, char ret[16])
{
	struct err e;

	/* A rule may be for what the host itself sends: iif lo. */
	if (!(in->option[1] == 'u' && !strcmp(text, "lo")) && config_parse_interface(text, &e))
		return wrong(in, "%s", e.text);
	(void)snprintf(ret, 16, "%s", text);
	return 0;
}

static int get_scope(struct reading *in, const char *text, uint8_t *ret)
{
	in->scoped = true;
	if (route_scope_parse(text, ret))
		return 0;
	return wrong(in, "scope '%s' is none of global, link, host", text);
}

static int get_mark(const struct reading *in, char *text, struct ipt_route *r)
{
	char *slash = strchr(text, '/'), *end;
	unsigned long mark, mask = UINT32_MAX;

	errno = 0;
	mark = strtoul(text, &end, 0);
	if (end != text && slash && end == slash)
		mask = strtoul(slash + 1, &end, 0);
	if (errno || end == text || *end || *text == '-' || (slash && slash[1] == '-') ||
	    mark > UINT32_MAX || mask > UINT32_MAX || !mask || mark & ~mask)
		return wrong(in, "fwmark '%s' is not MARK or MARK/MASK", text);
	r->mark = (uint32_t)mark;
	r->mask = (uint32_t)mask;
	return 0;
}

enum field { TO, VIA, DEV, SRC, METRIC, TABLE, SCOPE, FROM, IIF, OIF, FWMARK, PRIORITY, FIELDS };
static const char *const names[FIELDS] = {"to",	   "via",  "dev", "src", "metric", "table",
					  "scope", "from", "iif", "oif", "fwmark", "priority"};
#define ROUTE_FIELDS \
	(1u << TO | 1u << VIA | 1u << DEV | 1u << SRC | 1u << METRIC | 1u << TABLE | 1u << SCOPE)
#define RULE_FIELDS                                                                   \
	(1u << TO | 1u << FROM | 1u << IIF | 1u << OIF | 1u << FWMARK | 1u << TABLE | \
	 1u << PRIORITY)

static int get_field(struct reading *in, enum field f, char *text, struct ipt_route *r)
{
	switch (f) {
	case TO:
		return get_prefix(in, text, &r->to, &r->to_len);
	case VIA:
		return get_host(in, text, &r->via);
	case DEV:
	case IIF:
		return get_dev(in, text, r->dev);
	case SRC:
		r->from_len = 1; /* its family is known later */
		return get_host(in, text, &r->from);
	case METRIC:
	case PRIORITY:
		return get_number(in, names[f], text, f == PRIORITY, &r->metric);
	case TABLE:
		return get_table(in, text, &r->table);
	case SCOPE:
		return get_scope(in, text, &r->scope);
	case FROM:
		return get_prefix(in, text, &r->from, &r->from_len);
	case OIF:
		return get_dev(in, text, r->oif);
	case FWMARK:
		return get_mark(in, text, r);
	case FIELDS:
		break;
	}
	return 0;
}

static int read_field(struct reading *in, const char *name, unsigned int allowed,
		      struct ipt_route *r)
{
	enum field f = TO;
	char *text;

	while (f < FIELDS && (!(allowed >> f & 1) || strcmp(name, names[f]) != 0))
		f++;
	if (f == FIELDS)
		return wrong(in, "unknown word '%s'", name);
	if (in->seen >> f & 1)
		return wrong(in, "%s is there twice", name);
	in->seen |= 1u << f;
	text = strtok_r(NULL, " \t", &in->at);
	return text ? get_field(in, f, text, r) : wrong(in, "%s without its value", name);
}

/* "default" is of the family of what else is there; IPv4 if nothing is. */
static bool default_is_v6(const struct reading *in, const struct ipt_route *r)
{
	return (in->seen >> VIA & 1 && !ipt_addr_is_v4(&r->via)) ||
	       (in->seen >> SRC & 1 && !ipt_addr_is_v4(&r->from));
}

static int finish_route(struct reading *in, bool is_default, struct ipt_route *r)
{
	bool v4;

	if (is_default && !default_is_v6(in, r))
		r->to = ipt_addr_v4(0);
	v4 = ipt_addr_is_v4(&r->to);
	if ((in->seen >> VIA & 1 && ipt_addr_is_v4(&r->via) != v4) ||
	    (in->seen >> SRC & 1 && ipt_addr_is_v4(&r->from) != v4))
		return wrong(in, "IPv4 and IPv6 do not go into one route");
	if (!v4 && in->scoped)
		return wrong(in, "a route of IPv6 has no scope");
	if (r->flags & IPT_ROUTE_ONLINK && !(in->seen >> VIA & 1))
		return wrong(in, "onlink without via");
	if (r->from_len)
		r->from_len = addr_bits(&r->from);
	if (!r->table)
		r->table = IPT_TABLE_MAIN;
	if (!r->dev[0])
		(void)snprintf(r->dev, sizeof(r->dev), "%s", in->iface);
	if (v4 && !in->scoped)
		r->scope = in->seen >> VIA & 1 ? IPT_SCOPE_GLOBAL : IPT_SCOPE_LINK;
	if (!v4 && !r->metric)
		r->metric = V6_METRIC;
	r->flags |= v4 ? 0 : IPT_ROUTE_V6;
	return 0;
}

static int read_route(struct reading *in, char *text, struct ipt_route *r)
{
	char *word = strtok_r(text, " \t", &in->at);
	bool is_default = word && !strcmp(word, "default");
	int err = 0;

	if (!word)
		return wrong(in, "empty");
	if (!is_default && strcmp(word, "to") != 0) {
		in->seen |= 1u << TO;
		err = get_prefix(in, word, &r->to, &r->to_len);
		word = NULL;
	} else if (is_default) {
		in->seen |= 1u << TO;
		word = NULL;
	}
	while (!err && (word || (word = strtok_r(NULL, " \t", &in->at)))) {
		if (!strcmp(word, "onlink"))
			r->flags |= IPT_ROUTE_ONLINK;
		else
			err = read_field(in, word, ROUTE_FIELDS, r);
		word = NULL;
	}
	return err ? err : finish_route(in, is_default, r);
}

static int read_rule(struct reading *in, char *text, struct ipt_route *r)
{
	char *word = strtok_r(text, " \t", &in->at);
	bool v4;
	int err = 0;

	r->flags = IPT_ROUTE_RULE;
	for (; word && !err; word = strtok_r(NULL, " \t", &in->at))
		err = read_field(in, word, RULE_FIELDS, r);
	if (err)
		return err;
	if (!(in->seen & (1u << FROM | 1u << TO)))
		return wrong(in, "neither from nor to, write from 0.0.0.0/0 or from ::/0 for all");
	if (!(in->seen >> TABLE & 1) || !(in->seen >> PRIORITY & 1))
		return wrong(in, "%s is not set", in->seen >> TABLE & 1 ? "priority" : "table");
	v4 = ipt_addr_is_v4(in->seen >> FROM & 1 ? &r->from : &r->to);
	if (!(in->seen >> FROM & 1) && v4)
		r->from = ipt_addr_v4(0);
	if (!(in->seen >> TO & 1) && v4)
		r->to = ipt_addr_v4(0);
	if (ipt_addr_is_v4(&r->from) != ipt_addr_is_v4(&r->to))
		return wrong(in, "IPv4 and IPv6 do not go into one rule");
	r->flags |= v4 ? 0 : IPT_ROUTE_V6;
	return 0;
}

#define ALIKE "the kernel cannot tell it from another one in group '%s', give it another priority"

/* Of a route its place makes it the same one; of a rule all it says. */
static bool is_one(const struct ipt_route *a, const struct ipt_route *b)
{
	return !route_is_rule(a) || !memcmp(a, b, sizeof(*a));
}

int config_parse_route(const char *text, bool rule, const char *iface, struct ipt_route *ret,
		       struct err *e)
{
	struct reading in = {.iface = iface,
			     .option = rule ? "rule" : "route",
			     .whole = text,
			     .e = e};
	struct ipt_route r = {0};
	char *copy = strdup(text);
	int err;

	if (!copy)
		return err_set(e, -ENOMEM, "out of memory");
	err = rule ? read_rule(&in, copy, &r) : read_route(&in, copy, &r);
	free(copy);
	if (!err)
		*ret = r;
	return err;
}

static int read_one(const struct config_section *s, const char *name, uint32_t index,
		    struct config_group *g, struct ipt_route *ret)
{
	struct config_word w = config_word(s, name, index);
	bool rule = !strcmp(name, "rules");
	struct err e;

	if (config_parse_route(w.text, rule, g->iface[0], ret, &e))
		return config_file_error(s->file, w.line, "%s", e.text);
	for (uint32_t i = 0; i < g->nroutes; i++)
		if (route_same_place(&g->routes[i], ret))
			return is_one(&g->routes[i], ret)
				       ? config_file_error(s->file, w.line,
							   "%s '%.200s': twice in group '%s'",
							   rule ? "rule" : "route", w.text,
							   s->title)
				       : config_file_error(s->file, w.line, "%s '%.200s': " ALIKE,
							   rule ? "rule" : "route", w.text,
							   s->title);
	return 0;
}

int config_read_routes(const struct config_section *s, struct config_group *g)
{
	static const char *const options[] = {"routes", "rules"};
	uint32_t n = config_word_count(s, "routes") + config_word_count(s, "rules");
	int err = 0;

	if (n > IPT_MAX_GROUP_ROUTES)
		return config_file_error(s->file, s->line,
					 "group '%s': more than %d routes and rules", s->title,
					 IPT_MAX_GROUP_ROUTES);
	g->routes = n ? calloc(n, sizeof(*g->routes)) : NULL;
	if (n && !g->routes)
		return config_file_error(s->file, s->line, "out of memory");
	for (int o = 0; o < 2; o++)
		for (uint32_t i = 0; i < config_word_count(s, options[o]) && !err; i++) {
			err = read_one(s, options[o], i, g, &g->routes[g->nroutes]);
			g->nroutes += !err;
		}
	return err;
}

static int line_of(const struct config_section *s, uint32_t i)
{
	uint32_t n = config_word_count(s, "routes");

	return i < n ? config_word(s, "routes", i).line : config_word(s, "rules", i - n).line;
}

static int in_another(const struct config_section *s, const struct config_group *g, uint32_t i,
		      const struct config_group *other, const struct ipt_route *there)
{
	char text[ROUTE_TEXT];
	const char *what = route_is_rule(there) ? "rule" : "route";

	(void)route_text(&g->routes[i], text);
	if (is_one(&g->routes[i], there))
		return config_file_error(s->file, line_of(s, i), "%s '%s' is in group '%s' already",
					 what, text, other->name);
	return config_file_error(s->file, line_of(s, i), "%s '%s': " ALIKE, what, text,
				 other->name);
}

int config_check_routes(const struct config_section *s, const struct config *c, uint32_t index)
{
	const struct config_group *g = &c->groups[index], *other;
	uint32_t all = g->nroutes;

	for (other = c->groups; other < g; other++) {
		all += other->nroutes;
		for (uint32_t i = 0; i < g->nroutes; i++)
			for (uint32_t n = 0; n < other->nroutes; n++)
				if (route_same_place(&g->routes[i], &other->routes[n]))
					return in_another(s, g, i, other, &other->routes[n]);
	}
	if (all > IPT_MAX_ROUTES)
		return config_file_error(s->file, s->line,
					 "group '%s': more than %d routes and rules in all groups",
					 s->title, IPT_MAX_ROUTES);
	return 0;
}
