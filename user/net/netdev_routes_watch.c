/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells when a route of ours or a rule goes. A router's host may change thousands a second: the kernel sorts them out. */
#include <errno.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bound.h"
#include "netdev_routes.h"

/* Of the message: the program of a filter reads bytes, and words in network order. */
#define TYPE_AT offsetof(struct nlmsghdr, nlmsg_type)
#define FLAGS_AT offsetof(struct nlmsghdr, nlmsg_flags)
#define PROTOCOL_AT (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol))

static uint32_t as_read(uint16_t value)
{
	return htons(value);
}

/* A rule that goes; a route that goes with our number, or that takes the place of another one. */
static int sort_out(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, as_read(RTM_DELRULE), 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, as_read(RTM_DELROUTE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, as_read(RTM_NEWROUTE), 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, FLAGS_AT),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, as_read(NLM_F_REPLACE), 2, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPT_RTPROT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

int route_watch_open(void)
{
	static const int groups[] = {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
				     RTNLGRP_IPV6_RULE};
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK};
	int fd = bound_open(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE, &addr,
			    sizeof(addr));
	int err;

	if (fd < 0)
		return fd;
	/* The filter first: nothing else ever waits there. */
	err = sort_out(fd);
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups) && !err; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])))
			err = -errno;
	if (!err)
		return fd;
	(void)close(fd);
	return err;
}

bool route_watch_fetch(int fd)
{
	char buf[64]; /* that one came is enough */
	bool any = false;

	/* ENOBUFS: some were lost. */
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		any = true;
	return any;
}
