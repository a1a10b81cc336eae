/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of attachments, by which a later process finds and undoes them. */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include "kern_int.h"

int kern_record_find(struct kern *k, uint32_t ifindex, struct ipt_iface *ret)
{
	struct ipt_iface iface;
	uint32_t i;

	for (i = 0; i < IPT_MAX_IFACES; i++)
		if (!bpf_map_lookup_elem(k->map[KMAP_IFACES], &i, &iface) &&
		    iface.ifindex == ifindex) {
			*ret = iface;
			return (int)i;
		}
	return -ENOENT;
}

int kern_record_write(struct kern *k, uint32_t i, const struct ipt_iface *iface, struct err *e)
{
	int err = bpf_map_update_elem(k->map[KMAP_IFACES], &i, iface, BPF_ANY);

	return err ? err_set(e, err, "%s: %s: %s", k->dir, "ifaces", strerror(-err)) : 0;
}

/* Is it a VLAN device's, with the programs on the interface of that number? */
static bool stands_on(const struct ipt_iface *iface, uint32_t below)
{
	return iface->ifindex && iface->vlan.below == below;
}

bool kern_record_carries(struct kern *k, uint32_t below)
{
	struct ipt_iface iface;
	uint32_t i;

	for (i = 0; i < IPT_MAX_IFACES; i++)
		if (!bpf_map_lookup_elem(k->map[KMAP_IFACES], &i, &iface) &&
		    stands_on(&iface, below))
			return true;
	return false;
}

struct ipt_iface kern_record_below(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_iface below = *iface;

	if (iface->vlan.below && kern_record_find(k, iface->vlan.below, &below) < 0)
		below = (struct ipt_iface){.ifindex = iface->vlan.below};
	return below;
}

/* A VLAN device's programs are those below; nobody has asked for an interface that is there for it alone. */
static bool complete(struct kern *k, struct ipt_iface *iface)
{
	const uint32_t programs = IPT_IF_NATIVE | IPT_IF_CHAINED;
	struct ipt_iface below;

	if (!iface->ifindex)
		return false;
	if (!iface->vlan.below)
		return !(iface->flags & IPT_IF_BELOW) || !kern_record_carries(k, iface->ifindex);
	below = kern_record_below(k, iface);
	iface->flags |= below.flags & programs;
	iface->xdp_prog_id = below.xdp_prog_id;
	iface->fence_prog_id = below.fence_prog_id;
	return true;
}

int kern_ifaces(struct kern *k, struct ipt_iface ret[IPT_MAX_IFACES])
{
	uint32_t i;
	int n = 0;

	for (i = 0; i < IPT_MAX_IFACES; i++)
		if (!bpf_map_lookup_elem(k->map[KMAP_IFACES], &i, &ret[n]) && complete(k, &ret[n]))
			n++;
	return n;
}
