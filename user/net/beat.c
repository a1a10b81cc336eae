/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the sending side of the heartbeat. */
#include "beat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "packet.h"

int beat_open(struct beat_path *path, uint32_t ifindex, const struct frame_addr *from,
	      uint32_t to_be32, struct err *e)
{
	*path = (struct beat_path){.ifindex = ifindex, .from = *from};
	path->to.ip_be32 = to_be32;
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

int beat_send(struct beat_path *paths, unsigned int n, const struct beat *b,
	      const struct sip_key *key, uint16_t port_be16)
{
	uint8_t frame[FRAME_HB_OVERHEAD + HB_MAX_LEN];
	size_t len = frame_beat_encode(b, key, frame + FRAME_HB_OVERHEAD, HB_MAX_LEN);
	int worst = PACKET_DROPPED;
	bool left = false;

	for (unsigned int i = 0; i < n; i++) {
		size_t whole = frame_udp_wrap(frame, len, &paths[i].from, &paths[i].to, port_be16);
		int res = packet_send(paths[i].fd, frame, whole);

		if (res == PACKET_SENT)
			left = true;
		else
			worst = res;
	}
	return left ? PACKET_SENT : worst;
}

int beat_hold_port(uint16_t port_be16, struct err *e)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = port_be16};
	int on = 1, size = 65536;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(e, -errno, "heartbeat port: %s", strerror(errno));
	/* A flood that no program of ours takes must not grow here. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		int err = errno;

		close(fd);
		return err_set(e, -err, "heartbeat port %u/udp: %s", ntohs(port_be16),
			       strerror(err));
	}
	return fd;
}

size_t beat_missed(int port_fd, void *payload, size_t size, uint32_t *ret_from_be32,
		   uint32_t *ret_ifindex)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in from = {0};
	struct iovec part = {.iov_base = payload, .iov_len = size};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(port_fd, &msg, MSG_DONTWAIT);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (n <= 0)
		return 0;
	*ret_ifindex = 0;
	if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		*ret_ifindex = (uint32_t)info.ipi_ifindex;
	}
	*ret_from_be32 = from.sin_addr.s_addr;
	return (size_t)n;
}
