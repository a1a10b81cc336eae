/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Directories that are looked at before they are believed. */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"

#define PAUSE_MIN_NS 200000
#define PAUSE_MAX_NS 10000000

/* `shared`: the sticky bit keeps the others from what is ours. */
static int judge(int fd, const char *path, bool shared, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (st.st_uid && st.st_uid != geteuid())
		return err_set(e, -EPERM,
			       "%s belongs to user %u, not to root: it is not ours, remove it, and "
			       "let nobody else write there",
			       path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH) && !(shared && st.st_mode & S_ISVTX))
		return err_set(e, -EPERM,
			       "%s may be written by others than root (mode %04o): nothing in it "
			       "can be trusted; 'chmod 700 %s', and look at what is in it",
			       path, st.st_mode & 07777, path);
	return 0;
}

static int open_judged(int at, const char *name, const char *path, bool shared, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(e, -ENOTDIR, "%s is a link or a file, not our directory: remove it",
			       path);
	if (fd < 0 && errno == EACCES)
		return err_set(e, -EPERM, "%s: no permission: run as root", path);
	if (fd < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	err = judge(fd, path, shared, e);
	if (!err)
		return fd;
	(void)close(fd);
	return err;
}

int place_open(int at, const char *name, const char *path, struct err *e)
{
	return open_judged(at, name, path, false, e);
}

int place_enter(const char *parent, const char *name, bool make, struct err *e)
{
	int at = open_judged(AT_FDCWD, parent, parent, true, e), fd;
	char path[128];

	if (at < 0)
		return at;
	(void)snprintf(path, sizeof(path), "%s/%s", parent, name);
	if (make && mkdirat(at, name, 0700) && errno != EEXIST)
		fd = err_set(e, errno == EACCES ? -EPERM : -errno, "%s: %s%s", path,
			     strerror(errno), errno == EACCES ? ": run as root" : "");
	else
		fd = place_open(at, name, path, e);
	(void)close(at);
	return fd;
}

/* Process that has the lock, as the kernel lists them; 0: unknown. */
static int holder_of(int fd)
{
	unsigned int major, minor;
	unsigned long long inode;
	char line[128];
	struct stat st;
	int pid, found = 0;
	FILE *f;

	f = fstat(fd, &st) ? NULL : fopen("/proc/locks", "re");
	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &major, &minor, &inode) ==
			    4 &&
		    inode == st.st_ino && makedev(major, minor) == st.st_dev)
			found = pid;
	(void)fclose(f);
	return found;
}

int place_lock(int fd, const char *path, unsigned int seconds, struct err *e)
{
	struct timespec pause = {.tv_nsec = PAUSE_MIN_NS};
	uint64_t until_ns = 0, now_ns;
	int holder = 0, now;

	/* The kernel's own waiting has no end, and who is stopped or hostile keeps a lock for ever. */
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, -errno, "%s: lock: %s", path, strerror(errno));
		now_ns = clock_now_ns();
		if (!until_ns || now_ns >= until_ns) {
			now = holder_of(fd);
			if (until_ns && now == holder)
				return err_set(e, -EBUSY,
					       "%s: process %d (0: unknown) has kept the lock for "
					       "%u s: is it stopped?",
					       path, holder, seconds);
			holder = now;
			until_ns = now_ns + seconds * 1000000000ull;
		}
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < PAUSE_MAX_NS)
			pause.tv_nsec *= 2;
	}
	return 0;
}

static bool is_file(int at, const char *name)
{
	struct stat st;

	return !fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

/* Of the directory's names the first that is no file of ours. */
static int find_strange(DIR *d, const char *path, bool (*ours)(const char *name), struct err *e)
{
	struct dirent *entry;

	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    (!ours(entry->d_name) || !is_file(dirfd(d), entry->d_name)))
			return err_set(e, -ENOTEMPTY,
				       "%s/%.64s is not ours: look at it and remove it", path,
				       entry->d_name);
	rewinddir(d);
	return 0;
}

/* All or nothing; takes over `fd`. */
static int empty(int fd, const char *path, bool (*ours)(const char *name), struct err *e)
{
	struct dirent *entry;
	DIR *d = fdopendir(fd);
	int err;

	if (!d) {
		(void)close(fd);
		return err_set(e, -ENOMEM, "%s: out of memory", path);
	}
	err = find_strange(d, path, ours, e);
	while (!err && (entry = readdir(d)))
		if (ours(entry->d_name) && unlinkat(fd, entry->d_name, 0) && errno != ENOENT)
			err = err_set(e, -errno, "%s/%.64s: %s", path, entry->d_name,
				      strerror(errno));
	(void)closedir(d);
	return err;
}

int place_remove(int at, const char *name, const char *path, bool (*ours)(const char *name),
		 struct err *e)
{
	int fd = place_open(at, name, path, e), err;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = empty(fd, path, ours, e);
	if (!err && unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT)
		err = err_set(e, -errno, "%s: %s", path, strerror(errno));
	return err;
}
