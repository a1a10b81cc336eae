/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how instances become groups. */
#include "join.h"

#include <inttypes.h>
#include <string.h>
#include "say.h"
#include "value.h"

/* Does another group have the address? No address may stand twice in a file of ours. */
static const struct group *owner_of(const struct host *h, const struct vip *v)
{
	for (const struct group *g = h->groups; g; g = g->next)
		if (vips_have(g->of->vips, &v->addr.ip))
			return g;
	return NULL;
}

static unsigned int count_ifaces(const struct instance *i, const char *also)
{
	const struct vip *v, *before;
	unsigned int n = 0;
	bool seen = false;

	for (v = i->vips; v; v = v->next) {
		for (before = i->vips; before != v && strcmp(before->dev, v->dev);
		     before = before->next)
			;
		n += before == v;
		seen |= !strcmp(v->dev, also);
	}
	return n + !seen;
}

/* A label begins with the name of its interface, which is known by now. */
static void take_label(struct host *h, struct vip *v)
{
	struct err e;

	if (v->label && config_parse_label(v->label, v->dev, &e)) {
		say(h, v->stmt, LOST, "%s", e.text);
		v->label = NULL;
	} else if (v->label) {
		say(h, v->stmt, KEPT, "label");
	}
}

static void take_vips(struct host *h, struct instance *into, const struct instance *from)
{
	const struct vip *next;
	const struct group *other;
	struct vip *copy;
	struct err e;

	for (const struct vip *v = from->vips; v; v = next) {
		next = v->next;
		copy = arena_alloc(h->arena, sizeof(*copy));
		*copy = *v;
		copy->next = NULL;
		copy->dev = v->dev ? v->dev : join_iface(h, from);
		other = owner_of(h, v);
		if (other)
			say(h, v->stmt, LOST, "group \"%s\" has it already", other->name);
		else if (vips_have(into->vips, &v->addr.ip))
			say(h, v->stmt, NEEDLESS, "it is in this group already");
		else if (config_parse_interface(copy->dev, &e))
			say(h, v->stmt, LOST, "%s", e.text);
		else if (count_ifaces(into, copy->dev) > CONFIG_MAX_GROUP_IFACES)
			say(h, v->stmt, LOST, "more than %d interfaces in one group",
			    CONFIG_MAX_GROUP_IFACES);
		else {
			take_label(h, copy);
			APPEND(into->vips, copy);
		}
	}
}

static void take_rest(struct host *h, struct instance *into, const struct instance *from, bool zero)
{
	struct ref *ref;
	struct notify *notify;
	struct source *peer;

	for (const struct ref *r = from->refs; r; r = r->next) {
		ref = arena_alloc(h->arena, sizeof(*ref));
		*ref = *r;
		ref->next = NULL;
		ref->zero = zero;
		APPEND(into->refs, ref);
	}
	for (const struct notify *n = from->notify; n; n = n->next) {
		notify = arena_alloc(h->arena, sizeof(*notify));
		*notify = *n;
		notify->next = NULL;
		notify->priority = arena_print(h->arena, "%" PRId64,
					       into->priority ? into->priority : from->priority);
		APPEND(into->notify, notify);
	}
	for (const struct source *p = from->peers; p; p = p->next) {
		peer = arena_alloc(h->arena, sizeof(*peer));
		*peer = (struct source){.text = p->text, .stmt = p->stmt};
		APPEND(into->peers, peer);
	}
}

static void take(struct host *h, struct instance *into, const struct instance *from, bool first,
		 bool zero)
{
	if (first) {
		into->priority = from->priority;
		into->iface = from->iface;
		into->vrid = from->vrid;
	} else if (from->priority != into->priority) {
		say(h, from->stmt, CHANGED,
		    "its group has priority %" PRId64 ", the first instance's", into->priority);
	}
	into->nopreempt |= from->nopreempt;
	if (from->delay_us > into->delay_us)
		into->delay_us = from->delay_us;
	if (from->refresh_us)
		into->refresh_us = from->refresh_us;
	take_vips(h, into, from);
	join_routes(h, into, from);
	take_rest(h, into, from, zero);
	if (from->advert_us && (!h->advert_us || from->advert_us < h->advert_us))
		h->advert_us = from->advert_us;
}

static const char *name_for(struct host *h, const struct stmt *s, const char *wanted)
{
	const char *name = value_name(h, wanted), *base = name;
	const struct group *g;

	for (unsigned int n = 2;; n++) {
		for (g = h->groups; g && strcmp(g->name, name); g = g->next)
			;
		if (!g)
			break;
		name = arena_print(h->arena, "%.27s-%u", base, n);
	}
	if (strcmp(name, wanted))
		say(h, s, CHANGED, "group \"%s\": names have up to 31 letters, digits, _ . and -",
		    name);
	return name;
}

static void add_group(struct host *h, const struct stmt *s, struct instance *i)
{
	struct group *g = arena_alloc(h->arena, sizeof(*g));
	const struct vip *v;

	if (!i->vips) {
		say(h, s, LOST, "it has no address, and no group is without one");
		return;
	}
	if (h->ngroups == IPT_MAX_GROUPS) {
		say(h, s, LOST, "more than %d groups", IPT_MAX_GROUPS);
		return;
	}
	for (v = i->vips; v && (!i->iface || strcmp(v->dev, i->iface)); v = v->next)
		;
	if (!v && i->iface)
		say(h, s, CHANGED, "interface = \"%s\", where its addresses are, and not %s",
		    i->vips->dev, i->iface);
	if (!v)
		i->iface = i->vips->dev;
	*g = (struct group){.of = i, .name = name_for(h, s, stmt_word(s, 1))};
	if (!strcmp(g->name, stmt_word(s, 1)))
		say(h, s, KEPT, "group \"%s\"", g->name);
	APPEND(h->groups, g);
	h->ngroups++;
}

static struct instance *find(struct host *h, const char *name)
{
	struct instance *i;

	for (i = h->instances; i && strcmp(i->name, name); i = i->next)
		;
	return i;
}

static void join_sync(struct host *h, const struct instance *sync)
{
	struct instance *i = arena_alloc(h->arena, sizeof(*i)), *one;
	bool first = true;

	*i = (struct instance){.stmt = sync->stmt, .name = sync->name};
	for (const struct source *m = sync->members; m; m = m->next) {
		one = find(h, m->text);
		if (!one || one->in_sync) {
			say(h, m->stmt, LOST,
			    one ? "'%.40s' is in another sync group already"
				: "there is no vrrp_instance '%.40s'",
			    m->text);
			continue;
		}
		one->in_sync = true;
		take(h, i, one, first, !sync->own_weights);
		say(h, m->stmt, KEPT, "'%.40s' in group \"%s\"", m->text,
		    value_name(h, sync->name));
		say(h, one->stmt, KEPT, "in group \"%s\"", value_name(h, sync->name));
		first = false;
	}
	take_rest(h, i, sync, false);
	add_group(h, sync->stmt, i);
}

void join_groups(struct host *h)
{
	struct instance *i;

	for (const struct instance *s = h->syncs; s; s = s->next)
		join_sync(h, s);
	for (const struct instance *one = h->instances; one; one = one->next) {
		if (one->in_sync)
			continue;
		i = arena_alloc(h->arena, sizeof(*i));
		*i = (struct instance){.stmt = one->stmt, .name = one->name};
		take(h, i, one, true, false);
		add_group(h, one->stmt, i);
	}
}
