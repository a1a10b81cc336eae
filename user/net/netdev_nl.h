/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the netlink door only: one request, its answers, one errno. */
#ifndef IPT_NETDEV_NL_H
#define IPT_NETDEV_NL_H

#include <libmnl/libmnl.h>
#include "netdev.h"

#define NETDEV_NL_BUF 32768 /* what the kernel fills a dump's datagrams with at most */

/* A socket of its own for each call, so that threads need no lock. NULL: errno says why. */
struct mnl_socket *netdev_nl_open(int bus);

/*
 * Sends the request and hands every answer to `cb` until the last. 0 or -errno; -EINTR: the table
 * changed while it was dumped, start again with an empty result.
 */
int netdev_nl_talk(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);
/* The same of rtnetlink, on a socket of its own. */
int netdev_nl_ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

/* An address of either family: into the message, and out of an attribute (false: it is none). */
void netdev_nl_put_ip(struct nlmsghdr *nlh, uint16_t type, const struct ipt_addr *ip);
bool netdev_nl_take_ip(const struct nlattr *attr, struct ipt_addr *ret);

/* Reads a link message; 0, or -EINVAL if it is none. */
int netdev_nl_parse_link(const struct nlmsghdr *nlh, struct netdev *ret);

/* Waits, two seconds at most, until the kernel serves those of IPv6 that have just been added. */
void netdev_addr_served(uint32_t ifindex, const struct addr *addrs, uint32_t n);

/* RTM_NEWADDR or RTM_DELADDR of either family. False: neither; *ret untouched. */
bool netdev_nl_parse_addr(const struct nlmsghdr *nlh, uint32_t *ret_ifindex, struct addr *ret);

#endif
