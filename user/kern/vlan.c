/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* VLAN devices: served by the programs on the interface below, where those see the tags; and the map that tells them. */
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <bpf/bpf.h>
#include "kern_int.h"
#include "net/strip.h"

/* The VLAN device's own tag is the inner one where it stands upon another. */
static const char *find_below(const struct netdev *dev, struct ipt_vlan_key *key,
			      struct netdev *below)
{
	struct netdev at = *dev;

	for (int depth = 0; at.vlan_proto; depth++) {
		if (depth == 2)
			return "no more than two tags are read";
		if (!at.vlan_id)
			return "the tag of VLAN 0 says a priority alone";
		if (!at.parent)
			return "the interface below is in another network namespace";
		key->inner = key->outer;
		key->outer = ipt_vlan_tag(at.vlan_proto, at.vlan_id);
		if (netdev_by_index(at.parent, &at))
			return "the interface below cannot be asked";
	}
	key->below = at.ifindex;
	*below = at;
	return NULL;
}

const char *kern_vlan_hindered(const struct netdev *dev, struct ipt_vlan_key *ret,
			       struct netdev *ret_below)
{
	const char *why;

	memset(ret, 0, sizeof(*ret));
	why = find_below(dev, ret, ret_below);
	if (why)
		return why;
	if (ret_below->virtual)
		return "the interface below has its frames from others, which take the tags off";
	if (strip_is_on(ret_below->name, (uint16_t)(ret->outer >> 16)))
		return ret->outer >> 16 == ETH_P_8021AD
			       ? "the interface below takes tags off, which XDP would have to "
				 "see (ethtool: rx-vlan-stag-hw-parse off)"
			       : "the interface below takes tags off, which XDP would have to "
				 "see (ethtool: rxvlan off)";
	return NULL;
}

int kern_vlan_set(struct kern *k, const struct ipt_iface *iface)
{
	return bpf_map_update_elem(k->map[KMAP_VLANS], &iface->vlan, &iface->ifindex, BPF_ANY);
}

bool kern_vlan_its(struct kern *k, const struct ipt_iface *iface)
{
	uint32_t there;

	return !bpf_map_lookup_elem(k->map[KMAP_VLANS], &iface->vlan, &there) &&
	       there == iface->ifindex;
}

/* One that was made anew has the place already. */
int kern_vlan_del(struct kern *k, const struct ipt_iface *iface)
{
	return kern_vlan_its(k, iface) ? bpf_map_delete_elem(k->map[KMAP_VLANS], &iface->vlan) : 0;
}

bool kern_vlan_there(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_vlan_key key;
	struct netdev dev, below;

	if (!kern_vlan_its(k, iface))
		return false;
	/* One that is gone is no question of tags. */
	if (netdev_by_index(iface->ifindex, &dev))
		return true;
	return !kern_vlan_hindered(&dev, &key, &below) && !memcmp(&key, &iface->vlan, sizeof(key));
}

const char *kern_iface_apart(const struct ipt_iface *iface)
{
	struct ipt_vlan_key key;
	struct netdev dev, below;
	const char *why;

	if (iface->vlan.below || netdev_by_index(iface->ifindex, &dev) || !dev.vlan_proto)
		return NULL;
	why = kern_vlan_hindered(&dev, &key, &below);
	return why ? why : "generic mode was asked for";
}
