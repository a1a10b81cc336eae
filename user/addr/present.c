/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which floating addresses the kernel has, by one dump of all that it has. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include "addrs.h"
#include "net/netdev.h"

#define DUMPS 3 /* a dump that the table changed under is made again */

struct present {
	const struct vip_list *const *lists;
	uint32_t n, *ret;
	uint32_t lo;
};

static void note(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct present *p = arg;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct vip_list *list = p->lists[i];

		/* "standing" addresses are of an interface, and lie on lo; those that others put ("none") may. */
		for (uint32_t at = 0; ifindex == p->lo && at < list->n;
		     at = vips_same_iface(list, at)) {
			const struct ipt_vip *vip =
				vips_find(list, list->addrs[at].ifindex, &addr->ip);

			p->ret[i] += vip && vip->flags & (IPT_VIP_F_STANDING | IPT_VIP_F_NONE);
		}
		if (ifindex != p->lo)
			p->ret[i] += vips_find(list, ifindex, &addr->ip) != NULL;
	}
}

int vips_present(const struct vip_list *const lists[], uint32_t n, uint32_t ret[])
{
	struct present p = {.lists = lists, .n = n, .ret = ret, .lo = if_nametoindex("lo")};
	int err = -EINTR;

	for (unsigned int i = 0; i < DUMPS && err == -EINTR; i++) {
		memset(ret, 0, n * sizeof(*ret));
		err = netdev_addr_each(note, &p);
	}
	return err;
}
