/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plumbing of the netlink door: sockets, sequence numbers, multi-part answers. */
#include <errno.h>
#include <string.h>
#include "netdev_nl.h"

struct mnl_socket *netdev_nl_open(int bus)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = errno;
		(void)mnl_socket_close(nl);
		errno = err;
		nl = NULL;
	}
	return nl;
}

int netdev_nl_talk(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	static _Thread_local char buf[NETDEV_NL_BUF];
	unsigned int port = mnl_socket_get_portid(nl);
	int ret = MNL_CB_OK;
	ssize_t len;

	/* Each answer is read to its end: a constant sequence number meets no older one. */
	nlh->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(buf, (size_t)len, nlh->nlmsg_seq, port, cb, arg);
		if (ret < 0)
			return -errno;
	} while (ret > MNL_CB_STOP);
	return 0;
}

int netdev_nl_ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = netdev_nl_open(NETLINK_ROUTE);
	int err;

	if (!nl)
		return -errno;
	err = netdev_nl_talk(nl, nlh, cb, arg);
	(void)mnl_socket_close(nl);
	return err;
}

void netdev_nl_put_ip(struct nlmsghdr *nlh, uint16_t type, const struct ipt_addr *ip)
{
	if (ipt_addr_is_v4(ip))
		mnl_attr_put_u32(nlh, type, ip->word_be32[3]);
	else
		mnl_attr_put(nlh, type, sizeof(*ip), ip);
}

bool netdev_nl_take_ip(const struct nlattr *attr, struct ipt_addr *ret)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len == sizeof(uint32_t))
		*ret = ipt_addr_v4(mnl_attr_get_u32(attr));
	else if (len == sizeof(*ret))
		memcpy(ret, mnl_attr_get_payload(attr), sizeof(*ret));
	else
		return false;
	return true;
}
