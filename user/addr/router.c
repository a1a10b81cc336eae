/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the R flag in the maps. */
#include "router.h"

#include "addrs.h"

int router_say(struct kern *k, uint32_t group, uint32_t ifindex, bool router)
{
	struct vip_list list;
	int err = vips_collect(k, group, &list);

	if (err)
		return err;
	for (uint32_t i = 0; i < list.n && !err; i++) {
		struct ipt_vip vip = list.vips[i];

		vip.flags = router ? vip.flags | IPT_VIP_F_ROUTER : vip.flags & ~IPT_VIP_F_ROUTER;
		if (list.addrs[i].ifindex == ifindex && !ipt_addr_is_v4(&list.addrs[i].ip) &&
		    vip.flags != list.vips[i].flags)
			err = kern_vip_set(k, list.addrs[i].ifindex, list.addrs[i].ip, &vip);
	}
	vips_free(&list);
	return err;
}
