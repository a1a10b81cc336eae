/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at what an interface has for an XDP program, and finds ours in it. */
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "xdp_look.h"

#define MAX_MAPS 64 /* of one program; ours has 18 */

uint32_t kern_xdp_pinned(const struct kern *k)
{
	char path[KERN_PATH_LEN];
	uint32_t id;
	int fd;

	kern_pin_path(k->dir, KERN_PIN_TAKEOVER, path);
	fd = bpf_obj_get(path);
	id = kern_prog_id(fd);
	if (fd >= 0)
		(void)close(fd);
	return id;
}

/* Does the program work on our maps? So says one that a crash left neither recorded nor pinned. */
bool kern_prog_ours(const struct kern *k, uint32_t prog_id)
{
	struct bpf_map_info ours = {0};
	__u32 ids[MAX_MAPS], map_len = sizeof(ours), prog_len = sizeof(struct bpf_prog_info), i;
	struct bpf_prog_info info = {.nr_map_ids = MAX_MAPS, .map_ids = (uintptr_t)ids};
	int fd = bpf_prog_get_fd_by_id(prog_id), err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &prog_len);
	(void)close(fd);
	if (err || bpf_obj_get_info_by_fd(k->map[KMAP_LEASES], &ours, &map_len))
		return false;
	for (i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++)
		if (ids[i] == ours.id)
			return true;
	return false;
}

/* What may be known of our program before its maps are asked. */
struct known {
	uint32_t recorded, pinned;
};

static bool is_ours(const struct kern *k, uint32_t id, const struct known *by)
{
	return id && (id == by->recorded || id == by->pinned || kern_prog_ours(k, id));
}

/* False: libxdp finds no program in it. Its pins are those of another mount namespace, or were removed. */
static bool look_into_dispatcher(const struct kern *k, uint32_t ifindex, const struct known *by,
				 struct xdp_look *ret)
{
	struct xdp_program *prog = NULL;
	struct xdp_multiprog *mp;
	struct err ignored;

	if (kern_rights(&ignored) || kern_xdp_guard(false, &ignored))
		return true;
	mp = xdp_multiprog__get_from_ifindex((int)ifindex);
	if (libxdp_get_error(mp) || !mp)
		return false;
	ret->mode = xdp_multiprog__attach_mode(mp);
	while ((prog = xdp_multiprog__next_prog(prog, mp))) {
		ret->dispatcher = true;
		if (is_ours(k, xdp_program__id(prog), by))
			ret->ours = xdp_program__id(prog);
	}
	xdp_multiprog__close(mp);
	return ret->dispatcher;
}

/* libxdp 1.3 leaks a file descriptor with each look at an interface: it is asked about its own dispatchers only. */
void kern_xdp_look(const struct kern *k, uint32_t ifindex, uint32_t recorded, struct xdp_look *ret)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	char name[BPF_OBJ_NAME_LEN] = "";
	struct known by = {.recorded = recorded};

	memset(ret, 0, sizeof(*ret));
	/* Exchanged between the two questions: ask again. */
	for (int tries = 0; tries < 3 && !name[0]; tries++) {
		if (bpf_xdp_query((int)ifindex, 0, &query) ||
		    query.attach_mode == XDP_ATTACHED_NONE)
			return;
		if (query.attach_mode == XDP_ATTACHED_MULTI)
			break;
		kern_prog_name(query.prog_id, name);
	}
	by.pinned = kern_xdp_pinned(k);
	if (query.attach_mode == XDP_ATTACHED_MULTI || !strcmp(name, "xdp_dispatcher")) {
		if (look_into_dispatcher(k, ifindex, &by, ret))
			return;
		/* None could be attached beside it. */
		ret->alone = query.prog_id;
		memcpy(ret->alone_name, name, sizeof(name));
		return;
	}
	ret->mode = query.attach_mode == XDP_ATTACHED_SKB  ? XDP_MODE_SKB
		    : query.attach_mode == XDP_ATTACHED_HW ? XDP_MODE_HW
							   : XDP_MODE_NATIVE;
	if (is_ours(k, query.prog_id, &by)) {
		ret->ours = query.prog_id;
		return;
	}
	ret->alone = query.prog_id;
	memcpy(ret->alone_name, name, sizeof(name));
}

/* Number of the program that the interface calls itself, ours or a dispatcher; 0: none. */
static uint32_t outer_id(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)ifindex, 0, &query))
		return 0;
	return query.attach_mode == XDP_ATTACHED_MULTI ? 0 : query.prog_id;
}

/* Where that interface's last good look is kept: its own element as long as there are enough. */
static uint64_t *seen_at(struct kern *k, uint32_t ifindex)
{
	uint64_t *unused = &k->xdp_seen[ifindex % IPT_MAX_IFACES];

	for (unsigned int i = 0; i < IPT_MAX_IFACES; i++) {
		uint64_t seen = __atomic_load_n(&k->xdp_seen[i], __ATOMIC_RELAXED);

		if (seen >> 32 == ifindex)
			return &k->xdp_seen[i];
		if (!seen)
			unused = &k->xdp_seen[i];
	}
	return unused;
}

/* Ours stands there, or in a dispatcher that ours was in when we last looked. */
static bool is_known(struct kern *k, const struct ipt_iface *iface, uint32_t outer)
{
	uint64_t now = (uint64_t)iface->ifindex << 32 | outer;

	return outer && (outer == iface->xdp_prog_id ||
			 __atomic_load_n(seen_at(k, iface->ifindex), __ATOMIC_RELAXED) == now);
}

/* Asked once a second and interface: libxdp, which leaks, only when another dispatcher stands there than last time. */
bool kern_xdp_there(struct kern *k, const struct ipt_iface *iface)
{
	uint32_t outer = outer_id(iface->ifindex);
	uint64_t now = (uint64_t)iface->ifindex << 32 | outer;
	struct xdp_look look;

	if (is_known(k, iface, outer))
		return true;
	kern_xdp_look(k, iface->ifindex, iface->xdp_prog_id, &look);
	__atomic_store_n(seen_at(k, iface->ifindex), look.ours ? now : 0, __ATOMIC_RELAXED);
	return look.ours;
}

bool kern_iface_taken(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_iface below = kern_record_below(k, iface);
	uint32_t outer = outer_id(below.ifindex);
	char name[BPF_OBJ_NAME_LEN] = "";

	if (!outer || is_known(k, &below, outer) || kern_prog_ours(k, outer))
		return false;
	kern_prog_name(outer, name);
	return name[0] && strcmp(name, "xdp_dispatcher");
}

uint32_t kern_iface_stranger(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_iface below = kern_record_below(k, iface);
	uint32_t outer = outer_id(below.ifindex);

	return is_known(k, &below, outer) ? 0 : outer;
}
