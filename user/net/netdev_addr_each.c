/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the addresses of all interfaces, once and as they change. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "netdev_nl.h"

/* IPv6 has IFA_LOCAL only on a link between two, where IFA_ADDRESS is the other's. */
static bool parse_ip(const struct nlmsghdr *nlh, size_t payload, bool v4, struct ipt_addr *ret)
{
	const struct nlattr *attr;
	bool local = false, found = false;

	mnl_attr_for_each(attr, nlh, payload)
	{
		uint16_t type = mnl_attr_get_type(attr);
		size_t len = mnl_attr_get_payload_len(attr);

		if (type != IFA_LOCAL && (type != IFA_ADDRESS || v4 || local))
			continue;
		if (len != (v4 ? sizeof(uint32_t) : sizeof(*ret)))
			continue;
		if (v4)
			*ret = ipt_addr_v4(mnl_attr_get_u32(attr));
		else
			memcpy(ret, mnl_attr_get_payload(attr), sizeof(*ret));
		local = type == IFA_LOCAL;
		found = true;
	}
	return found;
}

bool netdev_nl_parse_addr(const struct nlmsghdr *nlh, uint32_t *ret_ifindex, struct addr *ret)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct addr addr;
	bool v4;

	if ((nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return false;
	v4 = ifa->ifa_family == AF_INET;
	addr = (struct addr){
		.prefix_len = ifa->ifa_prefixlen,
		.host = v4 ? ifa->ifa_scope == RT_SCOPE_HOST : ifa->ifa_flags & IFA_F_DEPRECATED,
		.temporary = !v4 && ifa->ifa_flags & IFA_F_TEMPORARY,
	};
	if (!parse_ip(nlh, sizeof(*ifa), v4, &addr.ip))
		return false;
	*ret_ifindex = ifa->ifa_index;
	*ret = addr;
	return true;
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
	struct each each = {fn, arg};
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_UNSPEC;
	return netdev_nl_ask(nlh, tell, &each);
}
