/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Knows capabilities by number and name. */
#include "rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	int cap;
	const char *name;
} names[] = {
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{CAP_NET_RAW, "CAP_NET_RAW"},
};

static const char *name_of(int cap)
{
	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].cap == cap)
			return names[i].name;
	return "a capability";
}

static int effective(uint64_t *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	*ret = (uint64_t)data[1].effective << 32 | data[0].effective;
	return 0;
}

int rights_need(const int caps[], const char *what, struct err *e)
{
	uint64_t have = 0;
	int err = effective(&have);

	if (err)
		return err_set(e, err, "capabilities: %s", strerror(-err));
	for (; *caps >= 0; caps++)
		if (!(have >> *caps & 1))
			return err_set(e, -EPERM,
				       "no permission to %s: %s is missing: run as root, with the "
				       "capabilities that ip-takeover-ctl(8) names",
				       what, name_of(*caps));
	return 0;
}
