/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how routes and rules come into a group, and how they are written. */
#include "join.h"

#include <string.h>
#include "base/route.h"
#include "say.h"
#include "value.h"

static bool is_v6(const struct route *r)
{
	for (int i = 0; i < ROUTE_PARTS; i++)
		if (r->part[i] && strchr(r->part[i], ':') &&
		    (i == ROUTE_FROM || i == ROUTE_TO || i == ROUTE_VIA || i == ROUTE_SRC))
			return true;
	return r->v6;
}

/* `word` as it is written in that place: names that the kernel has numbers for, and "all" of one family. */
static const char *ours(const struct route *r, enum route_part part)
{
	static const char *const names[][3] = {{"table", "default", "253"},
					       {"scope", "universe", "global"},
					       {"scope", "0", "global"},
					       {"scope", "253", "link"},
					       {"scope", "254", "host"}};
	const char *word = r->part[part];

	if ((part == ROUTE_FROM || part == ROUTE_TO) &&
	    (!strcmp(word, "default") || !strcmp(word, "all") || !strcmp(word, "any")))
		return is_v6(r) ? "::/0" : "0.0.0.0/0";
	if (part != ROUTE_TABLE && part != ROUTE_SCOPE)
		return word;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], part == ROUTE_TABLE ? "table" : "scope") &&
		    !strcmp(names[i][1], word))
			return names[i][2];
	return word;
}

static const char *write_route(struct host *h, const struct route *r)
{
	static const char *const words[ROUTE_PARTS] = {"from ",	  "to ",    "via ",   "dev ",
						       "src ",	  "iif ",   "oif ",   "fwmark ",
						       "metric ", "table ", "scope ", "priority "};
	const char *text = "";

	for (int i = 0; i < ROUTE_PARTS; i++)
		/* The kernel gives no route of IPv6 a scope. */
		if (r->part[i] && !(i == ROUTE_SCOPE && is_v6(r)))
			text = arena_print(h->arena, "%s%s%s%s", text, *text ? " " : "",
					   i == ROUTE_TO && !r->rule ? "" : words[i], ours(r, i));
	return r->onlink ? arena_print(h->arena, "%s onlink", text) : text;
}

/* Where the kernel would find the next hop: beside an address of the group that has its network. */
static const char *dev_of(struct host *h, const struct instance *into, const struct instance *from,
			  const struct route *r)
{
	struct addr via = {0};

	if (r->part[ROUTE_VIA] && addr_parse(r->part[ROUTE_VIA], &via.ip)) {
		via.prefix_len = addr_bits(&via.ip);
		for (const struct vip *v = into->vips; v; v = v->next)
			if (addr_covers(&v->addr, &via))
				return v->dev;
	}
	return join_iface(h, from);
}

static const struct route *same_in(const struct instance *i, const struct route *r)
{
	const struct route *other;

	for (other = i->routes; other && !route_same_place(&other->means, &r->means);
	     other = other->next)
		;
	return other;
}

/* False: what keeps it out was said. */
static bool may_join(struct host *h, const struct instance *into, const struct route *r)
{
	const struct route *other = same_in(into, r);
	unsigned int n = 0;

	if (other && !memcmp(&other->means, &r->means, sizeof(r->means))) {
		say(h, r->stmt, NEEDLESS, "it is in this group already");
		return false;
	}
	if (other) {
		say(h, r->stmt, LOST,
		    "its group has a route with that destination, table and metric");
		return false;
	}
	for (const struct group *g = h->groups; g; g = g->next)
		if (same_in(g->of, r)) {
			say(h, r->stmt, LOST, "group \"%s\" has it already", g->name);
			return false;
		}
	for (other = into->routes; other; other = other->next)
		n++;
	if (n == IPT_MAX_GROUP_ROUTES)
		say(h, r->stmt, LOST, "more than %d routes and rules in one group",
		    IPT_MAX_GROUP_ROUTES);
	return n < IPT_MAX_GROUP_ROUTES;
}

static void join_route(struct host *h, struct instance *into, const struct instance *from,
		       const struct route *r)
{
	struct route *copy = arena_alloc(h->arena, sizeof(*copy));
	bool says_dev = r->rule || r->part[ROUTE_DEV];
	struct err e;

	*copy = *r;
	copy->next = NULL;
	if (!says_dev)
		copy->part[ROUTE_DEV] = dev_of(h, into, from, r);
	copy->text = write_route(h, copy);
	if (config_has_control(copy->text))
		say(h, r->stmt, LOST, "control character");
	else if (config_parse_route(copy->text, r->rule, "", &copy->means, &e))
		say(h, r->stmt, LOST, "%s", e.text);
	else if (may_join(h, into, copy)) {
		APPEND(into->routes, copy);
		if (says_dev)
			say(h, r->stmt, KEPT, "%s of the group", r->rule ? "rules" : "routes");
		else
			say(h, r->stmt, CHANGED,
			    "routes of the group, dev %s: keepalived leaves that to the kernel",
			    copy->part[ROUTE_DEV]);
	}
}

void join_routes(struct host *h, struct instance *into, const struct instance *from)
{
	for (const struct route *r = from->routes; r; r = r->next)
		join_route(h, into, from, r);
}
