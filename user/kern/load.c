/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes an instance's pins from the skeletons, and adopts those that are there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "announce.skel.h"
#include "fence.skel.h"
#include "kern_int.h"
#include "takeover.skel.h"

/* Sizes are checked on adoption: a pin with the right ABI number but other sizes is not ours. */
static const struct {
	const char *name;
	uint32_t key_size, value_size;
} maps[KMAP_MAX] = {
	[KMAP_META] = {"meta", 4, sizeof(struct ipt_meta)},
	[KMAP_LEASES] = {"leases", 4, sizeof(uint64_t)},
	[KMAP_GROUPS] = {"groups", 4, sizeof(struct ipt_group)},
	[KMAP_GROUP_IDS] = {"group_ids", sizeof(uint16_t), sizeof(uint32_t)},
	[KMAP_VIPS] = {"vips", sizeof(struct ipt_vip_key), sizeof(struct ipt_vip)},
	[KMAP_NEAR] = {"near", 4, sizeof(struct ipt_near)},
	[KMAP_NETS] = {"nets", sizeof(struct ipt_net_key), sizeof(struct ipt_net)},
	[KMAP_SIEVE] = {"sieve", 4, sizeof(struct ipt_sieve)},
	[KMAP_DRAIN] = {"drain", 4, sizeof(uint64_t)},
	[KMAP_PEERS] = {"peers", 4, sizeof(struct ipt_peer)},
	[KMAP_PATHS] = {"paths", 4, sizeof(struct ipt_path)},
	[KMAP_PATH_IDS] = {"path_ids", sizeof(struct ipt_path_key), sizeof(uint32_t)},
	[KMAP_STATS] = {"stats", 4, sizeof(uint64_t)},
	[KMAP_EVENTS] = {"events", 0, 0},
	[KMAP_KEYS] = {"keys", 4, sizeof(struct ipt_key)},
	[KMAP_SELF] = {"self", 4, sizeof(struct ipt_self)},
	[KMAP_SENT] = {"sent", 4, sizeof(struct ipt_sent)},
	[KMAP_IFACES] = {"ifaces", 4, sizeof(struct ipt_iface)},
	[KMAP_SYSCTLS] = {"sysctls", sizeof(struct ipt_sysctl_key), sizeof(struct ipt_sysctl)},
	[KMAP_ROUTES] = {"routes", sizeof(struct ipt_route), sizeof(struct ipt_route_mark)},
	[KMAP_REPORTS] = {"reports", 4, sizeof(struct ipt_report)},
	[KMAP_TALLY] = {"tally", 4, sizeof(struct ipt_tally)},
	[KMAP_ANNOUNCE_JOB] = {"announce_job", 4, sizeof(struct ipt_announce_job)},
	[KMAP_ANNOUNCE_LIST] = {"announce_list", 4, sizeof(struct ipt_announce_entry)},
	[KMAP_VLANS] = {"vlans", sizeof(struct ipt_vlan_key), sizeof(uint32_t)},
};

/* Of the takeover object, for itself alone. */
static const char *const other_pins[] = {
	"strays",	    "timers",	       KERN_PIN_TAKEOVER,     KERN_PIN_FENCE,
	KERN_PIN_FENCE_NEW, KERN_PIN_ANNOUNCE, KERN_PIN_ANNOUNCE_NEW,
};

bool kern_pin_ours(const char *name)
{
	for (unsigned int i = 0; i < KMAP_MAX; i++)
		if (!strcmp(name, maps[i].name))
			return true;
	for (unsigned int i = 0; i < sizeof(other_pins) / sizeof(*other_pins); i++)
		if (!strcmp(name, other_pins[i]))
			return true;
	return false;
}

int kern_load_error(struct err *e, int code, const char *what)
{
	switch (code) {
	case -EPERM:
	case -EACCES:
		if (geteuid())
			return err_set(e, -EPERM,
				       "no permission to load %s: run as root (CAP_BPF, "
				       "CAP_NET_ADMIN)",
				       what);
		return err_set(e, code,
			       "the kernel refused %s: %s: a security module or the kernel's "
			       "lockdown, or a feature it lacks (Linux 6.1 is needed); IPT_DEBUG=1 "
			       "shows its reason",
			       what, strerror(-code));
	case -ENOMEM:
		return err_set(e, code, "no memory for %s", what);
	default:
		return err_set(e, code,
			       "the kernel did not take %s: %s: Linux 6.1 or later with "
			       "CONFIG_BPF_JIT is needed; IPT_DEBUG=1 shows its reason",
			       what, strerror(-code));
	}
}

uint32_t kern_prog_id(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

void kern_prog_name(uint32_t prog_id, char ret[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id);

	ret[0] = '\0';
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		(void)snprintf(ret, BPF_OBJ_NAME_LEN, "%s", info.name);
	(void)close(fd);
}

/*
 * The takeover object brings all the maps. Its program is not loaded here: as what it must be loaded,
 * a program of its own or an extension of libxdp's dispatcher, is known only when it is attached.
 */
static int make_maps(const struct bpf_object_open_opts *opts, struct err *e)
{
	struct takeover_bpf *skel = takeover_bpf__open_opts(opts);
	int err;

	if (!skel)
		return kern_load_error(e, -errno, "the maps");
	err = bpf_program__set_autoload(skel->progs.ipt_takeover, false);
	if (!err)
		err = takeover_bpf__load(skel);
	takeover_bpf__destroy(skel);
	return err ? kern_load_error(e, err, "the maps") : 0;
}

int kern_load_fence(const char *dir, const char *pin, struct err *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = dir);
	struct fence_bpf *skel = fence_bpf__open_opts(&opts);
	char path[KERN_PATH_LEN];
	int err;

	if (!skel)
		return kern_load_error(e, -errno, "program ipt_fence");
	kern_pin_path(dir, pin, path);
	err = fence_bpf__load(skel);
	if (!err)
		err = bpf_program__pin(skel->progs.ipt_fence, path);
	fence_bpf__destroy(skel);
	return err ? kern_load_error(e, err, "program ipt_fence") : 0;
}

int kern_load_announce(const char *dir, const char *pin, struct err *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = dir);
	struct announce_bpf *skel = announce_bpf__open_opts(&opts);
	char path[KERN_PATH_LEN];
	int err;

	if (!skel)
		return kern_load_error(e, -errno, "program ipt_announce");
	kern_pin_path(dir, pin, path);
	err = announce_bpf__load(skel);
	if (!err)
		err = bpf_program__pin(skel->progs.ipt_announce, path);
	announce_bpf__destroy(skel);
	return err ? kern_load_error(e, err, "program ipt_announce") : 0;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ull;
	return hash;
}

uint64_t kern_build(void)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	const void *bytes;
	size_t len;

	bytes = takeover_bpf__elf_bytes(&len);
	hash = mix(hash, bytes, len);
	bytes = fence_bpf__elf_bytes(&len);
	hash = mix(hash, bytes, len);
	bytes = announce_bpf__elf_bytes(&len);
	return mix(hash, bytes, len);
}

/* `meta` is written last: without it the directory is half made, and made anew next time. */
int kern_load(const char *dir, const struct ipt_meta *meta, struct err *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = dir);
	struct ipt_meta whole = *meta;
	char path[KERN_PATH_LEN];
	uint32_t zero = 0;
	int fd, err;

	whole.build = kern_build();
	err = make_maps(&opts, e);
	if (!err)
		err = kern_load_fence(dir, KERN_PIN_FENCE, e);
	if (!err)
		err = kern_load_announce(dir, KERN_PIN_ANNOUNCE, e);
	if (err)
		return err;
	kern_pin_path(dir, maps[KMAP_META].name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return err_set(e, fd, "%s: %s", path, strerror(-fd));
	err = bpf_map_update_elem(fd, &zero, &whole, BPF_ANY);
	(void)close(fd);
	return err ? err_set(e, err, "%s: %s", path, strerror(-err)) : 0;
}

static int adopt_map(struct kern *k, enum kern_map id, struct err *e)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	char path[KERN_PATH_LEN];
	int fd;

	kern_pin_path(k->dir, maps[id].name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return err_set(e, fd, "%s: %s: the pins are damaged, remove the directory", path,
			       strerror(-fd));
	k->map[id] = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	/* Renamed pins: two maps may have elements of the same sizes. */
	if (strncmp(info.name, maps[id].name, sizeof(info.name) - 1))
		return err_set(e, -EPROTO,
			       "%s is the map '%s': the pins are damaged, remove the directory",
			       path, info.name);
	if (info.key_size != maps[id].key_size || info.value_size != maps[id].value_size)
		return err_set(e, -EPROTO,
			       "%s has elements of %u bytes, this program's have %u: run the "
			       "matching version's detach, or remove the directory",
			       path, info.value_size, maps[id].value_size);
	return 0;
}

static int adopt_prog(struct kern *k, const char *pin, const char *name, int *ret, struct err *e)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	char path[KERN_PATH_LEN];
	int fd;

	kern_pin_path(k->dir, pin, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return err_set(e, fd, "%s: %s: the pins are damaged, remove the directory", path,
			       strerror(-fd));
	*ret = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (strcmp(info.name, name))
		return err_set(e, -EPROTO,
			       "%s is the program '%s': the pins are damaged, remove the directory",
			       path, info.name);
	return 0;
}

static void *map_memory(int fd, size_t size, int prot)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, (size + page - 1) & ~(page - 1), prot, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int adopt_memory(struct kern *k, struct err *e)
{
	k->leases = map_memory(k->map[KMAP_LEASES], IPT_MAX_GROUPS * sizeof(*k->leases),
			       PROT_READ | PROT_WRITE);
	k->groups = map_memory(k->map[KMAP_GROUPS], IPT_MAX_GROUPS * sizeof(*k->groups),
			       PROT_READ | PROT_WRITE);
	k->sent = map_memory(k->map[KMAP_SENT], sizeof(*k->sent), PROT_READ);
	k->paths = map_memory(k->map[KMAP_PATHS], IPT_MAX_PATHS * sizeof(*k->paths),
			      PROT_READ | PROT_WRITE);
	k->list = map_memory(k->map[KMAP_ANNOUNCE_LIST], IPT_MAX_VIPS * sizeof(*k->list),
			     PROT_READ | PROT_WRITE);
	k->tally = map_memory(k->map[KMAP_TALLY], sizeof(*k->tally), PROT_READ | PROT_WRITE);
	if (!k->leases || !k->groups || !k->sent || !k->paths || !k->list || !k->tally)
		return err_set(e, -errno, "%s: the maps cannot be mapped: %s", k->dir,
			       strerror(errno));
	return 0;
}

int kern_adopt(struct kern *k, struct err *e)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < KMAP_MAX && !err; i++)
		err = adopt_map(k, i, e);
	if (!err)
		err = adopt_prog(k, KERN_PIN_FENCE, "ipt_fence", &k->fence_fd, e);
	if (!err)
		err = adopt_prog(k, KERN_PIN_ANNOUNCE, "ipt_announce", &k->announce_fd, e);
	if (!err)
		err = adopt_memory(k, e);
	return err;
}
