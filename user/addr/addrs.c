/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Collects a group's floating addresses; marks, adds and removes those that live on the interface. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "addrs.h"
#include "net/netdev.h"

struct vip_pair {
	struct announce_addr addr;
	struct ipt_vip vip;
};

struct collect {
	vips_want want;
	const void *arg;
	struct vip_pair *pairs;
	uint32_t n, room;
};

static int collect_one(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg)
{
	struct collect *c = arg;
	struct vip_pair *pair;

	if (!c->want(key, vip, c->arg))
		return 0;
	if (c->n == c->room) {
		uint32_t room = c->room ? 2 * c->room : 64;

		pair = reallocarray(c->pairs, room, sizeof(*pair));
		if (!pair)
			return -ENOMEM;
		c->pairs = pair;
		c->room = room;
	}
	pair = &c->pairs[c->n++];
	pair->vip = *vip;
	pair->addr.ifindex = key->ifindex;
	pair->addr.ip = key->addr;
	memcpy(pair->addr.mac, vip->mac, sizeof(pair->addr.mac));
	pair->addr.flags = ipt_net_flags(vip);
	return 0;
}

static int list_order(const void *left, const void *right)
{
	const struct announce_addr *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return addr_order(&a->ip, &b->ip);
}

static int pair_order(const void *left, const void *right)
{
	return list_order(&((const struct vip_pair *)left)->addr,
			  &((const struct vip_pair *)right)->addr);
}

int vips_collect_if(struct kern *k, vips_want want, const void *arg, struct vip_list *ret)
{
	struct collect c = {.want = want, .arg = arg};
	struct vip_list list = {0};
	uint32_t i;
	int err;

	err = kern_vip_each(k, collect_one, &c);
	if (err)
		goto out;
	list.addrs = calloc(c.n + 1, sizeof(*list.addrs));
	list.vips = calloc(c.n + 1, sizeof(*list.vips));
	if (!list.addrs || !list.vips) {
		vips_free(&list);
		err = -ENOMEM;
		goto out;
	}
	if (c.n)
		qsort(c.pairs, c.n, sizeof(*c.pairs), pair_order);
	for (i = 0; i < c.n; i++) {
		list.addrs[i] = c.pairs[i].addr;
		list.vips[i] = c.pairs[i].vip;
	}
	list.n = c.n;
	*ret = list;
out:
	free(c.pairs);
	return err;
}

static bool in_group(const struct ipt_vip_key *key, const struct ipt_vip *vip, const void *group)
{
	(void)key;
	return vip->group == *(const uint32_t *)group;
}

int vips_collect(struct kern *k, uint32_t group, struct vip_list *ret)
{
	return vips_collect_if(k, in_group, &group, ret);
}

void vips_free(struct vip_list *list)
{
	free(list->addrs);
	free(list->vips);
	memset(list, 0, sizeof(*list));
}

const struct ipt_vip *vips_find(const struct vip_list *list, uint32_t ifindex,
				const struct ipt_addr *ip)
{
	const struct announce_addr key = {.ifindex = ifindex, .ip = *ip}, *found;

	found = bsearch(&key, list->addrs, list->n, sizeof(key), list_order);
	return found ? &list->vips[found - list->addrs] : NULL;
}

uint32_t vips_same_iface(const struct vip_list *list, uint32_t first)
{
	uint32_t i = first;

	while (i < list->n && list->addrs[i].ifindex == list->addrs[first].ifindex)
		i++;
	return i;
}

static bool on_iface(const struct ipt_vip *vip)
{
	return !(vip->flags & (IPT_VIP_F_NONE | IPT_VIP_F_STANDING));
}

static bool marked(const struct ipt_vip *vip)
{
	return vip->flags & IPT_VIP_F_ADDED && on_iface(vip);
}

uint32_t vips_to_install(const struct vip_list *list)
{
	uint32_t i, n = 0;

	for (i = 0; i < list->n; i++)
		n += on_iface(&list->vips[i]);
	return n;
}

uint32_t vips_installed(const struct vip_list *list)
{
	uint32_t i, n = 0;

	for (i = 0; i < list->n; i++)
		n += marked(&list->vips[i]);
	return n;
}

static int mark(struct kern *k, struct vip_list *list, uint32_t i, bool on)
{
	struct ipt_vip vip = list->vips[i];
	int err;

	vip.flags = on ? vip.flags | IPT_VIP_F_ADDED : vip.flags & ~IPT_VIP_F_ADDED;
	err = kern_vip_set(k, list->addrs[i].ifindex, list->addrs[i].ip, &vip);
	if (!err)
		list->vips[i] = vip;
	return err;
}

/* A stretch of the list: one interface, all marked or all unmarked, none of them another mode's. */
struct stretch {
	uint32_t first, end;
	bool marked;
};

static bool next_stretch(const struct vip_list *list, struct stretch *s)
{
	uint32_t i = s->end, end;

	while (i < list->n && !on_iface(&list->vips[i]))
		i++;
	if (i == list->n)
		return false;
	end = vips_same_iface(list, i);
	s->first = i;
	s->marked = marked(&list->vips[i]);
	while (i < end && on_iface(&list->vips[i]) && marked(&list->vips[i]) == s->marked)
		i++;
	s->end = i;
	return true;
}

struct addr vip_as_host(const struct ipt_addr *ip)
{
	return (struct addr){.ip = *ip, .prefix_len = addr_bits(ip), .host = true};
}

struct addr vip_form(const struct ipt_vip *vip, const struct ipt_addr *ip)
{
	struct addr a = {.ip = *ip,
			 .prefix_len = vip->prefix_len,
			 .host = !ipt_addr_is_v4(ip),
			 .scope = vip->scope};

	/* IPv6 has no scope that would say so, and its deprecated addresses serve as well as others. */
	if (vip->flags & IPT_VIP_F_HOST) {
		a.prefix_len = addr_bits(ip);
		a.host = !ipt_vip_scope_is_wide(vip->scope);
	}
	memcpy(a.label, vip->label, sizeof(a.label));
	return a;
}

uint32_t vip_forms(const struct ipt_vip *vip, const struct ipt_addr *ip, struct addr ret[2])
{
	ret[0] = vip_form(vip, ip);
	ret[1] = (struct addr){.ip = *ip, .prefix_len = vip->prefix_len};
	return ret[0].prefix_len == ret[1].prefix_len ? 1 : 2;
}

static struct addr *stretch_addrs(const struct vip_list *list, const struct stretch *s)
{
	struct addr *addrs = calloc(s->end - s->first, sizeof(*addrs));
	uint32_t i;

	for (i = s->first; addrs && i < s->end; i++)
		addrs[i - s->first] = vip_form(&list->vips[i], &list->addrs[i].ip);
	return addrs;
}

/* All that may be ours there. */
static int remove_stretch(const struct vip_list *list, const struct stretch *s, struct err *e)
{
	struct addr *addrs = calloc(s->end - s->first, 2 * sizeof(*addrs));
	uint32_t n = 0;
	int err;

	if (!addrs)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = s->first; i < s->end; i++)
		n += vip_forms(&list->vips[i], &list->addrs[i].ip, addrs + n);
	err = netdev_addr_del(list->addrs[s->first].ifindex, addrs, n, e);
	free(addrs);
	return err;
}

static void unmark_stretch(struct kern *k, struct vip_list *list, const struct stretch *s)
{
	uint32_t i;

	for (i = s->first; i < s->end; i++)
		(void)mark(k, list, i, false);
}

static int install_stretch(struct kern *k, struct vip_list *list, const struct stretch *s,
			   bool accept, struct err *e)
{
	struct addr *addrs = stretch_addrs(list, s);
	uint32_t i;
	int err;

	if (!addrs)
		return err_set(e, -ENOMEM, "out of memory");
	for (i = s->first; i < s->end; i++) {
		err = s->marked ? 0 : mark(k, list, i, true);
		if (err) {
			unmark_stretch(k, list, s);
			(void)err_set(e, err, "map vips: %s", strerror(-err));
			goto out;
		}
	}
	/* Marked from an earlier run: there already, or lost in a crash before netlink was asked. */
	err = netdev_addr_add(list->addrs[s->first].ifindex, addrs, s->end - s->first,
			      accept || s->marked, e);
	if (err && !s->marked)
		unmark_stretch(k, list, s);
out:
	free(addrs);
	return err;
}

static int install(struct kern *k, struct vip_list *list, bool accept, struct err *e)
{
	struct stretch s = {0};
	struct err ignored;
	int err = 0;

	while (!err && next_stretch(list, &s))
		err = install_stretch(k, list, &s, accept, e);
	if (err)
		(void)vips_uninstall(k, list, &ignored);
	return err;
}

int vips_install(struct kern *k, struct vip_list *list, struct err *e)
{
	return install(k, list, false, e);
}

int vips_accept(struct kern *k, struct vip_list *list, struct err *e)
{
	return install(k, list, true, e);
}

int vips_uninstall(struct kern *k, struct vip_list *list, struct err *e)
{
	struct stretch s = {0};
	struct err later;
	int err, ret = 0;

	while (next_stretch(list, &s)) {
		if (!s.marked)
			continue;
		err = remove_stretch(list, &s, ret ? &later : e);
		if (!err)
			unmark_stretch(k, list, &s);
		else if (!ret)
			ret = err;
	}
	return ret;
}

static bool stands(const struct ipt_vip *vip)
{
	return vip->flags & IPT_VIP_F_ADDED && vip->flags & IPT_VIP_F_STANDING;
}

/* To be freed; NULL: no memory. */
static struct addr *standing_addrs(const struct vip_list *list, uint32_t *ret_n)
{
	struct addr *addrs = calloc(list->n + 1, sizeof(*addrs));

	*ret_n = 0;
	for (uint32_t i = 0; addrs && i < list->n; i++)
		if (stands(&list->vips[i]))
			addrs[(*ret_n)++] = vip_as_host(&list->addrs[i].ip);
	return addrs;
}

static int remove_standing(struct kern *k, struct vip_list *list, struct err *e)
{
	uint32_t n;
	struct addr *addrs = standing_addrs(list, &n);
	int err;

	if (!addrs)
		return err_set(e, -ENOMEM, "out of memory");
	err = netdev_addr_del(LOOPBACK, addrs, n, e);
	for (uint32_t i = 0; i < list->n && !err; i++)
		if (stands(&list->vips[i]))
			(void)mark(k, list, i, false);
	free(addrs);
	return err;
}

static int restore_standing(const struct vip_list *list, uint32_t *ret_added, struct err *e)
{
	uint32_t n;
	struct addr *addrs = standing_addrs(list, &n);
	int err;

	if (!addrs)
		return err_set(e, -ENOMEM, "out of memory");
	err = netdev_addr_restore(LOOPBACK, addrs, n, ret_added, e);
	free(addrs);
	return err;
}

int vips_restore(const struct vip_list *list, uint32_t *ret_added, struct err *e)
{
	struct stretch s = {0};
	uint32_t added;
	int err = restore_standing(list, ret_added, e);

	while (!err && next_stretch(list, &s)) {
		struct addr *addrs;

		if (!s.marked)
			continue;
		addrs = stretch_addrs(list, &s);
		added = 0;
		err = addrs ? netdev_addr_restore(list->addrs[s.first].ifindex, addrs,
						  s.end - s.first, &added, e)
			    : err_set(e, -ENOMEM, "out of memory");
		*ret_added += added;
		free(addrs);
	}
	return err;
}

int vips_remove(struct kern *k, struct vip_list *list, struct err *e)
{
	int err = vips_uninstall(k, list, e);

	return err ? err : remove_standing(k, list, e);
}
