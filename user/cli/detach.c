/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* detach IFACE | --all: gates closed, our addresses, hooks, sysctls and pins gone; the daemon asked first. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "addr/addrs.h"
#include "addr/routes.h"
#include "addr/sysctl.h"
#include "base/clock.h"
#include "cmd.h"
#include "control/client.h"
#include "control/control.h"
#include "kern/kern.h"
#include "kern/lease.h"

#define DAEMON_WAIT_MS 10000

struct detach {
	struct kern *k;
	struct ipt_iface iface; /* the one that goes */
	bool last;
	bool affected[IPT_MAX_GROUPS];
	bool gone[IPT_MAX_GROUPS]; /* no address is left: drop it */
	struct ipt_addr *ips; /* of this interface */
	uint32_t n, room;
};

static int note_vip(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct detach *d = arg;
	uint32_t room;
	struct ipt_addr *ips;

	if (vip->group >= IPT_MAX_GROUPS || (!d->last && key->ifindex != d->iface.ifindex))
		return 0;
	d->affected[vip->group] = true;
	if (key->ifindex != d->iface.ifindex)
		return 0;
	if (d->n == d->room) {
		room = d->room ? 2 * d->room : 64;
		ips = reallocarray(d->ips, room, sizeof(*ips));
		if (!ips)
			return -ENOMEM;
		d->ips = ips;
		d->room = room;
	}
	d->ips[d->n++] = key->addr;
	return 0;
}

/* Closes the gates; what left before is on the wire after `settle`, and only then may anything go. */
static void close_gates(struct detach *d)
{
	uint64_t now_ns = clock_now_ns();
	bool live = false;
	uint32_t i;

	for (i = 0; i < IPT_MAX_GROUPS; i++) {
		if (!d->affected[i])
			continue;
		live = live || lease_live(kern_leases(d->k)[i], now_ns);
		lease_close(d->k, i);
		(void)kern_drain_set(d->k, i, 0);
	}
	if (live)
		lease_settle(d->k, 0);
}

struct drop {
	struct kern *k;
	uint32_t group;
};

static int drop_route(const struct ipt_route *route, const struct ipt_route_mark *mark, void *arg)
{
	const struct drop *drop = arg;

	return mark->group == drop->group ? kern_route_del(drop->k, route) : 0;
}

/* All addresses of a group that stops here, on whatever interface: silent ones would only mislead. */
static int remove_addresses(struct detach *d, uint32_t group, struct err *e)
{
	struct vip_list list;
	uint32_t i;
	int err;

	err = routes_uninstall(d->k, group, e);
	if (!err)
		err = kern_route_each(d->k, drop_route, &(struct drop){d->k, group});
	if (err)
		return err;
	err = vips_collect(d->k, group, &list);
	if (err)
		return err_set(e, err, "addresses of group %u: %s", group, strerror(-err));
	d->gone[group] = list.n != 0;
	for (i = 0; i < list.n; i++)
		if (list.addrs[i].ifindex != d->iface.ifindex)
			d->gone[group] = false;
	err = vips_remove(d->k, &list, e);
	vips_free(&list);
	return err;
}

static int remove_groups(struct detach *d, struct err *e)
{
	uint32_t i;
	int err, ret = 0;

	err = kern_vip_each(d->k, note_vip, d);
	if (err)
		return err_set(e, err, "floating addresses: %s", strerror(-err));
	/* A group may have routes alone. */
	for (i = 0; i < IPT_MAX_GROUPS; i++)
		d->affected[i] = d->affected[i] || d->last;
	close_gates(d);
	for (i = 0; i < IPT_MAX_GROUPS; i++) {
		err = d->affected[i] ? remove_addresses(d, i, e) : 0;
		ret = err ? err : ret;
	}
	/* Their entries keep the addresses fenced: they go only after all the addresses. */
	if (ret)
		return ret;
	for (i = 0; i < d->n; i++)
		(void)kern_vip_del(d->k, d->iface.ifindex, d->ips[i]);
	(void)kern_vips_tidy(d->k);
	for (i = 0; i < IPT_MAX_GROUPS; i++)
		if (d->gone[i])
			(void)kern_group_drop(d->k, i);
	return 0;
}

/* With nothing attached any more. */
static int remove_instance(struct kern *k, const char *instance, struct err *e)
{
	struct err ignored;

	(void)sysctl_guard_all(k, &ignored);
	control_remove(instance);
	return kern_remove(k, e);
}

static int detach_one(struct kern *k, const char *instance, const struct ipt_iface *iface,
		      struct err *e)
{
	struct ipt_iface left[IPT_MAX_IFACES];
	struct detach d = {.k = k, .iface = *iface};
	struct err ignored;
	int err;

	d.last = kern_ifaces(k, left) <= 1;
	err = remove_groups(&d, e);
	free(d.ips);
	if (!err)
		err = kern_detach(k, iface, e);
	if (err)
		return err;
	/* Or the last by now: another detach may have run beside this one. */
	if (d.last || !kern_ifaces(k, left))
		return remove_instance(k, instance, e);
	(void)sysctl_guard_all(k, &ignored);
	return 0;
}

struct use {
	struct kern *k;
	uint32_t ifindex;
};

static int find_managed(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	const struct use *u = arg;

	return key->ifindex == u->ifindex && vip->group < IPT_MAX_GROUPS &&
	       kern_groups(u->k)[vip->group].managed;
}

/* By the maps: a daemon has addresses there, or heartbeats. */
static bool daemon_uses(struct kern *k, const struct ipt_iface *iface)
{
	struct use u = {.k = k, .ifindex = iface->ifindex};

	for (uint32_t i = 0; i < IPT_MAX_PATHS; i++)
		if (kern_paths(k)[i].ifindex == iface->ifindex)
			return true;
	/* Not readable: rather ask than take something from under its feet. */
	return kern_vip_each(k, find_managed, &u) != 0;
}

static int stop_daemon(const char *instance, struct err *e)
{
	const struct client_request detach = {.command = "detach"};
	struct err why = {0};
	int err = client_ask(instance, &detach, DAEMON_WAIT_MS, &why);

	if (!err || err == CLIENT_NO_DAEMON)
		return 0;
	return err_set(e, err,
		       "the daemon of instance '%s' does not let go (%s): end it (kill -9), then "
		       "detach again",
		       instance, why.text);
}

/* By its present name, or by the recorded one if the interface is no more. */
static bool means(const struct ipt_iface *iface, const char *name)
{
	char now[IF_NAMESIZE];

	if (!name)
		return true;
	return !strcmp(if_indextoname(iface->ifindex, now) ? now : iface->name, name);
}

/* -ENOENT: `name` is not attached. Else the daemon, where it has something to lose, no longer runs. */
static int let_go(struct kern *k, const char *instance, const char *name, struct err *e)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(k, ifaces);
	/* The last one takes the pins along. */
	bool found = !name, stop = !name || n <= 1;

	for (int i = 0; i < n; i++) {
		if (!means(&ifaces[i], name))
			continue;
		found = true;
		stop = stop || daemon_uses(k, &ifaces[i]);
	}
	if (!found)
		return err_set(e, -ENOENT, "'%s' is not attached under instance '%s'", name,
			       instance);
	return stop ? stop_daemon(instance, e) : 0;
}

static int detach_in_turn(struct kern *k, const char *instance, const char *name, struct err *e)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(k, ifaces), err = 0, done = 0;

	/* The kernel keeps a program on an interface while one stacked upon it, attached later, has one. */
	for (int i = n; i-- > 0 && !err;) {
		if (!means(&ifaces[i], name))
			continue;
		err = detach_one(k, instance, &ifaces[i], e);
		done += !err;
	}
	/* Never attached to, or a detach was killed before its end: pins all the same, perhaps sysctls. */
	if (!err && !n)
		err = remove_instance(k, instance, e);
	return err ? err : done;
}

/* `name` NULL: all. Returns how many went, or -errno. */
static int detach_from(struct kern *k, const char *instance, const char *name, struct err *e)
{
	/* Before the turn: the daemon may need longer than other commands wait for theirs. */
	int err = let_go(k, instance, name, e), turn;

	if (err)
		return err;
	turn = kern_turn(k, e);
	if (turn < 0)
		return turn;
	err = detach_in_turn(k, instance, name, e);
	(void)close(turn);
	return err;
}

static int detach_instance(const char *instance, const char *name, struct err *e)
{
	struct kern *k;
	int err;

	err = kern_open(&k, instance, e);
	if (err)
		return err;
	err = detach_from(k, instance, name, e);
	kern_close(k);
	return err;
}

struct all {
	int done, failed;
	bool named; /* the instance was asked for by name */
};

static void detach_each(const char *instance, void *arg)
{
	struct all *all = arg;
	struct err e = {0};
	int err = detach_instance(instance, NULL, &e);

	/* -ESTALE: another detach came before our turn. */
	if (err == -ENOENT || err == -ESTALE)
		err = kern_clean(instance, &e);
	/* Another network namespace's, and nobody asked for it: none of our business. */
	if (err == -EXDEV && !all->named)
		return;
	if (err < 0) {
		all->failed++;
		(void)cmd_fail(1, "%s", e.text);
	} else {
		all->done += err;
	}
}

static int detach_all(const struct cmd_ctx *ctx)
{
	struct all all = {0};
	struct err e = {0};
	char instance[64];
	int err;

	if (ctx->instance) {
		err = kern_instance(ctx->instance, instance, &e);
		if (err)
			return cmd_fail(1, "%s", e.text);
		all.named = true;
		detach_each(instance, &all);
	} else {
		err = kern_each_instance(detach_each, &all, &e);
		if (err < 0)
			return cmd_fail(1, "%s", e.text);
	}
	if (all.failed)
		return 1;
	return all.done ? cmd_done("detached, interfaces: %d", all.done)
			: cmd_done("nothing is attached");
}

int cmd_detach(const struct cmd_ctx *ctx)
{
	struct err e = {0};
	char instance[64];
	int err;

	if (ctx->argc != 1)
		return CMD_USAGE;
	if (!strcmp(ctx->argv[0], "--all"))
		return detach_all(ctx);
	if (ctx->argv[0][0] == '-')
		return CMD_USAGE;
	err = kern_instance(ctx->instance, instance, &e);
	if (!err)
		err = detach_instance(instance, ctx->argv[0], &e);
	if (err == -ENOENT)
		return cmd_fail(1, "'%s' is not attached under instance '%s'", ctx->argv[0],
				instance);
	if (err < 0)
		return cmd_fail(1, "%s", e.text);
	return cmd_done("%s: detached", ctx->argv[0]);
}
