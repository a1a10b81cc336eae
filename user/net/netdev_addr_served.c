/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When Linux serves an address that it has just been given. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <time.h>
#include "base/clock.h"
#include "netdev_nl.h"

/* The work queue runs at normal priority: at a load of 15 on two processors it once took 1.1 s. */
#define WAIT_NS 2000000000ull /* in all */
#define PAUSE_NS 200000

static int note_type(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWROUTE && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rtm))
		*(bool *)arg = rtm->rtm_type == RTN_LOCAL;
	return MNL_CB_OK;
}

/* Of what comes in by that interface, so that its VRF counts, and a link-local address is its own. */
static bool is_local(struct mnl_socket *nl, uint32_t ifindex, const struct ipt_addr *ip)
{
	char buf[128];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	bool local = false;
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = 128;
	mnl_attr_put(nlh, RTA_DST, sizeof(*ip), ip);
	if (ifindex != LOOPBACK)
		mnl_attr_put_u32(nlh, RTA_IIF, ifindex);
	(void)netdev_nl_talk(nl, nlh, note_type, &local);
	return local;
}

/*
 * IPv6: RTM_NEWADDR is answered before the kernel's work queue has made the local route, and until then it drops what comes
 * to the address. Who lets the gate open sooner loses that.
 */
void netdev_addr_served(uint32_t ifindex, const struct addr *addrs, uint32_t n)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct mnl_socket *nl = NULL;
	uint64_t until = clock_now_ns() + WAIT_NS;

	for (uint32_t i = 0; i < n; i++) {
		if (ipt_addr_is_v4(&addrs[i].ip))
			continue;
		if (!nl)
			nl = netdev_nl_open(NETLINK_ROUTE);
		while (nl && !is_local(nl, ifindex, &addrs[i].ip) && clock_now_ns() < until)
			(void)nanosleep(&pause, NULL);
	}
	if (nl)
		(void)mnl_socket_close(nl);
}
