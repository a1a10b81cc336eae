/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the sending side of the heartbeat. */
#include "beat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "packet.h"

int beat_open(struct beat_path *path, uint32_t ifindex, const struct frame_addr *from,
	      const struct ipt_addr *to, struct err *e)
{
	*path = (struct beat_path){.ifindex = ifindex, .from = *from};
	path->to.ip = *to;
	memset(path->to.mac, 0xff, sizeof(path->to.mac));
	path->fd = packet_open(ifindex);
	if (path->fd < 0)
		return err_set(e, path->fd, "heartbeat socket: %s", strerror(-path->fd));
	return 0;
}

void beat_close(struct beat_path *path)
{
	if (path->fd >= 0)
		close(path->fd);
	path->fd = -1;
}

static int send_by(const struct beat_path *path, uint8_t *payload, size_t len, uint16_t port_be16)
{
	static const uint8_t nowhere[6];
	uint8_t *frame = payload - frame_hb_overhead(&path->to.ip);

	/* A frame to all is sent on by no router (RFC 1812, 5.3.4). */
	if (!memcmp(path->to.mac, nowhere, 6))
		return PACKET_DROPPED;
	return packet_send(path->fd, frame,
			   frame_udp_wrap(frame, len, &path->from, &path->to, port_be16));
}

int beat_send(struct beat_path *paths, unsigned int n, const struct beat *b,
	      const struct sip_key *key, uint16_t port_be16)
{
	uint8_t room[FRAME_HB_OVERHEAD6 + HB_MAX_LEN], *payload = room + FRAME_HB_OVERHEAD6;
	size_t len = frame_beat_encode(b, key, payload, HB_MAX_LEN);
	int worst = PACKET_DROPPED;
	bool left = false;

	for (unsigned int i = 0; i < n; i++) {
		int res = send_by(&paths[i], payload, len, port_be16);

		if (res == PACKET_SENT)
			left = true;
		else
			worst = res;
	}
	return left ? PACKET_SENT : worst;
}

/* Of both families, or of IPv4 on a host whose kernel has no IPv6. */
static int open_port(int *ret_family)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret_family = AF_INET6;
	if (fd >= 0 || errno != EAFNOSUPPORT)
		return fd;
	*ret_family = AF_INET;
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int bind_port(int fd, int family, uint16_t port_be16)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = port_be16};
	struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = port_be16};
	int on = 1, off = 0;

	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
		       bind(fd, (struct sockaddr *)&any, sizeof(any));
	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
	       bind(fd, (struct sockaddr *)&any6, sizeof(any6));
}

int beat_hold_port(uint16_t port_be16, struct err *e)
{
	int family, size = 65536;
	int fd = open_port(&family);

	if (fd < 0)
		return err_set(e, -errno, "heartbeat port: %s", strerror(errno));
	/* A flood that no program of ours takes must not grow here. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    bind_port(fd, family, port_be16)) {
		int err = errno;

		close(fd);
		return err_set(e, -err, "heartbeat port %u/udp: %s", ntohs(port_be16),
			       strerror(err));
	}
	return fd;
}

bool beat_holds_port(int fd, uint16_t port_be16)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return false;
	/* The port stands at the same place in both. */
	return (sa.ss_family == AF_INET || sa.ss_family == AF_INET6) &&
	       ((struct sockaddr_in *)&sa)->sin_port == port_be16;
}

/* The interface in which the datagram came; 0: not said. */
static uint32_t came_by(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct in6_pktinfo info6;
	struct in_pktinfo info;

	if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		return (uint32_t)info.ipi_ifindex;
	}
	if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info6, CMSG_DATA(c), sizeof(info6));
		return info6.ipi6_ifindex;
	}
	return 0;
}

size_t beat_missed(int port_fd, void *payload, size_t size, struct ipt_addr *ret_from,
		   uint32_t *ret_ifindex)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_storage from = {0};
	struct iovec part = {.iov_base = payload, .iov_len = size};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(port_fd, &msg, MSG_DONTWAIT);

	if (n <= 0)
		return 0;
	*ret_ifindex = came_by(&msg);
	/* To a socket of IPv6 the kernel says IPv4 as we do: ::ffff:a.b.c.d. */
	if (from.ss_family == AF_INET6)
		memcpy(ret_from, &((struct sockaddr_in6 *)&from)->sin6_addr, sizeof(*ret_from));
	else
		*ret_from = ipt_addr_v4(((struct sockaddr_in *)&from)->sin_addr.s_addr);
	return (size_t)n;
}
