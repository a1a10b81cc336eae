/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the raw sockets: turns ready frames into wire traffic, and ARP and neighbour discovery on the wire into bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "bound.h"
#include "packet.h"

#define IP6_NEXT (ETH_HLEN + 6)
#define ICMP6_TYPE (ETH_HLEN + 40)
#define SEND_BATCH 64
#define MAX_FD 1024 /* a process of ours has some dozens */
#define MAX_LEFT 64

/* Of the process before, each for one taker; 0: none. */
static atomic_int left[MAX_LEFT];

static int open_bound(uint32_t ifindex, uint16_t protocol, int flags)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex,
	};

	if (ifindex == 0)
		return -ENODEV;
	/* Of no protocol until it is bound: nothing from other interfaces is queued in between. */
	return bound_open(AF_PACKET, SOCK_RAW | flags, 0, &addr, sizeof(addr));
}

static int int_option(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, level, option, &value, &len) ? -1 : value;
}

static bool outlives_exec(int fd)
{
	int domain = int_option(fd, SOL_SOCKET, SO_DOMAIN);

	return domain == AF_PACKET ||
	       (domain == AF_INET6 && int_option(fd, SOL_SOCKET, SO_TYPE) == SOCK_RAW);
}

static void set_all(int flags)
{
	for (int fd = STDERR_FILENO + 1; fd < MAX_FD; fd++)
		if (outlives_exec(fd))
			(void)fcntl(fd, F_SETFD, flags);
}

void packet_pass(void)
{
	set_all(0);
}

void packet_keep(void)
{
	set_all(FD_CLOEXEC);
}

void packet_inherit(void)
{
	unsigned int n = 0;

	set_all(FD_CLOEXEC);
	for (int fd = STDERR_FILENO + 1; fd < MAX_FD && n < MAX_LEFT; fd++)
		if (outlives_exec(fd))
			left[n++] = fd;
}

void packet_drop_left(void)
{
	for (unsigned int i = 0; i < MAX_LEFT; i++) {
		int fd = atomic_exchange(&left[i], 0);

		if (fd)
			(void)close(fd);
	}
}

static bool sends_by(int fd, uint32_t ifindex)
{
	struct sockaddr_ll addr = {0};
	socklen_t len = sizeof(addr);

	return !getsockname(fd, (struct sockaddr *)&addr, &len) && addr.sll_family == AF_PACKET &&
	       addr.sll_protocol == 0 && addr.sll_ifindex == (int)ifindex;
}

/* fd, or 0: none that would do. */
static int take_left(uint32_t ifindex)
{
	for (unsigned int i = 0; i < MAX_LEFT; i++) {
		int fd = left[i];

		if (fd && sends_by(fd, ifindex) && atomic_compare_exchange_strong(&left[i], &fd, 0))
			return fd;
	}
	return 0;
}

int packet_open(uint32_t ifindex)
{
	int fd = ifindex ? take_left(ifindex) : 0;

	if (fd)
		return fd;
	/* Bound to no protocol it receives nothing, so nobody needs to read it. */
	return open_bound(ifindex, 0, 0);
}

int packet_open_arp(uint32_t ifindex)
{
	return open_bound(ifindex, ETH_P_ARP, SOCK_NONBLOCK);
}

/* The socket with the option, or none: fd or -errno. */
static int with_option(int fd, int level, int option, const void *value, size_t len)
{
	int err;

	if (fd < 0 || !setsockopt(fd, level, option, value, (socklen_t)len))
		return fd;
	err = -errno;
	(void)close(fd);
	return err;
}

/* All IPv6 traffic of a busy host would come, and what is wanted be lost in it. */
int packet_open_nd(uint32_t ifindex)
{
	struct sock_filter is_advertisement[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, IP6_NEXT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMP6_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT16_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = {sizeof(is_advertisement) / sizeof(is_advertisement[0]),
					  is_advertisement};

	return with_option(open_bound(ifindex, ETH_P_IPV6, SOCK_NONBLOCK), SOL_SOCKET,
			   SO_ATTACH_FILTER, &filter, sizeof(filter));
}

int packet_open_all_groups(uint32_t ifindex)
{
	const struct packet_mreq all = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_ALLMULTI};

	return with_option(open_bound(ifindex, 0, 0), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
			   sizeof(all));
}

int packet_open_member(void)
{
	struct icmp6_filter nothing;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	ICMP6_FILTER_SETBLOCKALL(&nothing);
	return with_option(fd < 0 ? -errno : fd, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing,
			   sizeof(nothing));
}

/*
 * Port down, interface gone from under the socket, queue full, or dropped by our own fence (which the
 * sender sees as ENOBUFS): nothing left this host, and a later try may.
 */
static int is_drop(int error)
{
	return error == ENETDOWN || error == ENETUNREACH || error == ENOBUFS || error == EAGAIN ||
	       error == ENXIO || error == ENODEV;
}

int packet_send(int fd, const void *frame, size_t len)
{
	ssize_t n;

	do {
		n = send(fd, frame, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return PACKET_SENT;
	if (n < 0 && is_drop(errno))
		return PACKET_DROPPED;
	return n < 0 ? -errno : -EIO;
}

static int send_batch(int fd, const unsigned char *frames, size_t len, unsigned int n)
{
	struct mmsghdr msgs[SEND_BATCH];
	struct iovec iov[SEND_BATCH];
	unsigned int i;
	int sent;

	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < n; i++) {
		iov[i].iov_base = (void *)(uintptr_t)(frames + i * len);
		iov[i].iov_len = len;
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	do {
		sent = sendmmsg(fd, msgs, n, MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	return is_drop(errno) ? 0 : -errno;
}

int packet_send_many(int fd, const void *frames, size_t len, unsigned int n)
{
	const unsigned char *bytes = frames;
	unsigned int done = 0, now;
	int sent;

	while (done < n) {
		now = n - done < SEND_BATCH ? n - done : SEND_BATCH;
		sent = send_batch(fd, bytes + done * len, len, now);
		if (sent < 0)
			return sent;
		done += (unsigned int)sent;
		if ((unsigned int)sent < now)
			break;
	}
	return (int)done;
}

int packet_recv(int fd, void *frame, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, frame, size, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (int)n;
	return errno == EAGAIN ? 0 : -errno;
}
