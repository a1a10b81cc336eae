/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The other end of `monitor`: hands the request on, and passes on what is said. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "cmd.h"
#include "monitor.h"
#include "monitor_rule.h"

static int reach(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = MONITOR_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool hand_on(int to, char *bytes, size_t len, const int fd[2])
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fd, 2 * sizeof(int));
	return sendmsg(to, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

/* False: this end is over. */
static bool pass_on(int from, int to)
{
	char bytes[4096];
	ssize_t n = read(from, bytes, sizeof(bytes)), done = 0, wrote;

	while (done < n) {
		wrote = write(to, bytes + done, (size_t)(n - done));
		if (wrote < 0 && errno != EINTR)
			return false;
		done += wrote > 0 ? wrote : 0;
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

static void pass_all(const int from[2])
{
	struct pollfd fds[] = {{.fd = from[0], .events = POLLIN},
			       {.fd = from[1], .events = POLLIN},
			       {.fd = STDOUT_FILENO}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents &&
			    !pass_on(from[i], i ? STDERR_FILENO : STDOUT_FILENO))
				fds[i].fd = -1;
		/* Nobody reads it any more. */
		if (fds[2].revents & POLLERR)
			return;
	}
}

int monitor_ask(int argc, char **argv)
{
	char bytes[MONITOR_BYTES], copy[MONITOR_BYTES], *words[MONITOR_WORDS + 1];
	int out[2], err[2], to;
	unsigned char end = 1;
	size_t len = 0;

	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]) + 1;

		if (n > sizeof(bytes) - len)
			return -1;
		memcpy(bytes + len, argv[i], n);
		len += n;
	}
	memcpy(copy, bytes, len);
	if (!geteuid() || !monitor_words(copy, len, words))
		return -1;
	to = reach();
	if (to < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
	    !hand_on(to, bytes, len, (const int[]){out[1], err[1]}))
		return cmd_fail(1, MONITOR_SOCKET ": %s", strerror(errno));
	(void)close(out[1]);
	(void)close(err[1]);
	pass_all((const int[]){out[0], err[0]});
	if (recv(to, &end, 1, 0) != 1)
		return cmd_fail(1, MONITOR_SOCKET ": no answer: the journal of "
						  "ip-takeover-monitor@.service says why");
	return end;
}
