/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the memberships that the floating addresses need. */
#include "multicast.h"

#include <errno.h>
#include <string.h>
#include "daemon.h"
#include "edge.h"
#include "net/membership.h"

static int want(struct membership *m, const struct vip_list *list)
{
	int err = 0;

	for (uint32_t i = 0; i < list->n && !err; i++)
		if (!ipt_addr_is_v4(&list->addrs[i].ip))
			err = membership_want(m, list->addrs[i].ifindex, &list->addrs[i].ip);
	return err;
}

int multicast_open(struct daemon *d)
{
	struct membership *m = membership_new();
	int err = m ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < d->cfg.ngroups && !err; i++)
		err = want(m, &d->groups[i].list);
	d->multicast.membership = m;
	return err;
}

void multicast_close(struct daemon *d)
{
	membership_free(d->multicast.membership);
	d->multicast.membership = NULL;
}

void multicast_keep(struct daemon *d, struct multicast_look *ret)
{
	ret->err = membership_keep(d->multicast.membership, &ret->missing);
}

void multicast_kept(struct daemon *d, const struct multicast_look *look)
{
	if (look->err && look->err != d->multicast.told)
		edge_alarm(d, NULL,
			   "%u groups of IPv6 floating addresses are not joined, and a switch may "
			   "keep questions from this host: %s",
			   look->missing, strerror(-look->err));
	else if (!look->err && d->multicast.told)
		edge_over(d, NULL, "groups of IPv6 floating addresses are joined");
	d->multicast.told = look->err;
}
