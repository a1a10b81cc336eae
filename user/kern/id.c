/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose pins they are: the instance's name, the network namespace, the boot; who may work on them; the clock's offset. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/rights.h"
#include "kern_int.h"

static int check_instance(const char *name, struct err *e)
{
	size_t i, len = strlen(name);

	/* It becomes a directory in bpffs, where dots are not allowed, and a socket's name. */
	if (!len || len > 31)
		return err_set(e, -EINVAL, "instance '%s': 1 to 31 characters, please", name);
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
			return err_set(e, -EINVAL,
				       "instance '%s': only letters, digits, '_' and '-', please",
				       name);
	return 0;
}

static uint64_t netns_cookie(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		cookie = 0;
	if (fd >= 0)
		(void)close(fd);
	return cookie;
}

/*
 * Told by what every process may read of its own namespace: a daemon and a command with fewer rights must come to the same
 * name, and not everybody may look at process 1. From Linux 6.18 on the initial namespace has a number that no other is
 * given while the system runs; before, cookies are counted from it on.
 */
static bool is_initial(ino_t netns)
{
	return netns == 0xeffffff9u || netns_cookie() == 1;
}

int kern_instance(const char *given, char ret[64], struct err *e)
{
	struct stat own;
	int err;

	if (given) {
		err = check_instance(given, e);
		if (!err)
			(void)snprintf(ret, 64, "%s", given);
		return err;
	}
	if (stat("/proc/self/ns/net", &own))
		return err_set(e, -errno, "/proc/self/ns/net: %s", strerror(errno));
	if (is_initial(own.st_ino))
		(void)snprintf(ret, 64, "default");
	else
		(void)snprintf(ret, 64, "net-%" PRIu64, (uint64_t)own.st_ino);
	return 0;
}

int kern_id_self(struct ipt_meta *ret, struct err *e)
{
	const char *boot = "/proc/sys/kernel/random/boot_id";
	struct ipt_meta meta = {.abi = IPT_ABI};
	struct stat st;
	FILE *f;

	if (stat("/proc/self/ns/net", &st))
		return err_set(e, -errno, "/proc/self/ns/net: %s", strerror(errno));
	meta.netns_ino = st.st_ino;
	meta.netns_cookie = netns_cookie();
	f = fopen(boot, "re");
	if (!f)
		return err_set(e, -errno, "%s: %s", boot, strerror(errno));
	if (!fgets((char *)meta.boot_id, sizeof(meta.boot_id), f))
		meta.boot_id[0] = '\0';
	(void)fclose(f);
	meta.boot_id[strcspn((const char *)meta.boot_id, "\n")] = '\0';
	*ret = meta;
	return 0;
}

int kern_rights(struct err *e)
{
	/* The first one for looking up programs, maps and type information by number, and for mounting; it includes
	 * CAP_BPF and CAP_PERFMON. */
	static const int needed[] = {CAP_SYS_ADMIN, CAP_NET_ADMIN, -1};

	return rights_need(needed, "load and attach programs", e);
}

int kern_clock_offset(struct kern *k, int64_t *ret_ns)
{
	char line[128];
	long long sec, nsec;
	FILE *f;

	(void)k;
	*ret_ns = 0;
	/* bpf_ktime_get_boot_ns() ignores time namespaces, clock_gettime() does not. */
	f = fopen("/proc/self/timens_offsets", "re");
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "boottime %lld %lld", &sec, &nsec) == 2)
			*ret_ns = -(sec * 1000000000ll + nsec);
	(void)fclose(f);
	return 0;
}
