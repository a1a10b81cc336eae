/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What traffic control holds on an interface: whose filters, which root qdisc. Reads only. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "netdev_tc.h"

#ifndef TC_H_MIN_INGRESS
#define TC_H_MIN_INGRESS 0xfff2u
#define TC_H_MIN_EGRESS 0xfff3u
#endif

/* Asks with `type` about what hangs below `parent` (0: all) and calls back for each answer. */
static int dump(uint16_t type, uint32_t ifindex, uint32_t parent, mnl_cb_t each, void *arg)
{
	char buf[32768];
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc;
	ssize_t n;
	int run = MNL_CB_OK, err = 0;

	if (!nl)
		return -errno;
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		err = -errno;
	while (!err && run > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		run = n < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)n, 0, 0, each, arg);
		if (run == MNL_CB_ERROR)
			err = -errno;
	}
	(void)mnl_socket_close(nl);
	return err;
}

static int count_filter(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	int *n = arg;

	/* Handle 0 is the head of a list of filters, not a filter. */
	if (tc->tcm_handle)
		(*n)++;
	return MNL_CB_OK;
}

int netdev_tc_filters(uint32_t ifindex)
{
	int n = 0, err;

	err = dump(RTM_GETTFILTER, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), count_filter,
		   &n);
	if (!err)
		err = dump(RTM_GETTFILTER, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
			   count_filter, &n);
	return err ? err : n;
}

struct clsact {
	uint32_t ifindex;
	bool there;
};

static int note_clsact(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct clsact *c = arg;

	if ((uint32_t)tc->tcm_ifindex == c->ifindex && tc->tcm_parent == TC_H_CLSACT)
		c->there = true;
	return MNL_CB_OK;
}

int netdev_tc_clsact(uint32_t ifindex)
{
	struct clsact c = {.ifindex = ifindex};
	int err = dump(RTM_GETQDISC, ifindex, 0, note_clsact, &c);

	return err ? err : c.there;
}

struct root {
	uint32_t ifindex;
	char kind[16];
};

static int note_root(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	struct root *root = arg;

	if ((uint32_t)tc->tcm_ifindex != root->ifindex || tc->tcm_parent != TC_H_ROOT)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, h, sizeof(*tc)) if (mnl_attr_get_type(attr) == TCA_KIND)(void)
		strncpy(root->kind, mnl_attr_get_str(attr), sizeof(root->kind) - 1);
	return MNL_CB_OK;
}

int netdev_tc_shaper(uint32_t ifindex, char kind[16])
{
	static const char *const shapers[] = {"tbf", "htb",    "hfsc", "cbq", "netem", "cake",
					      "etf", "taprio", "plug", "drr", "qfq"};
	struct root root = {.ifindex = ifindex};
	unsigned int i;
	int err;

	err = dump(RTM_GETQDISC, ifindex, 0, note_root, &root);
	if (err)
		return err;
	for (i = 0; i < sizeof(shapers) / sizeof(shapers[0]); i++)
		if (!strcmp(root.kind, shapers[i])) {
			(void)strcpy(kind, root.kind);
			return 1;
		}
	return 0;
}
