/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the bpffs that outlives this command, and owns the directories of pins in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/place.h"
#include "kern_int.h"

/* Of one holder. On an emulated machine the programs take half a minute to load. */
#define LOCK_SECONDS 60
#define TURN_SECONDS 5

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
			       "-t bpf -o mode=0700 bpf " KERN_BPFFS "'",
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

/* 1: the directory that was locked is not there any more. */
static int try_lock(int *ret, struct err *e)
{
	int fd = place_enter(KERN_BPFFS, KERN_DIR, true, e), err;
	struct stat mine, there;

	if (fd < 0)
		return fd == -ENOENT ? 1 : fd;
	/* Nobody else reads what is ours, and so nobody else locks it. */
	(void)fchmod(fd, 0700);
	err = place_lock(fd, KERN_ROOT, LOCK_SECONDS, e);
	/* Whoever held the lock before may have removed the directory: then take the new one. */
	if (!err && !fstat(fd, &mine) && !lstat(KERN_ROOT, &there) && mine.st_ino == there.st_ino) {
		*ret = fd;
		return 0;
	}
	(void)close(fd);
	return err ? err : 1;
}

int kern_lock(struct err *e)
{
	int fd = -1, err;

	do {
		err = try_lock(&fd, e);
	} while (err > 0);
	return err ? err : fd;
}

void kern_unlock(int fd)
{
	(void)rmdir(KERN_ROOT); /* not empty, as a rule */
	(void)close(fd);
}

int kern_xdp_guard(bool make, struct err *e)
{
	int fd = place_enter(KERN_BPFFS, "xdp", make, e), err;

	if (fd < 0)
		return fd == -ENOENT && !make ? 0 : fd;
	err = place_lock(fd, KERN_BPFFS "/xdp", LOCK_SECONDS, e);
	(void)close(fd);
	return err;
}

void kern_xdp_tidy(void)
{
	struct err ignored;
	int fd = place_enter(KERN_BPFFS, "xdp", false, &ignored);

	if (fd < 0)
		return;
	(void)rmdir(KERN_BPFFS "/xdp");
	(void)close(fd);
}

int kern_dir_open(const char *instance, struct err *e)
{
	int root = place_enter(KERN_BPFFS, KERN_DIR, false, e), fd;
	char path[KERN_PATH_LEN];

	if (root < 0)
		return root;
	kern_pin_path(KERN_ROOT, instance, path);
	fd = place_open(root, instance, path, e);
	(void)close(root);
	return fd;
}

int kern_dir_turn(struct kern *k, struct err *e)
{
	int fd = kern_dir_open(k->instance, e), err;
	struct err why;

	if (fd < 0)
		return fd;
	err = place_lock(fd, k->dir, TURN_SECONDS, &why);
	if (!err)
		return fd;
	(void)close(fd);
	return err_set(e, err, "another command is at work on instance '%s': %.300s", k->instance,
		       why.text);
}

int kern_dir_purge(const char *instance, bool (*ours)(const char *name), struct err *e)
{
	int root = place_enter(KERN_BPFFS, KERN_DIR, false, e), err;
	char path[KERN_PATH_LEN];

	if (root < 0)
		return root == -ENOENT ? 0 : root;
	kern_pin_path(KERN_ROOT, instance, path);
	err = place_remove(root, instance, path, ours, e);
	(void)close(root);
	return err;
}

static int is_instance(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int kern_each_instance(void (*fn)(const char *instance, void *arg), void *arg, struct err *e)
{
	struct dirent **names;
	int root, i, n;

	n = kern_bpffs_enter(false, e);
	if (n)
		return n == -ENOENT ? 0 : n;
	root = place_enter(KERN_BPFFS, KERN_DIR, false, e);
	if (root < 0)
		return root == -ENOENT ? 0 : root;
	/* All names first: the callback may remove the directory it is called for. */
	n = scandirat(root, ".", &names, is_instance, alphasort);
	(void)close(root);
	if (n < 0)
		return err_set(e, -errno, KERN_ROOT ": %s", strerror(errno));
	for (i = 0; i < n; i++) {
		fn(names[i]->d_name, arg);
		free(names[i]);
	}
	free(names);
	return n;
}
