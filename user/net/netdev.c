/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces as rtnetlink tells them. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
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

static void parse_info(const struct nlattr *info, struct netdev *dev)
{
	const struct nlattr *attr;
	const char *kind;
	bool bundle;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		kind = mnl_attr_get_str(attr);
		bundle = !strcmp(kind, "bond") || !strcmp(kind, "team");
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
			dev->bundle = dev->bundle || bundle;
			dev->vrf = !strcmp(kind, "vrf");
		} else if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND) {
			dev->member = dev->member || bundle;
			dev->vswitch = !strcmp(kind, "openvswitch");
			dev->port = dev->vswitch || !strcmp(kind, "bridge");
		}
	}
}

static void parse_link_attr(const struct nlattr *attr, struct netdev *dev)
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
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) parse_link_attr(attr, ret);
	/* A member that is let go has no master any more before it loses its flag, and nothing is told of that. */
	ret->member = ret->member && ret->master;
	return 0;
}

static int store_link(const struct nlmsghdr *nlh, void *arg)
{
	struct netdev dev;

	if (netdev_nl_parse_link(nlh, &dev) == 0)
		*(struct netdev *)arg = dev;
	return MNL_CB_OK;
}

static struct nlmsghdr *link_request(void *buf, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	return nlh;
}

/* One request, one socket. */
int netdev_by_name(const char *name, struct netdev *ret, struct err *e)
{
	char buf[512];
	struct nlmsghdr *nlh = link_request(buf, NLM_F_ACK, 0);
	struct netdev dev = {0};
	size_t len = strlen(name);
	int err;

	if (len == 0 || len >= IFNAMSIZ)
		return err_set(e, -ENODEV, "no interface '%.64s': not a possible name", name);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	err = netdev_nl_ask(nlh, store_link, &dev);
	if (err == -ENODEV || (!err && !dev.ifindex))
		return err_set(e, -ENODEV, "no interface '%s'", name);
	if (err)
		return err_set(e, err, "interface \"%s\": netlink: %s", name, strerror(-err));
	*ret = dev;
	return 0;
}

int netdev_by_index(uint32_t ifindex, struct netdev *ret)
{
	struct netdev dev = {0};
	char buf[512];
	int err;

	if (ifindex == 0)
		return -ENODEV;
	err = netdev_nl_ask(link_request(buf, NLM_F_ACK, ifindex), store_link, &dev);
	if (err)
		return err;
	if (dev.ifindex != ifindex)
		return -ENODEV;
	*ret = dev;
	return 0;
}

struct links {
	struct netdev *devs;
	uint32_t n, room;
};

static int append_link(const struct nlmsghdr *nlh, void *arg)
{
	struct links *links = arg;
	struct netdev *devs;

	if (links->n == links->room) {
		devs = reallocarray(links->devs, links->room + 64, sizeof(*devs));
		if (!devs)
			return MNL_CB_ERROR;
		links->devs = devs;
		links->room += 64;
	}
	if (netdev_nl_parse_link(nlh, &links->devs[links->n]) == 0)
		links->n++;
	return MNL_CB_OK;
}

int netdev_each(int (*fn)(const struct netdev *dev, void *arg), void *arg)
{
	struct links links = {0};
	char buf[512];
	uint32_t i;
	int err;

	/* Collected first: a dump that has to start again must not be told twice. */
	do {
		links.n = 0;
		err = netdev_nl_ask(link_request(buf, NLM_F_DUMP, 0), append_link, &links);
	} while (err == -EINTR);
	for (i = 0; !err && i < links.n; i++)
		err = fn(&links.devs[i], arg);
	free(links.devs);
	return err;
}

static int count_member(const struct netdev *dev, void *arg)
{
	struct netdev *of = arg;

	if (dev->member && dev->master == of->ifindex)
		of->bundle = true;
	return 0;
}

int netdev_bundle_by_index(uint32_t ifindex, struct netdev *ret)
{
	int err = netdev_by_index(ifindex, ret);

	return err || ret->bundle ? err : netdev_each(count_member, ret);
}
