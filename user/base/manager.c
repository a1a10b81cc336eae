/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads what the service manager has put into the environment, and writes to its socket. */
#include "manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or, from '@' on, a name of the kernel's. Other kinds are for virtual machines. */
static int open_socket(const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	size_t len = name ? strlen(name) : 0;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	int fd;

	if (len < 2 || len >= sizeof(sa.sun_path) || (*name != '/' && *name != '@'))
		return -1;
	memcpy(sa.sun_path, name, len);
	if (*name == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, size)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Of this process, not of one that has started it. */
static uint64_t watchdog_of_us(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtoul(pid, NULL, 10) != (unsigned long)getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void manager_open(struct manager *ret)
{
	*ret = (struct manager){.fd = open_socket(getenv("NOTIFY_SOCKET"))};
	if (ret->fd >= 0)
		ret->watchdog_ns = watchdog_of_us();
}

void manager_close(struct manager *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	m->fd = -1;
}

bool manager_tell(const struct manager *m, const char *words)
{
	if (m->fd < 0)
		return true;
	/* Whoever does not read any more cannot be told later either. */
	return send(m->fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS);
}
