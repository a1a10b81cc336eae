/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Adds and removes addresses in batches: every message is answered for, nothing is left half done. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "netdev_nl.h"

#define BATCH 64 /* one datagram; its answers fit any receive buffer */
#define MSG_ROOM 64 /* nlmsghdr 16, ifaddrmsg 8, two address attributes 8 each */
#define MAX_DUMPS 8 /* a table that changes during each of so many dumps: say so, do not spin */

struct change {
	uint16_t type; /* RTM_NEWADDR, RTM_DELADDR */
	uint32_t ifindex;
	const struct addr *addrs;
	uint32_t n;
	int *results; /* per address: 0 or -errno */
};

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
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = c->addrs[i].prefix_len;
	ifa->ifa_index = c->ifindex;
	if (c->addrs[i].host)
		ifa->ifa_scope = RT_SCOPE_HOST;
	mnl_attr_put_u32(nlh, IFA_LOCAL, c->addrs[i].ip_be32);
	mnl_attr_put_u32(nlh, IFA_ADDRESS, c->addrs[i].ip_be32);
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

static const char *addr_text(const struct addr *addr, char text[INET_ADDRSTRLEN])
{
	(void)inet_ntop(AF_INET, &addr->ip_be32, text, INET_ADDRSTRLEN);
	return text;
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
	char ip[INET_ADDRSTRLEN], dev[IFNAMSIZ];

	if (err == -EEXIST)
		return err_set(e, err, "%s is already on %s, and not put there by us",
			       addr_text(addr, ip), dev_text(ifindex, dev));
	return err_set(e, err, "cannot %s %s/%u on %s: %s", verb, addr_text(addr, ip),
		       addr->prefix_len, dev_text(ifindex, dev), strerror(-err));
}

struct presence {
	uint32_t ifindex; /* 0: any */
	const uint32_t *sorted_be32;
	uint32_t n;
	uint32_t found_be32; /* one that is there */
	bool found;
};

static int be32_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint32_t));
}

static void look_for(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct presence *p = arg;

	if (p->ifindex && ifindex != p->ifindex)
		return;
	if (!bsearch(&addr->ip_be32, p->sorted_be32, p->n, sizeof(addr->ip_be32), be32_order))
		return;
	p->found = true;
	p->found_be32 = addr->ip_be32;
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
	uint32_t *sorted = calloc(n, sizeof(*sorted));
	uint32_t i;
	int err;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		sorted[i] = addrs[i].ip_be32;
	qsort(sorted, n, sizeof(*sorted), be32_order);
	p.sorted_be32 = sorted;
	err = dump_addresses(&p);
	free(sorted);
	if (err || !p.found)
		return err;
	ret->ip_be32 = p.found_be32;
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

static int add_all(uint32_t ifindex, const struct addr *addrs, uint32_t n, bool adopt,
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
	err = adopt ? 0 : find_any(ifindex, addrs, n, &there);
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
		if (c.results[i] == 0 || (c.results[i] == -EEXIST && adopt))
			continue;
		err = name_failure(ifindex, &addrs[i], "add", c.results[i], e);
	}
	if (err)
		roll_back(&c);
	free(c.results);
	return err;
}

int netdev_addr_add(uint32_t ifindex, const struct addr *addrs, uint32_t n, bool adopt,
		    struct err *e)
{
	uint32_t ignored = 0;

	return add_all(ifindex, addrs, n, adopt, &ignored, e);
}

int netdev_addr_restore(uint32_t ifindex, const struct addr *addrs, uint32_t n, uint32_t *ret_added,
			struct err *e)
{
	*ret_added = 0;
	return add_all(ifindex, addrs, n, true, ret_added, e);
}

int netdev_addr_present(uint32_t ifindex, uint32_t ip_be32)
{
	struct presence p = {.ifindex = ifindex, .sorted_be32 = &ip_be32, .n = 1};
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

/* Gone already, alone, with its primary or with the whole interface: all that was wanted. */
static bool counts_as_gone(int result)
{
	return result == 0 || result == -EADDRNOTAVAIL || result == -ENOENT || result == -ENODEV;
}

static int delete_all(const struct change *c, struct err *e)
{
	int err = run_change(c);
	uint32_t i;

	if (err)
		return name_failure(c->ifindex, &c->addrs[0], "remove", err, e);
	for (i = 0; i < c->n; i++)
		if (!counts_as_gone(c->results[i]))
			return name_failure(c->ifindex, &c->addrs[i], "remove", c->results[i], e);
	return all_gone(c->ifindex, c->addrs, c->n, e);
}

int netdev_addr_del(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct err *e)
{
	struct change c = {RTM_DELADDR, ifindex, addrs, n, NULL};
	int err;

	if (n == 0)
		return 0;
	c.results = calloc(n, sizeof(*c.results));
	if (!c.results)
		return err_set(e, -ENOMEM, "out of memory");
	err = delete_all(&c, e);
	free(c.results);
	return err;
}
