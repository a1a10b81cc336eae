/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the words of virtual_routes and virtual_rules. */
#include "read.h"

#include <string.h>
#include "say.h"

enum of { A_ROUTE = 1, A_RULE = 2, BOTH = 3 };

/* Words with a value that is kept. */
static const struct {
	const char *word;
	enum of of;
	enum route_part part;
} parts[] = {
	{"to", BOTH, ROUTE_TO},
	{"via", A_ROUTE, ROUTE_VIA},
	{"gw", A_ROUTE, ROUTE_VIA},
	{"dev", A_ROUTE, ROUTE_DEV},
	{"oif", A_ROUTE, ROUTE_DEV},
	{"src", A_ROUTE, ROUTE_SRC},
	{"metric", A_ROUTE, ROUTE_METRIC},
	{"priority", A_ROUTE, ROUTE_METRIC},
	{"preference", A_ROUTE, ROUTE_METRIC},
	{"table", BOTH, ROUTE_TABLE},
	{"lookup", A_RULE, ROUTE_TABLE},
	{"scope", A_ROUTE, ROUTE_SCOPE},
	{"from", A_RULE, ROUTE_FROM},
	{"iif", A_RULE, ROUTE_IIF},
	{"dev", A_RULE, ROUTE_IIF},
	{"oif", A_RULE, ROUTE_OIF},
	{"fwmark", A_RULE, ROUTE_FWMARK},
	{"priority", A_RULE, ROUTE_PRIORITY},
	{"preference", A_RULE, ROUTE_PRIORITY},
	{"pref", A_RULE, ROUTE_PRIORITY},
	{"order", A_RULE, ROUTE_PRIORITY},
};

/* Words that make another thing of the whole: without them it would lead elsewhere. */
static const struct {
	const char *word, *why;
} refused[] = {
	{"or", "one next hop a route, no multipath"},
	{"nexthop", "one next hop a route, no multipath"},
	{"blackhole", "a route leads to an interface: write an ip route command into notify"},
	{"unreachable", "a route leads to an interface: write an ip route command into notify"},
	{"prohibit", "a route leads to an interface: write an ip route command into notify"},
	{"throw", "a route leads to an interface: write an ip route command into notify"},
	{"goto", "a rule names a table"},
	{"not", "a rule is for what it names, not for all else"},
};

static bool is_all(const char *word)
{
	return !strcmp(word, "default") || !strcmp(word, "all") || !strcmp(word, "any");
}

static bool is_prefix(const char *word)
{
	const char *slash = strchr(word, '/');
	struct ipt_addr addr;
	size_t len = slash ? (size_t)(slash - word) : strlen(word);

	return is_all(word) || addr_parse_part(word, len, &addr);
}

/* What needs no word of ours. */
static bool passes(struct host *h, struct route *r, const char *word, unsigned int *at)
{
	if (!strcmp(word, "inet6")) {
		r->v6 = true;
	} else if (!strcmp(word, "onlink") && !r->rule) {
		r->onlink = true;
	} else if (!strcmp(word, "no_track")) {
		say(h, r->stmt, CHANGED, "no_track: what is taken away is put back");
	} else if (!strcmp(word, "proto") || !strcmp(word, "protocol")) {
		say(h, r->stmt, NEEDLESS, "%s: the kernel has ours with number 73", word);
		++*at;
	} else if (!strcmp(word, "track_group")) {
		say(h, r->stmt, NEEDLESS, "track_group: it is its group's own");
		++*at;
	} else {
		return !strcmp(word, "inet") || (!strcmp(word, "unicast") && !r->rule);
	}
	return true;
}

/* The word at *at, and its value, which *at is left behind. NULL, or why the whole is lost. */
static const char *take_word(struct host *h, struct route *r, unsigned int *at)
{
	const char *word = stmt_word(r->stmt, (*at)++), *value = word;
	enum route_part part = ROUTE_PARTS;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strcmp(word, refused[i].word))
			return refused[i].why;
	if (passes(h, r, word, at))
		return NULL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(word, parts[i].word) && parts[i].of & (r->rule ? A_RULE : A_ROUTE))
			part = parts[i].part;
	if (part < ROUTE_PARTS)
		value = stmt_word(r->stmt, (*at)++);
	else if (!r->rule && is_prefix(word))
		part = ROUTE_TO;
	else
		return arena_print(h->arena, "no %s of ours has '%.40s'",
				   r->rule ? "rule" : "route", word);
	if (!*value)
		return arena_print(h->arena, "%s without its value", word);
	if (r->part[part])
		return arena_print(h->arena, "%s is there twice", word);
	r->part[part] = value;
	return NULL;
}

static void read_route(struct host *h, struct instance *into, const struct stmt *s, bool rule)
{
	struct route *r = arena_alloc(h->arena, sizeof(*r));
	const char *why = s->block ? "a block where a line is expected" : NULL;
	unsigned int at = 0;

	*r = (struct route){.stmt = s, .rule = rule};
	while (at < s->nwords && !why)
		why = take_word(h, r, &at);
	if (!why && !rule && !r->part[ROUTE_TO])
		why = "it leads nowhere";
	if (rule && !r->part[ROUTE_FROM] && !r->part[ROUTE_TO])
		r->part[ROUTE_FROM] = "all";
	if (why)
		say(h, s, LOST, "%s", why);
	else
		APPEND(into->routes, r);
}

void read_routes(struct host *h, void *into, const struct stmt *block)
{
	bool rules = !strcmp(stmt_word(block, 0), "virtual_rules");

	for (const struct stmt *s = block->child; s; s = s->next)
		read_route(h, into, s, rules);
}
