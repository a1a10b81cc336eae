/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how what is tracked becomes checks. */
#include "join.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include "say.h"
#include "value.h"

static bool is_own_iface(const struct instance *i, const char *name)
{
	for (const struct vip *v = i->vips; v; v = v->next)
		if (!strcmp(v->dev, name))
			return true;
	return false;
}

static bool is_plain(const char *iface)
{
	const char *p;

	for (p = iface; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-@", *p))
			return false;
	return value_is_iface(iface);
}

static const struct check *check_iface(struct host *h, const struct ref *ref)
{
	struct check *c = arena_alloc(h->arena, sizeof(*c));

	*c = (struct check){.stmt = ref->stmt,
			    .kind = CHECK_IFACE,
			    .name = ref->name,
			    .interval_us = 500000,
			    .rise = 1,
			    .fall = 1};
	c->command = arena_print(h->arena, "/bin/grep -qx 1 /sys/class/net/%s/carrier", ref->name);
	APPEND(h->checks, c);
	return c;
}

static const struct check *find(struct host *h, const struct ref *ref)
{
	const struct check *c;

	for (c = h->checks; c && (c->kind != ref->kind || strcmp(c->name, ref->name)); c = c->next)
		;
	if (!c && ref->kind == CHECK_IFACE)
		return check_iface(h, ref);
	if (!c)
		say(h, ref->stmt, LOST, "nothing of that name is defined");
	return c;
}

static const char *name_for(struct host *h, const struct check *c)
{
	const char *name =
		value_name(h, c->kind == CHECK_IFACE ? arena_print(h->arena, "link-%s", c->name)
						     : c->name);
	const char *base = name;
	const struct track *t;

	for (unsigned int n = 2;; n++) {
		for (t = h->tracks; t && strcmp(t->name, name); t = t->next)
			;
		if (!t)
			return name;
		name = arena_print(h->arena, "%.27s-%u", base, n);
	}
}

static void say_check(struct host *h, const struct track *t)
{
	const struct check *c = t->check;

	if (c->kind == CHECK_IFACE)
		say(h, c->stmt, CHANGED,
		    "track \"%s\": a check that looks at the carrier twice a second", t->name);
	else if (c->kind == CHECK_SCRIPT && join_needs_shell(c->command))
		say(h, c->line, CHANGED,
		    "a shell reads it, which keepalived does without since 1.3");
	else if (!strcmp(t->command[0], "/usr/bin/env"))
		say(h, c->line, CHANGED,
		    "found along the PATH as it runs: check cannot look at it");
	else if (c->kind == CHECK_SCRIPT)
		say(h, c->line, KEPT, "script");
	if (c->kind != CHECK_IFACE)
		say(h, c->stmt, KEPT, "track \"%s\"", t->name);
	if (c->rise > 100 || c->fall > 100 || c->interval_us > 3600000000u ||
	    (c->interval_us && c->interval_us < 10000) ||
	    c->timeout_us > (c->interval_us ? c->interval_us : 1000000))
		say(h, c->stmt, CHANGED,
		    "within rise and fall of 100, interval of 10 ms to 60 min, timeout not above "
		    "it");
}

static struct track *track_for(struct host *h, const struct ref *ref, const struct check *c,
			       int64_t weight, bool reverse)
{
	struct track *t;
	const char *why;

	for (t = h->tracks; t; t = t->next)
		if (t->check == c && t->weight == weight && t->reverse == reverse)
			return t;
	t = arena_alloc(h->arena, sizeof(*t));
	*t = (struct track){.check = c, .weight = weight, .reverse = reverse};
	why = h->ntracks == CONFIG_MAX_TRACKS ? "more checks than fit in a file"
					      : join_command(h, c->command, reverse, t->command);
	if (why) {
		say(h, ref->stmt, LOST, "%s", why);
		return NULL;
	}
	t->name = name_for(h, c);
	say_check(h, t);
	APPEND(h->tracks, t);
	h->ntracks++;
	return t;
}

static void add_track(struct host *h, struct group *g, const struct ref *ref)
{
	const struct check *c = find(h, ref);
	const struct track *t;
	int64_t weight;
	bool reverse;

	if (!c)
		return;
	weight = ref->zero ? 0 : ref->has_weight ? ref->weight : c->weight;
	reverse = ref->has_weight ? ref->reverse : c->reverse;
	if (c->kind == CHECK_FILE && weight) {
		say(h, ref->stmt, LOST,
		    "a number that is added to the priority: ip-takeover-ctl priority %s N",
		    g->name);
		return;
	}
	if (reverse)
		weight = -weight;
	if (weight > 253 || weight < -253) {
		weight = weight > 0 ? 253 : -253;
		say(h, ref->stmt, CHANGED, "weight %" PRId64, weight);
	}
	t = track_for(h, ref, c, weight, reverse);
	if (!t)
		return;
	for (unsigned int i = 0; i < g->ntracks; i++)
		if (g->tracks[i] == t->name) {
			say(h, ref->stmt, NEEDLESS, "the group tracks it already");
			return;
		}
	g->tracks[g->ntracks++] = t->name;
	say(h, ref->stmt, ref->zero && (ref->has_weight ? ref->weight : c->weight) ? CHANGED : KEPT,
	    "track of group \"%s\"%s%s", g->name, reverse ? ", its result turned round" : "",
	    ref->zero ? ", weight 0 as in each sync group" : "");
}

void join_tracks(struct host *h)
{
	const struct track *t;

	for (struct group *g = h->groups; g; g = g->next)
		for (const struct ref *ref = g->of->refs; ref; ref = ref->next) {
			if (ref->kind == CHECK_IFACE && !is_plain(ref->name))
				say(h, ref->stmt, LOST, "no name of an interface");
			else if (ref->kind == CHECK_IFACE && is_own_iface(g->of, ref->name) &&
				 !ref->weight)
				say(h, ref->stmt, KEPT,
				    "the carrier of a group's interface counts");
			else
				add_track(h, g, ref);
		}
	for (const struct check *c = h->checks; c; c = c->next) {
		for (t = h->tracks; t && t->check != c; t = t->next)
			;
		if (!t && c->kind != CHECK_IFACE)
			say(h, c->stmt, NEEDLESS,
			    "nothing tracks it, or not so that it can be kept");
	}
}
