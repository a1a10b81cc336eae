/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the kernel from answering for floating addresses itself: the sysctls of all interfaces. */
#include "addr/sysctl.h"
#include "setup.h"

bool setup_is_managed(const struct ipt_vip_key *key, const struct ipt_vip *vip, const void *groups)
{
	(void)key;
	return vip->group < IPT_MAX_GROUPS &&
	       ((const volatile struct ipt_group *)groups)[vip->group].managed;
}

static int find_by_hand(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *groups)
{
	return !setup_is_managed(key, vip, groups);
}

static bool has_standing(const struct daemon *d, uint32_t ifindex)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (d->cfg.groups[i].address == ADDRESS_STANDING && plan_on(&d->plan, i, ifindex))
			return true;
	return false;
}

int setup_silence(struct daemon *d, bool wide, struct err *e)
{
	struct sysctl_known known = {.wide = wide || d->plan.wide};

	/* A witness has no address that the kernel could answer for, but an operator may have added some beside it. */
	if (d->cfg.witness && !kern_vip_each(d->k, find_by_hand, (void *)kern_groups(d->k)))
		return 0;
	for (unsigned int i = 0; i < d->plan.nifaces; i++)
		if (has_standing(d, d->plan.iface[i].ifindex))
			known.standing[known.nstanding++] = d->plan.iface[i].ifindex;
	return sysctl_guard_known(d->k, &known, e);
}
