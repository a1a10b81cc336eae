/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks a path as the kernel does, and looks at all that it passes. */
#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel */

bool owner_find(const char *name, struct owner_user *ret)
{
	struct owner_user u = {.ngroups = OWNER_GROUPS};
	struct passwd pw, *found = NULL;
	char text[4096];

	if (getpwnam_r(name, &pw, text, sizeof(text), &found) || !found)
		return false;
	(void)snprintf(u.name, sizeof(u.name), "%s", name);
	u.uid = pw.pw_uid;
	/* Of more groups than fit the first ones count. */
	if (getgrouplist(name, pw.pw_gid, u.group, &u.ngroups) < 0)
		u.ngroups = OWNER_GROUPS;
	*ret = u;
	return true;
}

bool owner_may(const struct owner_user *user, const struct stat *st, mode_t others)
{
	if (!user || !user->uid)
		return st->st_mode & (others | others << 3 | others << 6);
	if (st->st_uid == user->uid)
		return st->st_mode & others << 6;
	for (int i = 0; i < user->ngroups; i++)
		if (st->st_gid == user->group[i])
			return st->st_mode & others << 3;
	return st->st_mode & others;
}

static bool others_may_write(const struct stat *st)
{
	/* In such a directory nobody moves what belongs to another. */
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return false;
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid);
}

static int look_at(const char *path, const struct stat *st, const struct owner_user *user,
		   struct err *e)
{
	const char *what = S_ISDIR(st->st_mode) ? "directory " : "";

	if (st->st_uid && st->st_uid != geteuid())
		return err_set(e, -EPERM, "%s'%.400s' belongs to user %u, not to root", what, path,
			       (unsigned int)st->st_uid);
	if (S_ISLNK(st->st_mode))
		return 0;
	if (others_may_write(st))
		return err_set(e, -EPERM,
			       "others than root may write %s'%.400s', mode %04o: chmod go-w it",
			       what, path, (unsigned int)st->st_mode & 07777);
	if (user && S_ISDIR(st->st_mode) && !owner_may(user, st, S_IXOTH))
		return err_set(e, -EACCES, "user '%s' cannot pass %s'%.400s'", user->name, what,
			       path);
	return 0;
}

/* The link that is the first `len` bytes of `now` gives way to what it names. */
static int follow(char now[PATH_MAX], size_t len, struct err *e)
{
	char target[PATH_MAX], next[PATH_MAX], rest[PATH_MAX];
	size_t dir = len;
	ssize_t n;

	(void)snprintf(rest, sizeof(rest), "%s", now + len);
	now[len] = '\0';
	n = readlink(now, target, sizeof(target) - 1);
	if (n < 0)
		return err_set(e, -errno, "'%.400s': %s", now, strerror(errno));
	target[n] = '\0';
	while (target[0] != '/' && dir && now[dir - 1] != '/')
		dir--;
	if (target[0] == '/')
		dir = 0;
	n = snprintf(next, sizeof(next), "%.*s%s%s", (int)dir, now, target, rest);
	if (n >= (ssize_t)sizeof(next))
		return err_set(e, -ENAMETOOLONG, "'%.400s': too long behind its links", now);
	memcpy(now, next, (size_t)n + 1);
	return 0;
}

/* From the root on. 0: *ret is what it leads to; 1: a link was followed, and `now` is another path; or -errno. */
static int walk(char now[PATH_MAX], const struct owner_user *user, struct stat *ret, struct err *e)
{
	char prefix[PATH_MAX];
	size_t len = 1;

	for (;;) {
		(void)snprintf(prefix, sizeof(prefix), "%.*s", (int)len, now);
		if (lstat(prefix, ret))
			return now[len]
				       ? err_set(e, -errno, "'%.400s': %s", prefix, strerror(errno))
				       : err_set(e, -errno, "%s", strerror(errno));
		if (look_at(prefix, ret, user, e))
			return -EPERM;
		if (S_ISLNK(ret->st_mode))
			return follow(now, len, e) ? -ENOENT : 1;
		len += strspn(now + len, "/");
		if (!now[len])
			return 0;
		len += strcspn(now + len, "/");
	}
}

int owner_check(const char *path, const struct owner_user *user, struct stat *ret, struct err *e)
{
	char now[PATH_MAX], here[PATH_MAX] = "";
	int state = 1;

	if (path[0] != '/' && !getcwd(here, sizeof(here)))
		return err_set(e, -errno, "'%.400s': %s", path, strerror(errno));
	if (snprintf(now, sizeof(now), "%.*s%s%s", (int)sizeof(now) / 2, here, here[0] ? "/" : "",
		     path) >= (int)sizeof(now))
		return err_set(e, -ENAMETOOLONG, "'%.400s': too long", path);
	for (int links = 0; state == 1 && links < LINKS_MAX; links++)
		state = walk(now, user, ret, e);
	return state == 1 ? err_set(e, -ELOOP, "'%.400s': too many links", path) : state;
}
