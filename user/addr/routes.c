/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Marks, adds and removes the routes and rules that follow the owner of a group. */
#include "routes.h"

#include <errno.h>
#include <string.h>
#include "base/route.h"
#include "net/netdev_routes.h"

#define INSTALLED (IPT_ROUTE_ADDED | IPT_ROUTE_THEIRS)

struct collect {
	uint32_t group;
	struct route_list *list;
};

/* In its place by its order. */
static int collect_one(const struct ipt_route *route, const struct ipt_route_mark *mark, void *arg)
{
	const struct collect *c = arg;
	struct route_list *l = c->list;
	uint32_t at = l->n;

	if (mark->group != c->group)
		return 0;
	if (l->n == IPT_MAX_GROUP_ROUTES)
		return -E2BIG;
	for (; at && l->mark[at - 1].order > mark->order; at--) {
		l->route[at] = l->route[at - 1];
		l->mark[at] = l->mark[at - 1];
	}
	l->route[at] = *route;
	l->mark[at] = *mark;
	l->n++;
	return 0;
}

int routes_collect(struct kern *k, uint32_t group, struct route_list *ret)
{
	struct collect c = {group, ret};

	ret->n = 0;
	return kern_route_each(k, collect_one, &c);
}

static int collect(struct kern *k, uint32_t group, struct route_list *ret, struct err *e)
{
	int err = routes_collect(k, group, ret);

	return err ? err_set(e, err, "map routes: %s", strerror(-err)) : 0;
}

static int mark(struct kern *k, struct route_list *l, uint32_t i, uint8_t flags, struct err *e)
{
	struct ipt_route_mark m = l->mark[i];
	int err;

	m.flags = (uint8_t)((m.flags & ~INSTALLED) | flags);
	err = kern_route_set(k, &l->route[i], &m);
	if (err)
		return err_set(e, err, "map routes: %s", strerror(-err));
	l->mark[i] = m;
	return 0;
}

static int in_the_way(const struct ipt_route *r, struct err *e)
{
	char text[ROUTE_TEXT];

	return err_set(e, -EEXIST, "%s is there: cannot add '%s'",
		       route_is_rule(r)
			       ? "another rule with that table and priority, too much alike,"
			       : "another route with that destination, table and metric",
		       route_text(r, text));
}

/* What is in its place already: ours, as good as ours, or in the way? */
static int judge(struct kern *k, struct route_list *l, uint32_t i, struct err *e)
{
	enum route_found found;
	int err = route_look(&l->route[i], &found);

	if (err)
		return err_set(e, err, "routes: %s", strerror(-err));
	switch (found) {
	case ROUTE_OURS:
		return 0;
	case ROUTE_EQUAL:
		return mark(k, l, i, IPT_ROUTE_THEIRS, e);
	case ROUTE_OTHER:
		(void)mark(k, l, i, 0, e);
		return in_the_way(&l->route[i], e);
	case ROUTE_NOT_THERE:
		break;
	}
	/* Gone since it was in the way; or a rule that the kernel does not tell from ours. */
	err = route_add(&l->route[i], e);
	if (err) {
		struct err ignored;

		(void)mark(k, l, i, 0, &ignored);
	}
	return err == -EEXIST ? in_the_way(&l->route[i], e) : err;
}

/* The kernel takes a rule beside an equal one of another's. 1: such a one is there now; 0: none, or it is a route. */
static int find_theirs(struct kern *k, struct route_list *l, uint32_t i, struct err *e)
{
	enum route_found found;
	int err;

	if (!route_is_rule(&l->route[i]))
		return 0;
	if (route_look(&l->route[i], &found))
		return l->mark[i].flags & IPT_ROUTE_THEIRS ? 1 : 0;
	if (found != ROUTE_EQUAL)
		return 0;
	err = mark(k, l, i, IPT_ROUTE_THEIRS, e);
	return err ? err : 1;
}

/* 1: it was not there; 0: it was. */
static int put(struct kern *k, struct route_list *l, uint32_t i, struct err *e)
{
	int err = find_theirs(k, l, i, e);

	if (err)
		return err < 0 ? err : 0;
	err = l->mark[i].flags & IPT_ROUTE_ADDED ? 0 : mark(k, l, i, IPT_ROUTE_ADDED, e);
	if (!err)
		err = route_add(&l->route[i], e);
	if (err == -EEXIST)
		return judge(k, l, i, e);
	if (err) {
		struct err ignored;

		(void)mark(k, l, i, 0, &ignored);
		return err;
	}
	return 1;
}

int routes_install(struct kern *k, uint32_t group, struct err *e)
{
	struct route_list l;
	struct err ignored;
	int err = collect(k, group, &l, e);

	for (uint32_t i = 0; i < l.n && err >= 0; i++)
		err = put(k, &l, i, e);
	if (err >= 0)
		return 0;
	(void)routes_uninstall(k, group, &ignored);
	return err;
}

/* What somebody has put in the place of ours: ours are wanted still, so their marks stay for the next try. */
int routes_restore(struct kern *k, uint32_t group, uint32_t *ret_added, struct err *e)
{
	struct route_list l;
	int err = collect(k, group, &l, e), ret = 0;

	*ret_added = 0;
	for (uint32_t i = 0; i < l.n && !err; i++) {
		struct ipt_route_mark was = l.mark[i];
		int one;

		if (!(was.flags & INSTALLED))
			continue;
		one = put(k, &l, i, e);
		*ret_added += one > 0;
		if (one >= 0)
			continue;
		ret = one;
		(void)kern_route_set(k, &l.route[i], &was);
	}
	return err ? err : ret;
}

int routes_remove(struct kern *k, const struct ipt_route *route, const struct ipt_route_mark *m,
		  struct err *e)
{
	struct ipt_route_mark none = *m;
	int err = m->flags & IPT_ROUTE_ADDED ? route_del(route, e) : 0;

	if (err || !(m->flags & INSTALLED))
		return err;
	none.flags &= (uint8_t)~INSTALLED;
	err = kern_route_set(k, route, &none);
	return err ? err_set(e, err, "map routes: %s", strerror(-err)) : 0;
}

int routes_uninstall(struct kern *k, uint32_t group, struct err *e)
{
	struct route_list l;
	struct err later;
	int err, ret = collect(k, group, &l, e);

	for (uint32_t i = l.n; i-- > 0;) {
		err = routes_remove(k, &l.route[i], &l.mark[i], ret ? &later : e);
		ret = ret ? ret : err;
	}
	return ret;
}

uint32_t routes_missing(struct kern *k, uint32_t group)
{
	struct route_list l;
	enum route_found found;
	uint32_t n = 0;

	if (routes_collect(k, group, &l))
		return 0;
	for (uint32_t i = 0; i < l.n; i++)
		n += l.mark[i].flags & INSTALLED && !route_look(&l.route[i], &found) &&
		     found != ROUTE_OURS && found != ROUTE_EQUAL;
	return n;
}
