/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Adds, removes and looks for routes and rules, by rtnetlink. */
#include "netdev_routes.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "base/addr.h"
#include "base/route.h"
#include "netdev_nl.h"

#define MAX_DUMPS 8
#define MSG_ROOM 512

static const struct ipt_addr nowhere;

static bool is_v4(const struct ipt_route *r)
{
	return !(r->flags & IPT_ROUTE_V6);
}

static int put_route(struct nlmsghdr *nlh, const struct ipt_route *r)
{
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	uint32_t ifindex = if_nametoindex(r->dev);

	rtm->rtm_family = is_v4(r) ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = r->to_len;
	rtm->rtm_protocol = IPT_RTPROT;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope = r->scope;
	rtm->rtm_flags = r->flags & IPT_ROUTE_ONLINK ? RTNH_F_ONLINK : 0;
	rtm->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	if (r->to_len)
		netdev_nl_put_ip(nlh, RTA_DST, &r->to);
	if (r->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	/* What was of an interface that is no more went with it: its place says which one it is. */
	if (nlh->nlmsg_type == RTM_DELROUTE) {
		rtm->rtm_scope = RT_SCOPE_NOWHERE;
		return 0;
	}
	if (!ifindex)
		return -ENODEV;
	mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	if (!ipt_addr_equal(&r->via, &nowhere))
		netdev_nl_put_ip(nlh, RTA_GATEWAY, &r->via);
	if (r->from_len)
		netdev_nl_put_ip(nlh, RTA_PREFSRC, &r->from);
	return 0;
}

static int put_rule(struct nlmsghdr *nlh, const struct ipt_route *r)
{
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));

	frh->family = is_v4(r) ? AF_INET : AF_INET6;
	frh->dst_len = r->to_len;
	frh->src_len = r->from_len;
	frh->table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	frh->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(nlh, FRA_TABLE, r->table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, r->metric);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, IPT_RTPROT);
	if (r->to_len)
		netdev_nl_put_ip(nlh, FRA_DST, &r->to);
	if (r->from_len)
		netdev_nl_put_ip(nlh, FRA_SRC, &r->from);
	if (r->dev[0])
		mnl_attr_put_strz(nlh, FRA_IIFNAME, r->dev);
	if (r->oif[0])
		mnl_attr_put_strz(nlh, FRA_OIFNAME, r->oif);
	if (r->mask) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(nlh, FRA_FWMASK, r->mask);
	}
	return 0;
}

static int change(const struct ipt_route *r, uint16_t route_type, uint16_t rule_type,
		  uint16_t flags)
{
	char buf[MSG_ROOM];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int err;

	nlh->nlmsg_type = route_is_rule(r) ? rule_type : route_type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	err = route_is_rule(r) ? put_rule(nlh, r) : put_route(nlh, r);
	return err ? err : netdev_nl_ask(nlh, NULL, NULL);
}

static int failed(const struct ipt_route *r, const char *verb, int err, struct err *e)
{
	char text[ROUTE_TEXT];

	return err_set(e, err, "%s: cannot %s %s '%s'", strerror(-err), verb,
		       route_is_rule(r) ? "rule" : "route", route_text(r, text));
}

int route_add(const struct ipt_route *r, struct err *e)
{
	int err = change(r, RTM_NEWROUTE, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return err && err != -EEXIST ? failed(r, "add", err, e) : err;
}

int route_del(const struct ipt_route *r, struct err *e)
{
	enum route_found found;
	int err;

	/* Metric 0 is any metric to the kernel: one that is gone would take another of ours along. */
	if (!route_is_rule(r) && !r->metric && !route_look(r, &found) && found == ROUTE_NOT_THERE)
		return 0;
	err = change(r, RTM_DELROUTE, RTM_DELRULE, 0);
	if (!err || err == -ESRCH || err == -ENOENT || err == -ENODEV || err == -EAFNOSUPPORT)
		return 0;
	return failed(r, "remove", err, e);
}

/* --- what is there ----------------------------------------------------------- */

struct look {
	const struct ipt_route *r;
	uint32_t ifindex;
	enum route_found found;
};

static bool attr_is_ip(const struct nlattr *attr, const struct ipt_addr *ip)
{
	struct ipt_addr there = nowhere;

	if (attr)
		(void)netdev_nl_take_ip(attr, &there);
	return ipt_addr_equal(ip, &there);
}

/* All zero where the length is 0: the kernel does not say it then. */
static bool attr_is_prefix(const struct nlattr *attr, const struct ipt_addr *ip, uint8_t len,
			   uint8_t there_len)
{
	return len == there_len && (!len || attr_is_ip(attr, ip));
}

static uint32_t attr_u32(const struct nlattr *attr, uint32_t without)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? mnl_attr_get_u32(attr)
									  : without;
}

static bool attr_is_name(const struct nlattr *attr, const char *name)
{
	return attr ? !strncmp(mnl_attr_get_payload(attr), name, mnl_attr_get_payload_len(attr))
		    : !*name;
}

#define ATTRS 32

static void index_attrs(const struct nlmsghdr *nlh, size_t header, const struct nlattr *ret[ATTRS])
{
	const struct nlattr *attr;

	memset(ret, 0, ATTRS * sizeof(*ret));
	mnl_attr_for_each(attr, nlh, header)
	{
		if (mnl_attr_get_type(attr) < ATTRS)
			ret[mnl_attr_get_type(attr)] = attr;
	}
}

/* The first in a place is the one that is used; the best of what is found of ours counts. */
static int see_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a[ATTRS];
	struct look *l = arg;
	const struct ipt_route *r = l->r;

	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_flags & RTM_F_CLONED || rtm->rtm_tos)
		return MNL_CB_OK;
	index_attrs(nlh, sizeof(*rtm), a);
	if (attr_u32(a[RTA_TABLE], rtm->rtm_table) != r->table ||
	    attr_u32(a[RTA_PRIORITY], 0) != r->metric ||
	    !attr_is_prefix(a[RTA_DST], &r->to, r->to_len, rtm->rtm_dst_len) ||
	    l->found == ROUTE_OURS)
		return MNL_CB_OK;
	if (rtm->rtm_type != RTN_UNICAST || attr_u32(a[RTA_OIF], 0) != l->ifindex ||
	    !attr_is_ip(a[RTA_GATEWAY], &r->via) || a[RTA_MULTIPATH] ||
	    !attr_is_ip(a[RTA_PREFSRC], r->from_len ? &r->from : &nowhere))
		l->found = l->found ? l->found : ROUTE_OTHER;
	else
		l->found = rtm->rtm_protocol == IPT_RTPROT ? ROUTE_OURS : ROUTE_EQUAL;
	return MNL_CB_OK;
}

static int see_rule(const struct nlmsghdr *nlh, void *arg)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a[ATTRS];
	struct look *l = arg;
	const struct ipt_route *r = l->r;
	bool ours;

	if (nlh->nlmsg_type != RTM_NEWRULE || frh->action != FR_ACT_TO_TBL || frh->tos ||
	    frh->flags & FIB_RULE_INVERT)
		return MNL_CB_OK;
	index_attrs(nlh, sizeof(*frh), a);
	if (attr_u32(a[FRA_TABLE], frh->table) != r->table ||
	    attr_u32(a[FRA_PRIORITY], 0) != r->metric || attr_u32(a[FRA_FWMARK], 0) != r->mark ||
	    attr_u32(a[FRA_FWMASK], 0) != r->mask || !attr_is_name(a[FRA_IIFNAME], r->dev) ||
	    !attr_is_name(a[FRA_OIFNAME], r->oif) ||
	    !attr_is_prefix(a[FRA_DST], &r->to, r->to_len, frh->dst_len) ||
	    !attr_is_prefix(a[FRA_SRC], &r->from, r->from_len, frh->src_len) || a[FRA_IP_PROTO] ||
	    a[FRA_SPORT_RANGE] || a[FRA_DPORT_RANGE] || a[FRA_UID_RANGE] || a[FRA_TUN_ID] ||
	    a[FRA_L3MDEV] || a[FRA_SUPPRESS_IFGROUP] ||
	    attr_u32(a[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX) != UINT32_MAX)
		return MNL_CB_OK;
	ours = a[FRA_PROTOCOL] && mnl_attr_get_payload_len(a[FRA_PROTOCOL]) == 1 &&
	       mnl_attr_get_u8(a[FRA_PROTOCOL]) == IPT_RTPROT;
	l->found = ours || l->found == ROUTE_OURS ? ROUTE_OURS : ROUTE_EQUAL;
	return MNL_CB_OK;
}

/* With `protocol` only those of it, where the kernel knows how; 0: all. */
static int dump(struct look *l, uint8_t protocol)
{
	struct mnl_socket *nl = netdev_nl_open(NETLINK_ROUTE);
	bool rule = route_is_rule(l->r);
	uint8_t family = is_v4(l->r) ? AF_INET : AF_INET6;
	char buf[MSG_ROOM];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int one = 1, err;

	if (!nl)
		return -errno;
	/* The kernel sends that table alone; one that does not know how sends all. */
	(void)mnl_socket_setsockopt(nl, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	nlh->nlmsg_type = rule ? RTM_GETRULE : RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (rule) {
		struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));

		frh->family = family;
	} else {
		struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

		rtm->rtm_family = family;
		rtm->rtm_protocol = protocol;
		mnl_attr_put_u32(nlh, RTA_TABLE, l->r->table);
	}
	err = netdev_nl_talk(nl, nlh, rule ? see_rule : see_route, l);
	(void)mnl_socket_close(nl);
	return err == -ENOENT ? 0 : err; /* no such table */
}

static int look_among(struct look *l, uint8_t protocol)
{
	int err = -EINTR;

	for (int i = 0; i < MAX_DUMPS && err == -EINTR; i++) {
		l->found = ROUTE_NOT_THERE;
		err = dump(l, protocol);
	}
	return err;
}

int route_look(const struct ipt_route *r, enum route_found *ret)
{
	struct look l = {.r = r, .ifindex = if_nametoindex(r->dev)};
	int err = 0;

	/* A router's table is large, and what is there already is looked for every second. */
	if (!route_is_rule(r))
		err = look_among(&l, IPT_RTPROT);
	if (!err && l.found != ROUTE_OURS)
		err = look_among(&l, 0);
	if (!err)
		*ret = l.found;
	return err;
}
