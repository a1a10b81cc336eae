/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the bpffs that outlives this command, and owns the directories of pins in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "kern_int.h"

#define TURN_TRIES 500 /* 10 ms each */

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], line[128];
	pid_t parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "PPid:", 5))
			parent = atoi(line + 5);
	(void)fclose(f);
	return parent;
}

static ino_t mount_namespace(pid_t pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

/*
 * The nearest ancestor in another mount namespace that has a bpffs; else (*has_bpffs false) the nearest
 * in another one at all; else 0. `ip netns exec` is why: it gives its child a private mount namespace
 * with a fresh /sys, and what is mounted there is gone with the command.
 */
static pid_t find_ancestor(bool *has_bpffs)
{
	ino_t own = mount_namespace(getpid()), ns;
	char path[64];
	pid_t pid, other = 0;

	*has_bpffs = false;
	for (pid = getppid(); pid > 0; pid = parent_of(pid)) {
		ns = mount_namespace(pid);
		if (!ns || ns == own)
			continue;
		if (!other)
			other = pid;
		(void)snprintf(path, sizeof(path), "/proc/%d/root" KERN_BPFFS, pid);
		if (is_bpffs(path)) {
			*has_bpffs = true;
			return pid;
		}
	}
	return other;
}

static int enter_mounts_of(pid_t pid)
{
	char path[64];
	int ns = -1, cwd = -1, err = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	/* setns() moves us to the root; relative names on the command line must keep their meaning. */
	cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The daemon has a thread by now, and threads share their root unless told otherwise. */
	if (ns < 0 || unshare(CLONE_FS) || setns(ns, CLONE_NEWNS) || (cwd >= 0 && fchdir(cwd)))
		err = -errno;
	if (ns >= 0)
		(void)close(ns);
	if (cwd >= 0)
		(void)close(cwd);
	return err;
}

static int mount_bpffs(struct err *e)
{
	if (!mount("bpf", KERN_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return 0;
	switch (errno) {
	case EPERM:
	case EACCES:
		return err_set(e, -EPERM,
			       "no bpffs on " KERN_BPFFS " and no permission to mount one: run as "
			       "root");
	case ENODEV:
	case ENOENT:
		return err_set(e, -ENOSYS,
			       "no bpffs on " KERN_BPFFS " and none can be mounted: this kernel "
			       "lacks CONFIG_BPF_SYSCALL, or /sys is not mounted");
	default:
		return err_set(e, -errno,
			       "no bpffs on " KERN_BPFFS " and mounting one failed: %s: try 'mount "
			       "-t bpf bpf " KERN_BPFFS "'",
			       strerror(errno));
	}
}

int kern_bpffs_enter(bool may_mount, struct err *e)
{
	bool has_bpffs;
	pid_t pid;
	int err;

	if (is_bpffs(KERN_BPFFS))
		return 0;
	pid = find_ancestor(&has_bpffs);
	if (!has_bpffs && !may_mount)
		return err_set(e, -ENOENT, "no bpffs is mounted on " KERN_BPFFS);
	if (pid) {
		err = enter_mounts_of(pid);
		if (err)
			return err_set(e, err,
				       "no bpffs on " KERN_BPFFS
				       " here, and the mount namespace of "
				       "process %d cannot be entered: %s",
				       pid, strerror(-err));
	}
	return has_bpffs ? 0 : mount_bpffs(e);
}

void kern_pin_path(const char *dir, const char *name, char ret[KERN_PATH_LEN])
{
	(void)snprintf(ret, KERN_PATH_LEN, "%s/%s", dir, name);
}

int kern_lock(struct err *e)
{
	struct stat mine, there;
	int fd;

	for (;;) {
		if (mkdir(KERN_ROOT, 0700) && errno != EEXIST)
			break;
		fd = open(KERN_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			break;
		if (fd < 0)
			continue;
		/* Whoever held the lock before may have removed the directory: then take the new one. */
		if (!flock(fd, LOCK_EX) && !fstat(fd, &mine) && !stat(KERN_ROOT, &there) &&
		    mine.st_ino == there.st_ino)
			return fd;
		(void)close(fd);
	}
	if (errno == EACCES || errno == EPERM)
		return err_set(e, -EPERM, "no permission for " KERN_ROOT ": run as root");
	return err_set(e, -errno, KERN_ROOT ": %s", strerror(errno));
}

void kern_unlock(int fd)
{
	(void)rmdir(KERN_ROOT); /* not empty, as a rule */
	(void)close(fd);
}

int kern_dir_turn(struct kern *k, struct err *e)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	int fd = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "%s: %s", k->dir, strerror(errno));
	/* Not for ever: a command may have been stopped. */
	for (int tries = 0; tries < TURN_TRIES; tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		(void)nanosleep(&pause, NULL);
	}
	(void)close(fd);
	return err_set(e, -EBUSY, "another command is at work on instance '%s'", k->instance);
}

int kern_dir_purge(const char *dir, struct err *e)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int err = 0;

	if (!d)
		return errno == ENOENT ? 0 : err_set(e, -errno, "%s: %s", dir, strerror(errno));
	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(d), entry->d_name, 0) && errno != ENOENT)
			err = err_set(e, -errno, "%s/%s: %s", dir, entry->d_name, strerror(errno));
	}
	(void)closedir(d);
	if (!err && rmdir(dir) && errno != ENOENT)
		err = err_set(e, -errno, "%s: %s", dir, strerror(errno));
	return err;
}

static int is_instance(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int kern_each_instance(void (*fn)(const char *instance, void *arg), void *arg)
{
	struct dirent **names;
	struct err e;
	int i, n;

	n = kern_bpffs_enter(false, &e);
	if (n)
		return n == -ENOENT ? 0 : n;
	/* All names first: the callback may remove the directory it is called for. */
	n = scandir(KERN_ROOT, &names, is_instance, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < n; i++) {
		fn(names[i]->d_name, arg);
		free(names[i]);
	}
	free(names);
	return n;
}
