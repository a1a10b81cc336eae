/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the addresses of all interfaces, once and as they change. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include "netdev_nl.h"

bool netdev_nl_parse_addr(const struct nlmsghdr *nlh, uint32_t *ret_ifindex, struct addr *ret)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if ((nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa) || ifa->ifa_family != AF_INET)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa))
	{
		if (mnl_attr_get_type(attr) != IFA_LOCAL ||
		    mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		*ret_ifindex = ifa->ifa_index;
		*ret = (struct addr){.ip_be32 = mnl_attr_get_u32(attr),
				     .prefix_len = ifa->ifa_prefixlen,
				     .host = ifa->ifa_scope == RT_SCOPE_HOST};
		return true;
	}
	return false;
}

struct each {
	void (*fn)(uint32_t ifindex, const struct addr *addr, void *arg);
	void *arg;
};

static int tell(const struct nlmsghdr *nlh, void *arg)
{
	const struct each *each = arg;
	struct addr addr;
	uint32_t ifindex;

	if (nlh->nlmsg_type == RTM_NEWADDR && netdev_nl_parse_addr(nlh, &ifindex, &addr))
		each->fn(ifindex, &addr, each->arg);
	return MNL_CB_OK;
}

int netdev_addr_each(void (*fn)(uint32_t ifindex, const struct addr *addr, void *arg), void *arg)
{
	struct mnl_socket *nl = netdev_nl_open(NETLINK_ROUTE);
	struct each each = {fn, arg};
	char buf[256];
	struct nlmsghdr *nlh;
	struct ifaddrmsg *ifa;
	int err;

	if (!nl)
		return -errno;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	err = netdev_nl_talk(nl, nlh, tell, &each);
	(void)mnl_socket_close(nl);
	return err;
}
