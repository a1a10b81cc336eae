/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes /proc/sys/net/ipv4/conf/NAME/KEY of the network namespace we are in, and reads those of IPv6. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "netdev.h"

static int sysctl_open(const char *family, const char *ifname, const char *key, int flags)
{
	char path[128];
	int len, fd;

	/* No kernel lets a name like that in; a damaged record of ours must not lead elsewhere. */
	if (!ifname[0] || strchr(ifname, '/') || !strcmp(ifname, ".") || !strcmp(ifname, ".."))
		return -EINVAL;
	len = snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, ifname, key);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int get(const char *family, const char *ifname, const char *key, int *ret)
{
	int fd = sysctl_open(family, ifname, key, O_RDONLY);
	char text[32], *end;
	ssize_t n;
	long value;
	int err;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	err = n < 0 ? -errno : 0;
	(void)close(fd);
	if (err)
		return err;
	text[n] = '\0';
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || value < INT_MIN || value > INT_MAX)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

int netdev_sysctl_get(const char *ifname, const char *key, int *ret)
{
	return get("ipv4", ifname, key, ret);
}

bool netdev_has_ipv6(const char *ifname)
{
	int off;

	return !get("ipv6", ifname, "disable_ipv6", &off) && !off;
}

bool netdev_routes_ipv6(const char *ifname)
{
	int forwards;

	return !get("ipv6", ifname, "forwarding", &forwards) && forwards;
}

int netdev_sysctl_set(const char *ifname, const char *key, int value)
{
	int fd = sysctl_open("ipv4", ifname, key, O_WRONLY);
	char text[16];
	int len, err = 0;

	if (fd < 0)
		return fd;
	len = snprintf(text, sizeof(text), "%d", value);
	if (write(fd, text, (size_t)len) != len)
		err = errno ? -errno : -EIO;
	(void)close(fd);
	return err;
}
