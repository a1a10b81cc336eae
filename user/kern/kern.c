/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens, makes and removes an instance: whose pins are these, and may we use them? */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>
#include "kern_int.h"

enum pins {
	PINS_NONE,
	PINS_OURS,
	PINS_STALE, /* half made, or of a namespace or a boot that is over */
};

/* Of a map of unknown size, as much as fits. */
static int read_meta(int fd, struct ipt_meta *ret)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info), zero = 0;
	void *value;
	int err;

	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (err)
		return err;
	value = calloc(1, info.value_size + 8);
	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &zero, value);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, value, info.value_size < sizeof(*ret) ? info.value_size : sizeof(*ret));
	free(value);
	return err;
}

static int judge_meta(const char *dir, const struct ipt_meta *there, const struct ipt_meta *self,
		      struct err *e)
{
	if (!there->abi)
		return PINS_STALE;
	if (there->abi != IPT_ABI)
		return err_set(e, -EPROTO,
			       "the pins below %s are of ABI %u, this program is of ABI %u: run "
			       "the "
			       "matching version's detach, or remove the directory",
			       dir, there->abi, IPT_ABI);
	if (strncmp((const char *)there->boot_id, (const char *)self->boot_id,
		    sizeof(self->boot_id)) ||
	    (there->netns_ino == self->netns_ino && there->netns_cookie != self->netns_cookie))
		return PINS_STALE;
	if (there->netns_ino != self->netns_ino)
		return err_set(e, -EXDEV,
			       "the pins below %s belong to another network namespace (%" PRIu64
			       ", this is %" PRIu64 "): choose a name of your own with --instance",
			       dir, (uint64_t)there->netns_ino, (uint64_t)self->netns_ino);
	return PINS_OURS;
}

/* enum pins or -errno */
static int look_at_pins(const char *instance, const struct ipt_meta *self, struct err *e)
{
	struct ipt_meta there;
	char dir[KERN_PATH_LEN], path[KERN_PATH_LEN];
	int fd = kern_dir_open(instance, e), err;

	if (fd < 0)
		return fd == -ENOENT ? PINS_NONE : fd;
	(void)close(fd);
	kern_pin_path(KERN_ROOT, instance, dir);
	kern_pin_path(dir, "meta", path);
	fd = bpf_obj_get(path);
	if (fd == -ENOENT)
		return PINS_STALE;
	if (fd < 0)
		return err_set(e, fd == -EACCES ? -EPERM : fd, "%s: %s%s", path, strerror(-fd),
			       fd == -EACCES || fd == -EPERM ? ": run as root" : "");
	err = read_meta(fd, &there);
	(void)close(fd);
	if (err)
		return err_set(e, err, "%s: %s", path, strerror(-err));
	return judge_meta(dir, &there, self, e);
}

static int kern_new(struct kern **ret, const char *instance, struct err *e)
{
	struct kern *k = calloc(1, sizeof(*k));
	unsigned int i;

	if (!k)
		return err_set(e, -ENOMEM, "no memory");
	for (i = 0; i < KMAP_MAX; i++)
		k->map[i] = -1;
	k->fence_fd = k->announce_fd = -1;
	(void)snprintf(k->instance, sizeof(k->instance), "%s", instance);
	(void)snprintf(k->dir, sizeof(k->dir), KERN_ROOT "/%s", instance);
	if (!getenv("IPT_DEBUG")) {
		(void)libbpf_set_print(NULL);
		(void)libxdp_set_print(NULL);
	}
	*ret = k;
	return 0;
}

/* Under the lock. A crash in here leaves a directory without a filled `meta`: the next one purges it. */
static int make_pins(const struct kern *k, const struct ipt_meta *self, struct err *e)
{
	struct err ignored;
	int err;

	if (mkdir(k->dir, 0700))
		return err_set(e, -errno, "%s: %s", k->dir, strerror(errno));
	err = kern_load(k->dir, self, e);
	if (err)
		(void)kern_dir_purge(k->instance, kern_pin_ours, &ignored);
	return err;
}

static int create_locked(struct kern *k, struct err *e)
{
	struct ipt_meta self;
	int pins, err;

	err = kern_id_self(&self, e);
	if (err)
		return err;
	pins = look_at_pins(k->instance, &self, e);
	if (pins == PINS_STALE) {
		err = kern_dir_purge(k->instance, kern_pin_ours, e);
		pins = err ? err : PINS_NONE;
	}
	if (pins == PINS_NONE)
		pins = make_pins(k, &self, e);
	if (pins < 0)
		return pins;
	return kern_adopt(k, e);
}

int kern_create(struct kern **ret, const char *instance, struct err *e)
{
	struct kern *k = NULL;
	int lock = -1, err;

	err = kern_rights(e);
	if (err)
		return err;
	err = kern_new(&k, instance, e);
	if (err)
		return err;
	err = kern_bpffs_enter(true, e);
	if (err)
		goto cleanup;
	lock = kern_lock(e);
	err = lock < 0 ? lock : create_locked(k, e);
cleanup:
	if (lock >= 0)
		kern_unlock(lock);
	if (err)
		kern_close(k);
	else
		*ret = k;
	return err;
}

int kern_open(struct kern **ret, const char *instance, struct err *e)
{
	struct ipt_meta self;
	struct kern *k = NULL;
	int pins, err;

	err = kern_new(&k, instance, e);
	if (err)
		return err;
	err = kern_bpffs_enter(false, e);
	if (err == -ENOENT)
		err = err_set(e, -ENOENT, "nothing is attached under instance '%s'", instance);
	if (!err)
		err = kern_id_self(&self, e);
	if (!err) {
		pins = look_at_pins(k->instance, &self, e);
		if (pins == PINS_OURS)
			err = kern_adopt(k, e);
		else if (pins < 0)
			err = pins;
		else
			err = err_set(e, -ENOENT, "nothing is attached under instance '%s'",
				      instance);
	}
	if (err)
		kern_close(k);
	else
		*ret = k;
	return err;
}

static void unmap(const volatile void *memory, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (memory)
		(void)munmap((void *)memory, (size + page - 1) & ~(page - 1));
}

void kern_close(struct kern *k)
{
	unsigned int i;

	if (!k)
		return;
	ring_buffer__free(k->ring);
	unmap(k->leases, IPT_MAX_GROUPS * sizeof(*k->leases));
	unmap(k->groups, IPT_MAX_GROUPS * sizeof(*k->groups));
	unmap(k->sent, sizeof(*k->sent));
	unmap(k->paths, IPT_MAX_PATHS * sizeof(*k->paths));
	unmap(k->tally, sizeof(*k->tally));
	unmap(k->list, IPT_MAX_VIPS * sizeof(*k->list));
	for (i = 0; i < KMAP_MAX; i++)
		if (k->map[i] >= 0)
			(void)close(k->map[i]);
	if (k->fence_fd >= 0)
		(void)close(k->fence_fd);
	if (k->announce_fd >= 0)
		(void)close(k->announce_fd);
	free(k);
}

int kern_remove(struct kern *k, struct err *e)
{
	struct ipt_iface left[IPT_MAX_IFACES];
	int lock = kern_lock(e), err = 0;

	if (lock < 0)
		return lock;
	/* Attached, or made anew, by another command since the caller looked: those pins are its. So are old values that
	 * it keeps. */
	if (kern_still_pinned(k) && !kern_ifaces(k, left) && !kern_sysctl_any(k))
		err = kern_dir_purge(k->instance, kern_pin_ours, e);
	kern_xdp_tidy();
	kern_unlock(lock);
	return err;
}

static int detached(const struct kern *k, struct err *e)
{
	return err_set(e, -ESTALE, "instance '%s' was detached meanwhile: try again", k->instance);
}

/* Under the lock, or a half made set would be looked at. */
static int check_pinned(struct kern *k, struct err *e)
{
	int lock = kern_lock(e), err;

	if (lock < 0)
		return lock;
	err = kern_still_pinned(k) ? 0 : detached(k, e);
	kern_unlock(lock);
	return err;
}

int kern_turn(struct kern *k, struct err *e)
{
	int turn = kern_dir_turn(k, e), err;

	if (turn < 0)
		return turn == -ENOENT ? detached(k, e) : turn;
	/* A detach before our turn takes the pins away, and an attach after it makes others: in the maps that we have
	 * open nobody would find what we do. */
	err = check_pinned(k, e);
	if (!err)
		return turn;
	(void)close(turn);
	return err;
}

int kern_clean(const char *instance, struct err *e)
{
	struct ipt_meta self;
	int lock, err;

	err = kern_id_self(&self, e);
	if (err)
		return err;
	lock = kern_lock(e);
	if (lock < 0)
		return lock;
	err = look_at_pins(instance, &self, e);
	if (err == PINS_STALE)
		err = kern_dir_purge(instance, kern_pin_ours, e);
	kern_unlock(lock);
	return err < 0 ? err : 0;
}
