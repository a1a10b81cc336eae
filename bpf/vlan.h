/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which VLAN device a frame is of, by its tags: our programs stand on the interface below. */
#ifndef IPT_VLAN_H
#define IPT_VLAN_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include "maps.h"

/* The tags that name a VLAN, from the outside; 0: none. Those of VLAN 0 say a priority alone, and are not here. */
struct vlan_path {
	__u32 outer, inner;
	__u32 more;
};

static __always_inline void vlan_path_add(struct vlan_path *v, __be16 proto_be16, __be16 tci_be16)
{
	__u32 tag = ipt_vlan_tag(bpf_ntohs(proto_be16), bpf_ntohs(tci_be16));

	if (!tag)
		return;
	if (!v->outer)
		v->outer = tag;
	else if (!v->inner)
		v->inner = tag;
	else
		v->more = 1;
}

/*
 * Where a frame is that has come by, or leaves by, an interface with our programs. Its address is looked for among those of
 * the VLAN device first, then among those below: the same address may float in both, and is two things then.
 */
struct vlan_place {
	__u32 ifindex; /* the VLAN device if it is one of ours */
	__u32 below; /* where our programs are; 0: that is `ifindex` */
	__u32 in_vlan; /* a tag names a network that `ifindex` is not in */
};

static __always_inline __u32 vlan_device(__u32 below, __u32 outer, __u32 inner)
{
	struct ipt_vlan_key key = {.below = below, .outer = outer, .inner = inner};
	__u32 *ifindex = bpf_map_lookup_elem(&vlans, &key);

	return ifindex ? *ifindex : 0;
}

/* Of a frame with a tag that names a VLAN. In another VLAN upon one of ours it is in a network that we do not know. */
static __noinline int vlan_find(const struct vlan_path *v, struct vlan_place *place)
{
	__u32 below = place->ifindex, ifindex = 0;

	place->in_vlan = 1;
	if (!v->more)
		ifindex = vlan_device(below, v->outer, v->inner);
	if (ifindex)
		place->in_vlan = 0;
	else if (v->inner)
		ifindex = vlan_device(below, v->outer, 0);
	if (!ifindex)
		return 0;
	place->ifindex = ifindex;
	place->below = below;
	return 0;
}

#endif
