/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how this process was called, in words that its heir can be called by. */
#include "heir.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

static int absolute(char ret[4096], const char *path, struct err *e)
{
	char cwd[PATH_MAX];
	int n;

	if (path[0] == '/')
		cwd[0] = '\0';
	else if (!getcwd(cwd, sizeof(cwd)))
		return err_set(e, -errno, "current directory: %s", strerror(errno));
	n = snprintf(ret, 4096, "%s%s%s", cwd, cwd[0] ? "/" : "", path);
	if (n < 0 || n >= 4096)
		return err_set(e, -ENAMETOOLONG, "%s: name too long", path);
	return 0;
}

int heir_origin(struct origin *ret, const char *program, const char *config, const char *instance,
		struct err *e)
{
	int err = absolute(ret->config, config, e);
	ssize_t n;

	if (err)
		return err;
	ret->started_ns = clock_now_ns();
	(void)snprintf(ret->instance, sizeof(ret->instance), "%s", instance);
	/* As it was called, links and all: that is where the next version will be. Found by PATH, the link's end. */
	if (strchr(program, '/'))
		return absolute(ret->program, program, e);
	n = readlink("/proc/self/exe", ret->program, sizeof(ret->program) - 1);
	if (n < 0)
		return err_set(e, -errno, "/proc/self/exe: %s", strerror(errno));
	ret->program[n] = '\0';
	return 0;
}
