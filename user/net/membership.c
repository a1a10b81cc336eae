/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the sockets by which this host is a member of multicast groups. */
#include "membership.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "packet.h"

#define TABLE "/proc/thread-self/net/igmp6"
#define MAX_SOCKETS 256 /* older kernels let one have some 300 memberships */

struct member {
	uint32_t ifindex;
	uint32_t low24; /* last three bytes of the addresses, and of their group */
	int fd; /* -1: not joined by us */
	bool there; /* in the kernel's table */
};

struct membership {
	struct member *member; /* sorted, once each, as soon as `sorted` */
	uint32_t n, room;
	bool sorted;
	int fd[MAX_SOCKETS];
	unsigned int nfds;
	int newest; /* of those that join; 0: there is none */
};

struct membership *membership_new(void)
{
	return calloc(1, sizeof(struct membership));
}

int membership_want(struct membership *m, uint32_t ifindex, const struct ipt_addr *ip)
{
	struct member *more = m->member;

	if (m->n == m->room) {
		uint32_t room = m->room ? 2 * m->room : 64;

		more = reallocarray(m->member, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		m->member = more;
		m->room = room;
	}
	more[m->n++] = (struct member){.ifindex = ifindex,
				       .low24 = ntohl(ip->word_be32[3]) & 0xffffff,
				       .fd = -1};
	m->sorted = false;
	return 0;
}

static int order(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return a->low24 < b->low24 ? -1 : a->low24 > b->low24;
}

static void sort(struct membership *m)
{
	uint32_t n = 0;

	if (m->n)
		qsort(m->member, m->n, sizeof(*m->member), order);
	for (uint32_t i = 0; i < m->n; i++)
		if (!n || order(&m->member[n - 1], &m->member[i]))
			m->member[n++] = m->member[i];
	m->n = n;
	m->sorted = true;
}

/* ff02::1:ffXX:XXXX */
static struct in6_addr group_of(const struct member *one)
{
	struct in6_addr group = {.s6_addr = {0xff, 2, [11] = 1, 0xff}};

	group.s6_addr[13] = (uint8_t)(one->low24 >> 16);
	group.s6_addr[14] = (uint8_t)(one->low24 >> 8);
	group.s6_addr[15] = (uint8_t)one->low24;
	return group;
}

/* What somebody has taken away with the interface's IPv6 our sockets still believe in. */
static int read_table(struct membership *m)
{
	struct member key = {0}, *found;
	char line[256], prefix[27];
	FILE *f = fopen(TABLE, "re");

	if (!f)
		return -errno;
	for (uint32_t i = 0; i < m->n; i++)
		m->member[i].there = false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %*s %26[0-9a-f]%6x", &key.ifindex, prefix, &key.low24) != 3 ||
		    strcmp(prefix, "ff0200000000000000000001ff"))
			continue;
		found = bsearch(&key, m->member, m->n, sizeof(key), order);
		if (found)
			found->there = true;
	}
	(void)fclose(f);
	return 0;
}

static int change(int fd, int what, const struct member *one)
{
	struct ipv6_mreq req = {.ipv6mr_multiaddr = group_of(one),
				.ipv6mr_interface = one->ifindex};

	return setsockopt(fd, IPPROTO_IPV6, what, &req, sizeof(req)) ? -errno : 0;
}

static int keep_socket(struct membership *m, int fd)
{
	if (fd < 0)
		return fd;
	if (m->nfds == MAX_SOCKETS) {
		(void)close(fd);
		return -ENOBUFS;
	}
	m->fd[m->nfds++] = fd;
	return fd;
}

static int add_socket(struct membership *m)
{
	int fd = keep_socket(m, packet_open_member());

	if (fd >= 0)
		m->newest = fd;
	return fd;
}

/* The newest socket, or one more when that has as many memberships as the kernel lets it have. */
static int join(struct membership *m, struct member *one)
{
	int fd = m->newest ? m->newest : add_socket(m);
	int err = fd < 0 ? fd : change(fd, IPV6_JOIN_GROUP, one);

	if (err == -ENOMEM || err == -ENOBUFS) {
		fd = add_socket(m);
		err = fd < 0 ? fd : change(fd, IPV6_JOIN_GROUP, one);
	}
	one->fd = err ? -1 : fd;
	return err;
}

/* Joined once more, a group that the socket believes to be in already would be refused. */
static int join_again(struct membership *m, struct member *one)
{
	if (one->fd >= 0)
		(void)change(one->fd, IPV6_LEAVE_GROUP, one);
	return join(m, one);
}

/* The first beyond MEMBERSHIP_MAX lets all in, those after it share that. */
static int let_all_in(struct membership *m, struct member *one, bool first)
{
	if (one->fd < 0)
		one->fd = first ? keep_socket(m, packet_open_all_groups(one->ifindex)) : one[-1].fd;
	return one->fd < 0 ? one->fd : 0;
}

int membership_keep(struct membership *m, uint32_t *ret_missing)
{
	uint32_t on_iface = 0;
	int err, ret = 0;

	if (!m->sorted)
		sort(m);
	*ret_missing = 0;
	err = m->n ? read_table(m) : 0;
	if (err)
		return err;
	for (uint32_t i = 0; i < m->n; i++) {
		struct member *one = &m->member[i];

		on_iface = i && m->member[i - 1].ifindex == one->ifindex ? on_iface + 1 : 1;
		if (on_iface > MEMBERSHIP_MAX)
			err = let_all_in(m, one, on_iface == MEMBERSHIP_MAX + 1);
		else
			err = one->there && one->fd >= 0 ? 0 : join_again(m, one);
		*ret_missing += err != 0;
		ret = err ? err : ret;
	}
	return ret;
}

void membership_free(struct membership *m)
{
	if (!m)
		return;
	for (unsigned int i = 0; i < m->nfds; i++)
		(void)close(m->fd[i]);
	free(m->member);
	free(m);
}
