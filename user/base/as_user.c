/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the way from root to an ordinary user, which has none back. */
#include "as_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAILED 127 /* as a shell that cannot run a program */

int as_user(char *const argv[])
{
	const struct passwd *pw;

	if (!argv[1] || !argv[2])
		return FAILED;
	errno = 0;
	pw = getpwnam(argv[1]);
	if (!pw) {
		(void)fprintf(stderr, "user '%s': %s\n", argv[1],
			      errno ? strerror(errno) : "there is no such user");
		return FAILED;
	}
	if (initgroups(pw->pw_name, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid)) {
		(void)fprintf(stderr, "user '%s': %s\n", argv[1], strerror(errno));
		return FAILED;
	}
	(void)execv(argv[2], argv + 2);
	(void)fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
	return FAILED;
}
