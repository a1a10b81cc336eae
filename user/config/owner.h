/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who else may write a file, and who may reach it: by the file, and by each directory and link on the way to it. */
#ifndef IPT_OWNER_H
#define IPT_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>
#include "base/err.h"

#define OWNER_GROUPS 64

/* As whom a program runs. */
struct owner_user {
	char name[33];
	uid_t uid;
	gid_t group[OWNER_GROUPS];
	int ngroups;
};

/* False: there is no such user. */
bool owner_find(const char *name, struct owner_user *ret);
/* May `user` (NULL: root) do what the bit of `others` (S_IXOTH, ...) says, by mode and owner? */
bool owner_may(const struct owner_user *user, const struct stat *st, mode_t others);

/*
 * 0, and what `path` is; or -errno with what is wrong: it is not there, others than root (and the caller) may write it
 * or put something else in its place, or `user` (NULL: root) cannot reach it.
 */
int owner_check(const char *path, const struct owner_user *user, struct stat *ret, struct err *e);

#endif
