/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a link message of rtnetlink says. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>
#include "netdev_nl.h"

static void parse_xdp(const struct nlattr *xdp, struct netdev *dev)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, xdp)
	{
		if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED &&
		    mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
			dev->xdp = mnl_attr_get_u8(attr) == XDP_ATTACHED_NONE ? NETDEV_XDP_NONE
									      : NETDEV_XDP_SOME;
	}
}

static void parse_vlan(const struct nlattr *data, struct netdev *dev)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
			continue;
		if (mnl_attr_get_type(attr) == IFLA_VLAN_ID)
			dev->vlan_id = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == IFLA_VLAN_PROTOCOL)
			dev->vlan_proto = ntohs(mnl_attr_get_u16(attr));
	}
}

static void parse_info(const struct nlattr *info, struct netdev *dev)
{
	const struct nlattr *attr;
	const char *kind;
	bool bundle;

	mnl_attr_for_each_nested(attr, info)
	{
		/* Behind its kind. */
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && dev->vlan_proto)
			parse_vlan(attr, dev);
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		kind = mnl_attr_get_str(attr);
		bundle = !strcmp(kind, "bond") || !strcmp(kind, "team");
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
			dev->bundle = dev->bundle || bundle;
			dev->vrf = !strcmp(kind, "vrf");
			dev->vlan_proto = strcmp(kind, "vlan") ? 0 : ETH_P_8021Q;
			/* What comes to these two was not taken in by another interface before. */
			dev->virtual = strcmp(kind, "veth") && strcmp(kind, "tun");
		} else if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND) {
			dev->member = dev->member || bundle;
			dev->vswitch = !strcmp(kind, "openvswitch");
			dev->port = dev->vswitch || !strcmp(kind, "bridge");
		}
	}
}

static void parse_link_attr(const struct nlattr *attr, struct netdev *dev, bool *elsewhere)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_STRING) == 0)
			(void)snprintf(dev->name, sizeof(dev->name), "%s", mnl_attr_get_str(attr));
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			dev->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(dev->mac))
			memcpy(dev->mac, mnl_attr_get_payload(attr), sizeof(dev->mac));
		break;
	case IFLA_XDP:
		parse_xdp(attr, dev);
		break;
	case IFLA_LINKINFO:
		parse_info(attr, dev);
		break;
	case IFLA_LINK:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			dev->parent = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		*elsewhere = true;
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			dev->master = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
}

int netdev_nl_parse_link(const struct nlmsghdr *nlh, struct netdev *ret)
{
	const struct ifinfomsg *ifi;
	const struct nlattr *attr;
	bool elsewhere = false;

	if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return -EINVAL;
	ifi = mnl_nlmsg_get_payload(nlh);
	/* A bridge's messages about its ports look alike, but their end is not the interface's. */
	if (ifi->ifi_family != AF_UNSPEC)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	ret->ifindex = (uint32_t)ifi->ifi_index;
	ret->up = ifi->ifi_flags & IFF_UP;
	ret->carrier = ifi->ifi_flags & IFF_RUNNING;
	ret->ethernet = ifi->ifi_type == ARPHRD_ETHER && !(ifi->ifi_flags & IFF_NOARP);
	ret->bundle = ifi->ifi_flags & IFF_MASTER;
	ret->member = ifi->ifi_flags & IFF_SLAVE;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) parse_link_attr(attr, ret, &elsewhere);
	/* A member that is let go has no master any more before it loses its flag, and nothing is told of that. */
	ret->member = ret->member && ret->master;
	if (elsewhere)
		ret->parent = 0;
	return 0;
}
