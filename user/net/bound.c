/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens and binds, or leaves nothing behind. */
#include "bound.h"

#include <errno.h>
#include <unistd.h>

int bound_open(int domain, int type, int protocol, const void *addr, socklen_t len)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, addr, len))
		return fd;
	err = -errno;
	(void)close(fd);
	return err;
}
