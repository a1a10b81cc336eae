/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Link, filter and address events: what happens to interfaces, told as it happens. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "bound.h"
#include "netdev_nl.h"

int netdev_watch_open(void)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK,
				   .nl_groups = RTMGRP_LINK | RTMGRP_TC | RTMGRP_IPV4_IFADDR |
						RTMGRP_IPV6_IFADDR};

	return bound_open(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE, &addr, sizeof(addr));
}

static bool is_of_filters(uint16_t type)
{
	return type == RTM_NEWTFILTER || type == RTM_DELTFILTER || type == RTM_NEWQDISC ||
	       type == RTM_DELQDISC;
}

static int tell(const struct nlmsghdr *nlh, void *arg)
{
	const struct netdev_watcher *w = arg;
	const struct tcmsg *tc;
	struct netdev dev;
	struct addr addr;
	uint32_t ifindex;

	if (netdev_nl_parse_addr(nlh, &ifindex, &addr)) {
		if (nlh->nlmsg_type == RTM_DELADDR)
			w->addr_gone(ifindex, &addr.ip, w->arg);
		return MNL_CB_OK;
	}
	if (is_of_filters(nlh->nlmsg_type) && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*tc)) {
		tc = mnl_nlmsg_get_payload(nlh);
		w->filters((uint32_t)tc->tcm_ifindex, w->arg);
		return MNL_CB_OK;
	}
	if (netdev_nl_parse_link(nlh, &dev) < 0)
		return MNL_CB_OK;
	if (nlh->nlmsg_type == RTM_DELLINK)
		dev.up = dev.carrier = false;
	w->link(&dev, nlh->nlmsg_type == RTM_DELLINK, w->arg);
	return MNL_CB_OK;
}

/* Sender's address checked: only the kernel speaks for interfaces. Length, 0 for a stranger, -errno. */
static ssize_t receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = {0};
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, size, MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n < 0)
		return -errno;
	return from.nl_pid == 0 ? n : 0;
}

int netdev_watch_fetch(int fd, const struct netdev_watcher *w)
{
	static _Thread_local char buf[NETDEV_NL_BUF];
	bool overrun = false;
	ssize_t n;

	for (;;) {
		n = receive(fd, buf, sizeof(buf));
		if (n == -EAGAIN)
			break;
		if (n == -EINTR)
			continue;
		if (n == -ENOBUFS)
			overrun = true;
		else if (n < 0)
			return (int)n;
		/* After an overrun what is still queued is older than what the caller will find out. */
		else if (n > 0 && !overrun && mnl_cb_run(buf, (size_t)n, 0, 0, tell, (void *)w) < 0)
			return -errno;
	}
	return overrun;
}
