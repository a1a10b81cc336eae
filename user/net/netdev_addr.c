/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Adds and removes addresses in batches: every message is answered for, nothing is left half done. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "abi.h"
#include "netdev_nl.h"

#define BATCH 64 /* one datagram; its answers fit any receive buffer */
#define MSG_ROOM \
	64 /* nlmsghdr 16, ifaddrmsg 8; two attributes of 8 and a label of 20, or two of 20 */
#define FOREVER UINT32_MAX /* in seconds, as the kernel has it */
#define MAX_DUMPS 8 /* a table that changes during each of so many dumps: say so, do not spin */

struct change {
	uint16_t type; /* RTM_NEWADDR, RTM_DELADDR */
	uint32_t ifindex;
	const struct addr *addrs;
	uint32_t n;
	int *results; /* per address: 0 or -errno */
};

static void put_v4(struct nlmsghdr *nlh, struct ifaddrmsg *ifa, const struct addr *a)
{
	static const uint8_t scopes[] = {[VIP_SCOPE_GLOBAL] = RT_SCOPE_UNIVERSE,
					 [VIP_SCOPE_LINK] = RT_SCOPE_LINK,
					 [VIP_SCOPE_HOST] = RT_SCOPE_HOST};

	ifa->ifa_family = AF_INET;
	if (a->host)
		ifa->ifa_scope = RT_SCOPE_HOST;
	else if (a->scope < sizeof(scopes))
		ifa->ifa_scope = scopes[a->scope];
	/* Not of what is to go: it is ours whatever it is called by now. */
	if (nlh->nlmsg_type == RTM_NEWADDR && a->label[0])
		mnl_attr_put_strz(nlh, IFA_LABEL, a->label);
	mnl_attr_put_u32(nlh, IFA_LOCAL, a->ip.word_be32[3]);
	mnl_attr_put_u32(nlh, IFA_ADDRESS, a->ip.word_be32[3]);
}

/* Without duplicate address detection: whose it is the protocol has settled, and a tentative address serves nobody. */
static void put_v6(struct nlmsghdr *nlh, struct ifaddrmsg *ifa, const struct addr *a)
{
	struct ifa_cacheinfo life = {.ifa_prefered = a->host ? 0 : FOREVER, .ifa_valid = FOREVER};

	ifa->ifa_family = AF_INET6;
	ifa->ifa_flags = IFA_F_NODAD;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(a->ip), &a->ip);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(life), &life);
}

static void put_change(struct mnl_nlmsg_batch *batch, const struct change *c, uint32_t i)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = c->type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (c->type == RTM_NEWADDR)
		nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	nlh->nlmsg_seq = i + 1;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_prefixlen = c->addrs[i].prefix_len;
	ifa->ifa_index = c->ifindex;
	if (ipt_addr_is_v4(&c->addrs[i].ip))
		put_v4(nlh, ifa, &c->addrs[i]);
	else
		put_v6(nlh, ifa, &c->addrs[i]);
	(void)mnl_nlmsg_batch_next(batch);
}

/* Takes the answers in one datagram; returns how many there were. */
static uint32_t take_answers(const struct change *c, const void *buf, int len)
{
	const struct nlmsghdr *nlh = buf;
	const struct nlmsgerr *answer;
	uint32_t n = 0;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type != NLMSG_ERROR ||
		    mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer) || nlh->nlmsg_seq == 0 ||
		    nlh->nlmsg_seq > c->n)
			continue;
		answer = mnl_nlmsg_get_payload(nlh);
		c->results[nlh->nlmsg_seq - 1] = answer->error;
		n++;
	}
	return n;
}

/* Addresses first..end-1, the last one first if they are removed. */
static int run_batch(struct mnl_socket *nl, const struct change *c, uint32_t first, uint32_t end)
{
	char buf[(BATCH + 1) * MSG_ROOM], in[8192];
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buf, BATCH * MSG_ROOM);
	uint32_t i, answers = 0;
	ssize_t len;
	int err = 0;

	if (!batch)
		return -ENOMEM;
	for (i = 0; i < end - first; i++)
		put_change(batch, c, c->type == RTM_DELADDR ? end - 1 - i : first + i);
	if (mnl_socket_sendto(nl, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)) < 0)
		err = -errno;
	while (!err && answers < end - first) {
		len = mnl_socket_recvfrom(nl, in, sizeof(in));
		if (len >= 0)
			answers += take_answers(c, in, (int)len);
		else if (errno != EINTR)
			err = -errno;
	}
	mnl_nlmsg_batch_stop(batch);
	return err;
}

static int run_change(const struct change *c)
{
	struct mnl_socket *nl = netdev_nl_open(NETLINK_ROUTE);
	uint32_t done, now;
	int one = 1, err = 0;

	if (!nl)
		return -errno;
	/* What was never asked for must not look like done. */
	for (done = 0; done < c->n; done++)
		c->results[done] = -ECANCELED;
	/* Answers without a copy of the request: smaller. An old kernel sends the copy, no harm. */
	(void)mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &one, sizeof(one));
	for (done = 0; !err && done < c->n; done += now) {
		now = c->n - done < BATCH ? c->n - done : BATCH;
		if (c->type == RTM_DELADDR)
			err = run_batch(nl, c, c->n - done - now, c->n - done);
		else
			err = run_batch(nl, c, done, done + now);
	}
	(void)mnl_socket_close(nl);
	return err;
}

static const char *dev_text(uint32_t ifindex, char text[IFNAMSIZ])
{
	if (!if_indextoname(ifindex, text))
		(void)snprintf(text, IFNAMSIZ, "#%u", ifindex);
	return text;
}

static int name_failure(uint32_t ifindex, const struct addr *addr, const char *verb, int err,
			struct err *e)
{
	char ip[ADDR_TEXT], dev[IFNAMSIZ];

	if (err == -EEXIST)
		return err_set(e, err, "%s is already on %s, and not put there by us",
			       addr_text(&addr->ip, ip), dev_text(ifindex, dev));
	return err_set(e, err, "cannot %s %s/%u on %s: %s", verb, addr_text(&addr->ip, ip),
		       addr->prefix_len, dev_text(ifindex, dev), strerror(-err));
}

struct presence {
	uint32_t ifindex; /* 0: any */
	const struct ipt_addr *sorted;
	uint32_t n;
	struct ipt_addr found_ip; /* one that is there */
	bool found;
};

static void look_for(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct presence *p = arg;

	if (p->ifindex && ifindex != p->ifindex)
		return;
	if (!bsearch(&addr->ip, p->sorted, p->n, sizeof(addr->ip), addr_order))
		return;
	p->found = true;
	p->found_ip = addr->ip;
}

/* 0, with p->found set or not; or -errno. */
static int dump_addresses(struct presence *p)
{
	int tries = 0, err;

	do {
		p->found = false;
		err = netdev_addr_each(look_for, p);
	} while (err == -EINTR && ++tries < MAX_DUMPS);
	return err;
}

/* 1 if one of them is on the interface, whatever its prefix length; 0, -errno. */
static int find_any(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct addr *ret)
{
	struct presence p = {.ifindex = ifindex, .n = n};
	struct ipt_addr *sorted = calloc(n, sizeof(*sorted));
	uint32_t i;
	int err;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		sorted[i] = addrs[i].ip;
	qsort(sorted, n, sizeof(*sorted), addr_order);
	p.sorted = sorted;
	err = dump_addresses(&p);
	free(sorted);
	if (err || !p.found)
		return err;
	ret->ip = p.found_ip;
	return 1;
}

/* Takes away again what an add that failed had already put there. */
static void roll_back(const struct change *c)
{
	struct addr *added = calloc(c->n, sizeof(*added));
	struct err ignored;
	uint32_t i, n = 0;

	if (!added)
		return;
	for (i = 0; i < c->n; i++)
		if (c->results[i] == 0)
			added[n++] = c->addrs[i];
	if (n)
		(void)netdev_addr_del(c->ifindex, added, n, &ignored);
	free(added);
}

static int add_all(uint32_t ifindex, const struct addr *addrs, uint32_t n, bool accept,
		   uint32_t *ret_added, struct err *e)
{
	struct change c = {RTM_NEWADDR, ifindex, addrs, n, NULL};
	struct addr there;
	int err;
	uint32_t i;

	if (n == 0)
		return 0;
	/* The kernel would take the same address twice if only the prefix lengths differ. */
	there = addrs[0];
	err = accept ? 0 : find_any(ifindex, addrs, n, &there);
	if (err)
		return name_failure(ifindex, &there, "add", err < 0 ? err : -EEXIST, e);
	c.results = calloc(n, sizeof(*c.results));
	if (!c.results)
		return err_set(e, -ENOMEM, "out of memory");
	err = run_change(&c);
	if (err)
		(void)name_failure(ifindex, &addrs[0], "add", err, e);
	for (i = 0; !err && i < n; i++) {
		*ret_added += c.results[i] == 0;
		if (c.results[i] == 0 || (c.results[i] == -EEXIST && accept))
			continue;
		err = name_failure(ifindex, &addrs[i], "add", c.results[i], e);
	}
	if (err)
		roll_back(&c);
	else
		netdev_addr_served(ifindex, addrs, n);
	free(c.results);
	return err;
}

int netdev_addr_add(uint32_t ifindex, const struct addr *addrs, uint32_t n, bool accept,
		    struct err *e)
{
	uint32_t ignored = 0;

	return add_all(ifindex, addrs, n, accept, &ignored, e);
}

int netdev_addr_restore(uint32_t ifindex, const struct addr *addrs, uint32_t n, uint32_t *ret_added,
			struct err *e)
{
	*ret_added = 0;
	return add_all(ifindex, addrs, n, true, ret_added, e);
}

int netdev_addr_present(uint32_t ifindex, const struct ipt_addr *ip)
{
	struct presence p = {.ifindex = ifindex, .sorted = ip, .n = 1};
	int err = dump_addresses(&p);

	return err ? err : p.found;
}

/* What the kernel said it did is not taken on trust: the table is read once more. */
static int all_gone(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct err *e)
{
	struct addr left = addrs[0];
	int found = find_any(ifindex, addrs, n, &left);

	return found ? name_failure(ifindex, &left, "remove", found < 0 ? found : -EBUSY, e) : 0;
}

/* Gone already, alone, with its primary, with the interface's IPv6 or with all of it: all that was wanted. */
static bool counts_as_gone(int result)
{
	return result == 0 || result == -EADDRNOTAVAIL || result == -ENOENT || result == -ENODEV ||
	       result == -ENXIO;
}

static int check_deleted(const struct change *c, struct err *e)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!counts_as_gone(c->results[i]))
			return name_failure(c->ifindex, &c->addrs[i], "remove", c->results[i], e);
	return 0;
}

static int delete_each(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct err *e)
{
	struct change c = {RTM_DELADDR, ifindex, addrs, n, calloc(n, sizeof(*c.results))};
	int err = c.results ? run_change(&c) : -ENOMEM;

	if (err)
		(void)name_failure(ifindex, &addrs[0], "remove", err, e);
	else
		err = check_deleted(&c, e);
	free(c.results);
	return err;
}

int netdev_addr_del(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct err *e)
{
	int err = n ? delete_each(ifindex, addrs, n, e) : 0;

	return n && !err ? all_gone(ifindex, addrs, n, e) : err;
}

int netdev_addr_reform(uint32_t ifindex, const struct addr *from, const struct addr *to, uint32_t n,
		       struct err *e)
{
	int err = netdev_addr_add(ifindex, to, n, true, e);

	return n && !err ? delete_each(ifindex, from, n, e) : err;
}
