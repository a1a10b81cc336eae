/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes routes and rules as `ip` does, every default spelled out. */
#include "route.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "addr.h"

__attribute__((format(printf, 2, 3))) static void put(char text[ROUTE_TEXT], const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text + n, ROUTE_TEXT - n, fmt, ap);
	va_end(ap);
}

static const struct {
	const char *word;
	uint8_t scope;
} scopes[] = {{"global", IPT_SCOPE_GLOBAL}, {"link", IPT_SCOPE_LINK}, {"host", IPT_SCOPE_HOST}};

#define SCOPES (sizeof(scopes) / sizeof(scopes[0]))

static const char *scope_text(uint8_t scope)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (scopes[i].scope == scope)
			return scopes[i].word;
	return "global";
}

bool route_scope_parse(const char *word, uint8_t *ret)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (!strcmp(word, scopes[i].word)) {
			*ret = scopes[i].scope;
			return true;
		}
	return false;
}

static void put_route(const struct ipt_route *r, char text[ROUTE_TEXT])
{
	static const struct ipt_addr nowhere;
	char ip[ADDR_TEXT];

	put(text, "%s/%u", addr_text(&r->to, ip), r->to_len);
	if (!ipt_addr_equal(&r->via, &nowhere))
		put(text, " via %s", addr_text(&r->via, ip));
	put(text, " dev %s", r->dev);
	if (r->from_len)
		put(text, " src %s", addr_text(&r->from, ip));
	put(text, " metric %u table %u", r->metric, r->table);
	if (!(r->flags & IPT_ROUTE_V6))
		put(text, " scope %s", scope_text(r->scope));
	if (r->flags & IPT_ROUTE_ONLINK)
		put(text, " onlink");
}

static void put_rule(const struct ipt_route *r, char text[ROUTE_TEXT])
{
	char ip[ADDR_TEXT];

	put(text, "from %s/%u", addr_text(&r->from, ip), r->from_len);
	put(text, " to %s/%u", addr_text(&r->to, ip), r->to_len);
	if (r->dev[0])
		put(text, " iif %s", r->dev);
	if (r->oif[0])
		put(text, " oif %s", r->oif);
	if (r->mask)
		put(text, " fwmark 0x%x/0x%x", r->mark, r->mask);
	put(text, " table %u priority %u", r->table, r->metric);
}

const char *route_text(const struct ipt_route *r, char text[ROUTE_TEXT])
{
	text[0] = '\0';
	if (route_is_rule(r))
		put_rule(r, text);
	else
		put_route(r, text);
	return text;
}

static bool name_takes(const char *name, const char *other)
{
	return !*name || !strcmp(name, other);
}

/* The kernel compares what a rule that is to be added or removed says, and of that alone all: the rest is as it may be. */
static bool rule_takes(const struct ipt_route *a, const struct ipt_route *b)
{
	return (!a->to_len || (a->to_len == b->to_len && ipt_addr_equal(&a->to, &b->to))) &&
	       (!a->from_len ||
		(a->from_len == b->from_len && ipt_addr_equal(&a->from, &b->from))) &&
	       (!a->mark || a->mark == b->mark) && (!a->mask || a->mask == b->mask) &&
	       name_takes(a->dev, b->dev) && name_takes(a->oif, b->oif);
}

bool route_same_place(const struct ipt_route *a, const struct ipt_route *b)
{
	if (route_is_rule(a) != route_is_rule(b) || a->table != b->table ||
	    a->metric != b->metric || (a->flags ^ b->flags) & IPT_ROUTE_V6)
		return false;
	if (route_is_rule(a))
		return rule_takes(a, b) || rule_takes(b, a);
	return a->to_len == b->to_len && ipt_addr_equal(&a->to, &b->to);
}
