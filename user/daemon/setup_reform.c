/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses that lie on their interface in another form than this configuration wants, as when `prefix` has changed. The
 * kernel takes an IPv4 address twice if the prefix lengths differ: the new one comes before the old one goes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "addr/addrs.h"
#include "net/netdev.h"
#include "setup.h"

bool setup_reforms(const struct ipt_vip *old, const struct ipt_vip *now, const struct ipt_addr *ip)
{
	const uint8_t elsewhere = IPT_VIP_F_NONE | IPT_VIP_F_STANDING;

	return old && old->flags & now->flags & IPT_VIP_F_ADDED &&
	       !((old->flags | now->flags) & elsewhere) && ipt_addr_is_v4(ip) &&
	       vip_form(old, ip).prefix_len != vip_form(now, ip).prefix_len;
}

struct reform {
	struct addr *from, *to;
	uint32_t *at; /* in the group's list */
	uint32_t n;
	bool wide;
};

/* Of first..end-1, which are on one interface. */
static int collect(const struct daemon *d, const struct vip_list *list, uint32_t first,
		   uint32_t end, struct reform *ret)
{
	*ret = (struct reform){.from = calloc(end - first, sizeof(*ret->from)),
			       .to = calloc(end - first, sizeof(*ret->to)),
			       .at = calloc(end - first, sizeof(*ret->at))};
	if (!ret->from || !ret->to || !ret->at)
		return -ENOMEM;
	for (uint32_t i = first; i < end; i++) {
		const struct ipt_addr *ip = &list->addrs[i].ip;
		const struct ipt_vip *old = vips_find(&d->plan.known, list->addrs[i].ifindex, ip);

		if (!setup_reforms(old, &list->vips[i], ip))
			continue;
		ret->from[ret->n] = vip_form(old, ip);
		ret->to[ret->n] = vip_form(&list->vips[i], ip);
		ret->wide = ret->wide || !ret->to[ret->n].host;
		ret->at[ret->n++] = i;
	}
	return 0;
}

/* Until now the map had both forms. */
static int settle(struct daemon *d, const struct vip_list *list, const struct reform *r)
{
	int err = 0;

	for (uint32_t i = 0; i < r->n && !err; i++)
		err = kern_vip_set(d->k, list->addrs[r->at[i]].ifindex, list->addrs[r->at[i]].ip,
				   &list->vips[r->at[i]]);
	return err;
}

static int reform(struct daemon *d, const struct vip_list *list, uint32_t first, uint32_t end,
		  struct err *e)
{
	struct reform r;
	int err = collect(d, list, first, end, &r);

	if (err)
		(void)err_set(e, err, "out of memory");
	/* Before the kernel could answer for it by another interface. */
	if (!err && r.wide)
		err = setup_silence(d, true, e);
	if (!err)
		err = netdev_addr_reform(list->addrs[first].ifindex, r.from, r.to, r.n, e);
	if (!err && r.n) {
		err = settle(d, list, &r);
		if (err)
			(void)err_set(e, err, "map vips: %s", strerror(-err));
	}
	free(r.from);
	free(r.to);
	free(r.at);
	return err;
}

int setup_reform(struct daemon *d, uint32_t group, struct err *e)
{
	const struct vip_list *list = &d->groups[group].list;
	int err = 0;

	for (uint32_t i = 0, end; i < list->n && !err; i = end) {
		end = vips_same_iface(list, i);
		err = reform(d, list, i, end, e);
	}
	return err;
}
