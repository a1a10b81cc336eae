/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which addresses of the host move and which stay, and what follows for how those that move are put there. */
#include <errno.h>
#include <string.h>
#include "plan.h"

#define MAX_DUMPS 8

static bool any(const struct ipt_vip_key *key, const struct ipt_vip *vip, const void *arg)
{
	(void)key;
	(void)vip;
	(void)arg;
	return true;
}

int plan_know(struct plan *p, struct kern *k, struct err *e)
{
	int err;

	vips_free(&p->known);
	err = vips_collect_if(k, any, NULL, &p->known);
	if (err)
		return err_set(e, err, "map vips: %s", strerror(-err));
	p->managed = 0;
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++)
		p->managed |= kern_groups(k)[i].managed ? 1ull << i : 0;
	return 0;
}

static bool in_file(const struct config *c, const struct ipt_addr *ip)
{
	for (uint32_t i = 0; i < c->ngroups; i++)
		for (uint32_t a = 0; a < c->groups[i].naddrs; a++)
			if (ipt_addr_equal(&c->groups[i].addrs[a].ip, ip))
				return true;
	return false;
}

/* Added by hand; or put there for a file that had it. */
static bool moves(const struct plan *p, const struct ipt_vip *vip)
{
	return vip->flags & IPT_VIP_F_ADDED || vip->group >= IPT_MAX_GROUPS ||
	       !(p->managed & 1ull << vip->group);
}

static bool in_maps(const struct plan *p, const struct ipt_addr *ip)
{
	for (uint32_t i = 0; i < p->known.n; i++)
		if (ipt_addr_equal(&p->known.addrs[i].ip, ip) && moves(p, &p->known.vips[i]))
			return true;
	return false;
}

bool plan_floats(const struct plan *p, const struct ipt_addr *ip)
{
	return in_file(p->cfg, ip) || in_maps(p, ip);
}

static bool is_group_iface(const struct plan *p, uint32_t ifindex)
{
	for (uint32_t i = 0; i < p->cfg->ngroups; i++)
		if (plan_on(p, i, ifindex))
			return true;
	return false;
}

static void note(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct plan *p = arg;
	struct found *f = &p->found;

	if (f->nown < FOUND_OWN && !addr->host && is_group_iface(p, ifindex) &&
	    !plan_floats(p, &addr->ip))
		f->own[f->nown++] = (struct found_own){ifindex, *addr};
}

int plan_own(struct plan *p, struct err *e)
{
	int err = -EINTR;

	if (p->found.given || p->cfg->witness)
		return 0;
	for (int i = 0; i < MAX_DUMPS && err == -EINTR; i++) {
		p->found.nown = 0;
		err = netdev_addr_each(note, p);
	}
	return err ? err_set(e, err, "own addresses: %s", strerror(-err)) : 0;
}

/* The network's route, which comes with the prefix, is there without it. */
static bool is_covered(const struct plan *p, uint32_t ifindex, const struct addr *a)
{
	if (a->prefix_len == addr_bits(&a->ip))
		return true;
	for (unsigned int i = 0; i < p->found.nown; i++)
		if (p->found.own[i].ifindex == ifindex && addr_covers(&p->found.own[i].addr, a))
			return true;
	return false;
}

bool plan_as_host(const struct plan *p, uint32_t group, const struct addr *a)
{
	const struct config_group *g = &p->cfg->groups[group];
	uint32_t ifindex = plan_of(p, group, a)->ifindex;
	const struct ipt_vip *known;

	if (g->address != ADDRESS_OWNER)
		return false;
	known = vips_find(&p->known, ifindex, &a->ip);
	/* IPv6 does not lie there in two forms at a time: as it lies, until it is put there the next time. */
	if (!ipt_addr_is_v4(&a->ip) && known && known->flags & IPT_VIP_F_ADDED)
		return known->flags & IPT_VIP_F_HOST;
	return g->prefix == PREFIX_AUTO && is_covered(p, ifindex, a);
}
