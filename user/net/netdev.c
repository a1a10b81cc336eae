/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces as rtnetlink tells them. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include "netdev_nl.h"

#define MAX_TAGS 2 /* that are read */

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

uint32_t netdev_trunk(const struct netdev *dev)
{
	struct netdev at = *dev;

	for (int depth = 0; at.vlan_proto; depth++)
		if (depth == MAX_TAGS || !at.vlan_id || !at.parent ||
		    netdev_by_index(at.parent, &at))
			return 0;
	return at.ifindex;
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
