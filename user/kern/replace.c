/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* After an upgrade of the executable: its programs in the places of those that are attached. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "kern_int.h"

static void drop_pin(const struct kern *k, const char *name)
{
	char path[KERN_PATH_LEN];

	kern_pin_path(k->dir, name, path);
	(void)unlink(path);
}

/* The new pin takes the old one's name; `fd` is the new program from here on. */
static int take_name(struct kern *k, const char *new, const char *name, int fd, struct err *e)
{
	char from[KERN_PATH_LEN], to[KERN_PATH_LEN];
	int there, err = 0;

	kern_pin_path(k->dir, new, from);
	kern_pin_path(k->dir, name, to);
	there = bpf_obj_get(from);
	if (there < 0)
		return err_set(e, there, "%s: %s", from, strerror(-there));
	/* The same number: another thread may be using it. */
	if (rename(from, to) || dup3(there, fd, O_CLOEXEC) < 0)
		err = err_set(e, -errno, "%s: %s", to, strerror(errno));
	(void)close(there);
	return err;
}

static int replace_iface(struct kern *k, uint32_t slot, int fence_fd, struct err *e)
{
	struct ipt_iface iface;
	struct err later;
	int err;

	if (bpf_map_lookup_elem(k->map[KMAP_IFACES], &slot, &iface) || !iface.ifindex ||
	    iface.vlan.below)
		return 0;
	err = kern_tc_replace(k, &iface, fence_fd, e);
	if (!err)
		err = kern_xdp_replace(k, &iface, e);
	/* As far as it came: the record is what detach goes by. */
	return kern_record_write(k, slot, &iface, err ? &later : e) ? -EIO : err;
}

static int replace_ifaces(struct kern *k, struct err *e)
{
	char path[KERN_PATH_LEN];
	int fence_fd, err = 0;

	kern_pin_path(k->dir, KERN_PIN_FENCE_NEW, path);
	fence_fd = bpf_obj_get(path);
	if (fence_fd < 0)
		return err_set(e, fence_fd, "%s: %s", path, strerror(-fence_fd));
	/* Where the first interface finds none it leaves the new one. */
	drop_pin(k, KERN_PIN_TAKEOVER);
	for (uint32_t i = 0; i < IPT_MAX_IFACES && !err; i++)
		err = replace_iface(k, i, fence_fd, e);
	(void)close(fence_fd);
	return err;
}

/* A crash in here leaves programs of both builds, all of them ours; the next start begins again. */
static int replace(struct kern *k, struct ipt_meta *meta, struct err *e)
{
	uint32_t zero = 0;
	int err;

	drop_pin(k, KERN_PIN_FENCE_NEW);
	drop_pin(k, KERN_PIN_ANNOUNCE_NEW);
	err = kern_load_fence(k->dir, KERN_PIN_FENCE_NEW, e);
	if (!err)
		err = kern_load_announce(k->dir, KERN_PIN_ANNOUNCE_NEW, e);
	if (!err)
		err = replace_ifaces(k, e);
	if (!err)
		err = take_name(k, KERN_PIN_FENCE_NEW, KERN_PIN_FENCE, k->fence_fd, e);
	if (!err)
		err = take_name(k, KERN_PIN_ANNOUNCE_NEW, KERN_PIN_ANNOUNCE, k->announce_fd, e);
	if (err)
		return err;
	meta->build = kern_build();
	err = bpf_map_update_elem(k->map[KMAP_META], &zero, meta, BPF_ANY);
	return err ? err_set(e, err, "map meta: %s", strerror(-err)) : 0;
}

bool kern_is_old(struct kern *k)
{
	struct ipt_meta meta;
	uint32_t zero = 0;

	return !bpf_map_lookup_elem(k->map[KMAP_META], &zero, &meta) && meta.build != kern_build();
}

int kern_replace(struct kern *k, struct err *e)
{
	struct ipt_meta meta;
	uint32_t zero = 0;
	int lock = kern_lock(e), err;

	if (lock < 0)
		return lock;
	err = bpf_map_lookup_elem(k->map[KMAP_META], &zero, &meta);
	err = err ? err_set(e, err, "map meta: %s", strerror(-err)) : replace(k, &meta, e);
	kern_unlock(lock);
	return err;
}
