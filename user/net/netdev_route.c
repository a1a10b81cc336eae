/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes of both families as rtnetlink tells them. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "netdev_nl.h"

struct route {
	struct netdev_way way;
	uint8_t type;
	bool gateway;
};

/* An address with its family before it: a router of IPv6 for IPv4 (RFC 8950). */
static bool take_via(const struct nlattr *attr, struct ipt_addr *ret)
{
	size_t len = mnl_attr_get_payload_len(attr);
	const struct rtvia *via = mnl_attr_get_payload(attr);

	if (len != sizeof(*via) + sizeof(*ret))
		return false;
	memcpy(ret, via->rtvia_addr, sizeof(*ret));
	return true;
}

static int store_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route *route = arg;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return MNL_CB_OK;
	route->type = rtm->rtm_type;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm))
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == RTA_GATEWAY || type == RTA_VIA)
			route->gateway = type == RTA_VIA ? take_via(attr, &route->way.via)
							 : netdev_nl_take_ip(attr, &route->way.via);
		else if (type == RTA_PREFSRC)
			(void)netdev_nl_take_ip(attr, &route->way.src);
		else if (type == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			route->way.ifindex = mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

/* What is asked of the routes: with `iif` of what comes in by that interface, else of what leaves. `from` (NULL: not said) is
 * its source, `oif` (0: none) the interface of a link-local address, or the VRF's own that it is seen from. */
struct route_ask {
	struct ipt_addr to;
	const struct ipt_addr *from;
	uint32_t iif, oif;
};

static int ask_route(const struct route_ask *q, struct route *ret)
{
	char buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = ipt_addr_is_v4(&q->to) ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = addr_bits(&q->to);
	netdev_nl_put_ip(nlh, RTA_DST, &q->to);
	if (q->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, q->oif);
	if (q->iif)
		mnl_attr_put_u32(nlh, RTA_IIF, q->iif);
	if (q->from) {
		rtm->rtm_src_len = addr_bits(q->from);
		netdev_nl_put_ip(nlh, RTA_SRC, q->from);
	}
	return netdev_nl_ask(nlh, store_route, ret);
}

/* What says nothing about the routes is no answer. */
static int as_answer(int err)
{
	switch (err) {
	case -EPERM:
	case -ENOMEM:
	case -ENOBUFS:
	case -EINTR:
	case -ENODEV:
		return 0;
	default:
		return err;
	}
}

int netdev_delivers(uint32_t ifindex, const struct ipt_addr *from, const struct ipt_addr *to)
{
	struct route_ask q = {.to = *to, .from = from, .iif = ifindex};
	struct route route = {0};
	int err = ask_route(&q, &route);

	if (err)
		return as_answer(err);
	return route.type == RTN_LOCAL ? 0 : -EADDRNOTAVAIL;
}

int netdev_answers(const struct ipt_addr *from, const struct ipt_addr *to, uint32_t *ret_ifindex)
{
	struct route_ask q = {.to = *to, .from = from};
	struct route route = {0};
	int err = ask_route(&q, &route);

	*ret_ifindex = err ? 0 : route.way.ifindex;
	if (err)
		return as_answer(err);
	return route.type == RTN_UNICAST ? 0 : -ENETUNREACH;
}

static bool is_usable(const struct route *r)
{
	static const struct ipt_addr none;

	return r->type == RTN_UNICAST && r->way.ifindex && !ipt_addr_equal(&r->way.src, &none);
}

static int find_route(const struct netdev_to *to, uint32_t vrf, struct route *ret, struct err *e)
{
	struct route_ask q = {.to = to->ip, .oif = vrf ? vrf : to->ifindex};
	struct route route = {0};
	char text[ADDR_TEXT];
	int err;

	(void)addr_text(&to->ip, text);
	err = ask_route(&q, &route);
	if (err == -EPERM || err == -ENOMEM || err == -ENOBUFS)
		return err_set(e, err, "route to %s: netlink: %s", text, strerror(-err));
	if (err)
		return err_set(e, -EHOSTUNREACH, "no route to %s", text);
	if (route.type == RTN_LOCAL)
		return err_set(e, -EHOSTUNREACH, "%s is an address of this host itself", text);
	if (route.gateway && !to->far)
		return err_set(e, -EMULTIHOP, "%s is behind a gateway, not on the same LAN", text);
	if (!is_usable(&route))
		return err_set(e, -EHOSTUNREACH, "no route to %s with a source address", text);
	*ret = route;
	return 0;
}

struct vrf_routes {
	const struct netdev_to *to;
	unsigned int n;
	struct route route;
};

static int try_vrf(const struct netdev *dev, void *arg)
{
	struct vrf_routes *found = arg;
	struct err ignored;

	if (dev->vrf && !find_route(found->to, dev->ifindex, &found->route, &ignored))
		found->n++;
	return 0;
}

/* What is on a LAN of a VRF only that VRF's table knows. */
int netdev_route(const struct netdev_to *to, struct netdev_way *ret, struct err *e)
{
	struct vrf_routes vrfs = {.to = to};
	int err = find_route(to, 0, &vrfs.route, e);
	char text[ADDR_TEXT];

	if ((err == -EHOSTUNREACH || err == -EMULTIHOP) && !to->ifindex &&
	    !netdev_each(try_vrf, &vrfs) && vrfs.n == 1)
		err = 0;
	if (vrfs.n > 1)
		(void)err_set(e, err, "%s: more than one VRF leads there",
			      addr_text(&to->ip, text));
	if (err)
		return err;
	*ret = vrfs.route.way;
	return 0;
}
