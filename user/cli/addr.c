/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* add, del GROUP ADDR/LEN dev IFACE: floating addresses by hand, one at a time. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "addr/addrs.h"
#include "addr/sysctl.h"
#include "base/clock.h"
#include "cmd.h"
#include "config/config.h"
#include "kern/kern.h"
#include "kern/lease.h"
#include "net/netdev.h"

struct request {
	struct kern *k;
	char instance[64];
	const char *group, *text; /* as given */
	struct addr addr;
	struct netdev dev;
};

static int check_group(const struct request *r, struct err *e)
{
	struct ipt_group group;
	int index = kern_group_find(r->k, r->group);

	if (index < 0 || kern_group_get(r->k, (uint32_t)index, &group) || !group.managed)
		return 0;
	return err_set(e, -EPERM,
		       "group '%s' is managed by the daemon: change the addresses in its "
		       "configuration file",
		       r->group);
}

static int check_attached(const struct request *r, struct err *e)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int i, n = kern_ifaces(r->k, ifaces);

	for (i = 0; i < n; i++)
		if (ifaces[i].ifindex == r->dev.ifindex)
			return 0;
	return err_set(e, -ENOENT,
		       "'%s' is not attached under instance '%s': 'ip-takeover-ctl attach %s' "
		       "first",
		       r->dev.name, r->instance, r->dev.name);
}

static int open_request(const struct cmd_ctx *ctx, struct request *r, struct err *e)
{
	int err;

	r->group = ctx->argv[0];
	r->text = ctx->argv[1];
	err = config_check_name("group", r->group, e);
	if (!err)
		err = config_parse_addr(r->text, &r->addr, e);
	if (!err)
		err = netdev_by_name(ctx->argv[3], &r->dev, e);
	if (!err)
		err = kern_instance(ctx->instance, r->instance, e);
	if (err)
		return err;
	err = kern_open(&r->k, r->instance, e);
	if (err == -ENOENT)
		return err_set(e, err,
			       "'%s' is not attached under instance '%s': 'ip-takeover-ctl attach "
			       "%s' first",
			       r->dev.name, r->instance, r->dev.name);
	return err;
}

struct search {
	const struct request *r;
	bool elsewhere; /* it is another address on another interface */
	uint32_t ifindex, group;
};

/* In another VLAN of the same interface, or on another link if it is known there alone; but one that stands lies on lo. */
static bool is_another(const struct request *r, uint32_t ifindex, const struct ipt_vip *vip)
{
	struct netdev dev;
	uint32_t trunk;

	if (ifindex == r->dev.ifindex || vip->flags & IPT_VIP_F_STANDING)
		return false;
	if (addr_is_link_local(&r->addr.ip))
		return true;
	trunk = netdev_by_index(ifindex, &dev) ? 0 : netdev_trunk(&dev);
	return trunk && trunk == netdev_trunk(&r->dev);
}

static int find_same(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct search *s = arg;

	if (!ipt_addr_equal(&key->addr, &s->r->addr.ip))
		return 0;
	s->elsewhere = is_another(s->r, key->ifindex, vip);
	s->ifindex = key->ifindex;
	s->group = vip->group;
	return !s->elsewhere;
}

static int refuse_duplicate(const struct request *r, const struct search *s, struct err *e)
{
	struct ipt_group group = {0};
	struct netdev dev;

	if (netdev_by_index(s->ifindex, &dev))
		(void)snprintf(dev.name, sizeof(dev.name), "#%u", s->ifindex);
	(void)kern_group_get(r->k, s->group, &group);
	return err_set(e, -EEXIST, "address '%s' is in group '%s' on '%s' already", r->text,
		       group.name, dev.name);
}

static int check_free(const struct request *r, struct err *e)
{
	struct search s = {.r = r};
	int present;

	if (kern_vip_each(r->k, find_same, &s) > 0)
		return refuse_duplicate(r, &s, e);
	if (!ipt_addr_is_v4(&r->addr.ip) && !netdev_has_ipv6(r->dev.name))
		return err_set(e, -EAFNOSUPPORT,
			       "address '%s': %s has no IPv6 (net.ipv6.conf.%s.disable_ipv6 is "
			       "set, or the MTU "
			       "is below 1280)",
			       r->text, r->dev.name, r->dev.name);
	present = netdev_addr_present(s.elsewhere ? r->dev.ifindex : 0, &r->addr.ip);
	if (present < 0)
		return err_set(e, present, "addresses of this host: %s", strerror(-present));
	if (present)
		return err_set(e, -EEXIST,
			       "address '%s' is configured on an interface of this host, and not "
			       "by us: remove it there first",
			       r->text);
	return 0;
}

static bool held(const struct request *r, uint32_t group)
{
	return lease_live(kern_leases(r->k)[group], clock_now_ns());
}

struct cover {
	const struct request *r;
	bool found;
};

static void look(uint32_t ifindex, const struct addr *own, void *arg)
{
	struct cover *c = arg;
	struct ipt_vip ignored;

	if (ifindex == c->r->dev.ifindex && !own->host && addr_covers(own, &c->r->addr) &&
	    kern_vip_get(c->r->k, ifindex, own->ip, &ignored))
		c->found = true;
}

/* Nothing is lost without the route that comes with the prefix: an address that stays has brought it. */
static bool as_host(const struct request *r)
{
	struct cover c = {r, r->addr.prefix_len == addr_bits(&r->addr.ip)};

	/* What was not seen in a table that changes is as if it were not there. */
	(void)netdev_addr_each(look, &c);
	return c.found;
}

/* Into the map, and onto the interface at once if we hold the group. */
static int put(const struct request *r, uint32_t group, struct err *e)
{
	struct ipt_vip vip = {.group = group, .prefix_len = r->addr.prefix_len};
	bool install = held(r, group);
	struct addr form;
	int err;

	(void)memcpy(vip.mac, r->dev.mac, sizeof(vip.mac));
	/* Marked before it is there: a crash in between must not leave an address that nobody removes. */
	vip.flags = (install ? IPT_VIP_F_ADDED : 0) | (as_host(r) ? IPT_VIP_F_HOST : 0);
	if (!ipt_addr_is_v4(&r->addr.ip) && netdev_routes_ipv6(r->dev.name))
		vip.flags |= IPT_VIP_F_ROUTER;
	err = kern_vip_set(r->k, r->dev.ifindex, r->addr.ip, &vip);
	if (err)
		(void)err_set(e, err, "address '%s': %s", r->text, strerror(-err));
	/* The kernel may answer ARP for such a one by any interface. */
	if (!err && !(vip.flags & IPT_VIP_F_HOST) && ipt_addr_is_v4(&r->addr.ip))
		err = sysctl_guard_all(r->k, e);
	form = vip_form(&vip, &r->addr.ip);
	if (!err && install)
		err = netdev_addr_add(r->dev.ifindex, &form, 1, false, e);
	/* Of what failed, one of the maps may have a part. */
	if (err)
		(void)kern_vip_del(r->k, r->dev.ifindex, r->addr.ip);
	return err;
}

static int add(const struct request *r, struct err *e)
{
	bool existed = kern_group_find(r->k, r->group) >= 0;
	struct vip_list list;
	int group, err;

	err = check_free(r, e);
	if (err)
		return err;
	group = kern_group_make(r->k, r->group, false, e);
	if (group < 0)
		return group;
	err = vips_collect(r->k, (uint32_t)group, &list);
	if (err)
		return err_set(e, err, "group '%s': %s", r->group, strerror(-err));
	if (list.n >= CONFIG_MAX_KERNEL_ADDRESSES)
		err = err_set(e, -E2BIG,
			      "group '%s' has %u addresses: for more, give this host 'local PREFIX "
			      "dev lo' and a configuration with address = \"none\"",
			      r->group, list.n);
	vips_free(&list);
	if (!err)
		err = put(r, (uint32_t)group, e);
	if (err && !existed)
		(void)kern_group_drop(r->k, (uint32_t)group);
	return err;
}

/* The address goes before its entry: as long as it is there, it must be fenced. */
static int take_out(const struct request *r, uint32_t group, const struct ipt_vip *vip,
		    struct err *e)
{
	struct addr forms[2];
	uint32_t n = vip_forms(vip, &r->addr.ip, forms);
	struct vip_list list;
	int err = 0;

	if (vip->flags & IPT_VIP_F_ADDED)
		err = netdev_addr_del(r->dev.ifindex, forms, n, e);
	if (err)
		return err;
	err = kern_vip_del(r->k, r->dev.ifindex, r->addr.ip);
	if (!err)
		err = vips_collect(r->k, group, &list);
	if (err)
		return err_set(e, err, "address '%s': %s", r->text, strerror(-err));
	(void)kern_vips_tidy(r->k);
	if (!list.n) {
		lease_close(r->k, group);
		(void)kern_group_drop(r->k, group);
	}
	vips_free(&list);
	return 0;
}

static int del(const struct request *r, struct err *e)
{
	struct ipt_vip vip;
	int group = kern_group_find(r->k, r->group);

	if (group < 0)
		return err_set(e, -ENOENT, "there is no group '%s'", r->group);
	if (kern_vip_get(r->k, r->dev.ifindex, r->addr.ip, &vip) || vip.group != (uint32_t)group)
		return err_set(e, -ENOENT, "address '%s' is not in group '%s' on '%s'", r->text,
			       r->group, r->dev.name);
	if (vip.prefix_len != r->addr.prefix_len)
		return err_set(e, -EINVAL, "address '%s': it was added with prefix length %u",
			       r->text, vip.prefix_len);
	return take_out(r, (uint32_t)group, &vip, e);
}

/* A `take` that has read the addresses, and probes them, puts each of them into the map again. */
static int in_turn(const struct request *r, int (*work)(const struct request *r, struct err *e),
		   struct err *e)
{
	int turn = kern_turn(r->k, e), err;

	if (turn < 0)
		return turn;
	err = check_attached(r, e);
	if (!err)
		err = check_group(r, e);
	if (!err)
		err = work(r, e);
	(void)close(turn);
	return err;
}

static int run(const struct cmd_ctx *ctx, const char *name,
	       int (*work)(const struct request *r, struct err *e))
{
	struct request r = {0};
	struct err e = {0};
	int err;

	if (ctx->argc != 4 || strcmp(ctx->argv[2], "dev"))
		return CMD_USAGE;
	err = open_request(ctx, &r, &e);
	if (!err)
		err = in_turn(&r, work, &e);
	kern_close(r.k);
	if (err)
		return cmd_fail(1, "%s", e.text);
	return cmd_done("%s: %s %s dev %s", r.group, strcmp(name, "add") ? "-" : "+", r.text,
			r.dev.name);
}

int cmd_add(const struct cmd_ctx *ctx)
{
	return run(ctx, "add", add);
}

int cmd_del(const struct cmd_ctx *ctx)
{
	return run(ctx, "del", del);
}
