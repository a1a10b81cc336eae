/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Watches the neighbour entries of this namespace move to a MAC: as the kernel tells of it, stamped when read. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "../tools/common.h"
#include "common_neigh.h"
#include "common_rig.h"

struct neigh {
	struct mnl_socket *nl;
	uint8_t mac[6];
	uint32_t moved;
};

struct neigh *neigh_open(void)
{
	struct neigh *n = calloc(1, sizeof(*n));
	int bytes = 32 << 20;

	if (!n)
		die("out of memory");
	n->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!n->nl || mnl_socket_bind(n->nl, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID) < 0)
		die("netlink: %s", strerror(errno));
	(void)setsockopt(mnl_socket_get_fd(n->nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			 sizeof(bytes));
	return n;
}

void neigh_close(struct neigh *n)
{
	if (!n)
		return;
	(void)mnl_socket_close(n->nl);
	free(n);
}

void neigh_expect(struct neigh *n, const uint8_t mac[6])
{
	memcpy(n->mac, mac, 6);
	n->moved = 0;
}

static int on_attr(const struct nlattr *attr, void *arg)
{
	struct neigh *n = arg;

	if (mnl_attr_get_type(attr) == NDA_LLADDR && mnl_attr_get_payload_len(attr) == 6 &&
	    !memcmp(mnl_attr_get_payload(attr), n->mac, 6))
		n->moved++;
	return MNL_CB_OK;
}

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWNEIGH)
		(void)mnl_attr_parse(nlh, sizeof(struct ndmsg), on_attr, arg);
	return MNL_CB_OK;
}

static bool read_some(struct neigh *n, uint64_t wait_ns)
{
	struct pollfd pfd = {.fd = mnl_socket_get_fd(n->nl), .events = POLLIN};
	char bytes[32768];
	ssize_t len;

	if (poll(&pfd, 1, (int)(wait_ns / 1000000) + 1) <= 0)
		return false;
	len = mnl_socket_recvfrom(n->nl, bytes, sizeof(bytes));
	if (len < 0)
		die("netlink: %s", strerror(errno));
	(void)mnl_cb_run(bytes, (size_t)len, 0, 0, on_message, n);
	return true;
}

bool neigh_wait(struct neigh *n, uint32_t entries, uint64_t until_ns, uint64_t *last_ns)
{
	uint64_t now_ns;

	while (n->moved < entries) {
		now_ns = rig_now_ns();
		if (now_ns >= until_ns || !read_some(n, until_ns - now_ns))
			return false;
	}
	*last_ns = rig_now_ns();
	return true;
}
