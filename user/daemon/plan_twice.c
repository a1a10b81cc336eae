/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An address that is configured on two interfaces: two addresses in two VLANs of one interface, else a mistake. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

struct place {
	const struct addr *addr;
	uint32_t group;
	uint32_t trunk; /* see netdev_trunk() */
};

static int place_order(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = addr_order(&a->addr->ip, &b->addr->ip);

	/* Of one address in the order of the file. */
	return order ? order : a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* Each interface is asked for once, not for each of its addresses. */
static void find_trunks(const struct plan *p, uint32_t group, uint32_t ret[])
{
	struct netdev dev;

	for (uint32_t i = 0; i < p->cfg->groups[group].nifaces; i++)
		ret[i] = netdev_by_index(p->group[group][i].ifindex, &dev) ? 0 : netdev_trunk(&dev);
}

static int collect(const struct plan *p, struct place **ret, uint32_t *ret_n)
{
	uint32_t trunk[CONFIG_MAX_GROUP_IFACES], n = 0, g, i;

	for (g = 0; g < p->cfg->ngroups; g++)
		for (i = 0; i < p->cfg->groups[g].naddrs; i++)
			n += p->cfg->groups[g].addrs[i].again;
	*ret_n = 0;
	*ret = n ? calloc(n, sizeof(**ret)) : NULL;
	if (n && !*ret)
		return -ENOMEM;
	for (g = 0; n && g < p->cfg->ngroups; g++) {
		const struct config_group *cg = &p->cfg->groups[g];

		find_trunks(p, g, trunk);
		for (i = 0; i < cg->naddrs; i++)
			if (cg->addrs[i].again && plan_of(p, g, &cg->addrs[i])->ifindex)
				(*ret)[(*ret_n)++] =
					(struct place){&cg->addrs[i], g, trunk[cg->addrs[i].iface]};
	}
	return 0;
}

static int refuse(const struct plan *p, const struct place *one, const struct place *other,
		  struct err *e)
{
	const struct config_group *g = &p->cfg->groups[other->group],
				  *h = &p->cfg->groups[one->group];
	char text[ADDR_TEXT];

	return err_set(e, -EINVAL,
		       "address '%s' of group '%s' on %s is in group '%s' on %s already: these are "
		       "not two VLANs of one interface",
		       addr_text(&one->addr->ip, text), h->name, h->iface[one->addr->iface],
		       g->name, g->iface[other->addr->iface]);
}

int plan_check_twice(const struct plan *p, struct err *e)
{
	struct place *places;
	uint32_t n;
	int err = collect(p, &places, &n);

	if (err)
		return err_set(e, err, "out of memory");
	if (n)
		qsort(places, n, sizeof(*places), place_order);
	for (uint32_t i = 1; i < n && !err; i++) {
		const struct place *a = &places[i - 1], *b = &places[i];

		/* A link-local one is another one on each link. */
		if (ipt_addr_equal(&a->addr->ip, &b->addr->ip) &&
		    !addr_is_link_local(&a->addr->ip) && (!a->trunk || a->trunk != b->trunk))
			err = refuse(p, b, a, e);
	}
	free(places);
	return err;
}
