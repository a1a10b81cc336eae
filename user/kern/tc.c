/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The egress fence: one clsact filter per interface, put there and taken away without touching others'. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "kern_int.h"
#include "net/netdev_tc.h"

#define FENCE_HANDLE 1
#define FENCE_PRIORITY 1 /* the first to look: a filter before ours could let a frame out */

static uint32_t filter_there(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FENCE_HANDLE, .priority = FENCE_PRIORITY);

	return bpf_tc_query(&hook, &opts) ? 0 : opts.prog_id;
}

static int refuse_foreign(const struct ipt_iface *iface, uint32_t there, struct err *e)
{
	char name[BPF_OBJ_NAME_LEN];

	kern_prog_name(there, name);
	return err_set(e, -EBUSY,
		       "%s: egress filter %u (%s)%s has priority %d: move it, or remove it by 'tc "
		       "filter del dev %s egress pref %d'",
		       iface->name, there, name,
		       strcmp(name, "ipt_fence") ? ""
						 : ", of another instance or one whose pins "
						   "were removed,",
		       FENCE_PRIORITY, iface->name, FENCE_PRIORITY);
}

bool kern_tc_there(struct kern *k, const struct ipt_iface *iface)
{
	uint32_t there = filter_there(iface->ifindex);

	/* While it is being replaced the record is a moment behind. */
	return there && (there == iface->fence_prog_id || kern_prog_ours(k, there));
}

void kern_tc_intend(struct ipt_iface *iface)
{
	if (!netdev_tc_clsact(iface->ifindex))
		iface->flags |= IPT_IF_CLSACT_OURS;
}

int kern_tc_attach(struct kern *k, struct ipt_iface *iface, struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)iface->ifindex,
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FENCE_HANDLE, .priority = FENCE_PRIORITY,
		    .prog_fd = k->fence_fd);
	uint32_t fence = kern_prog_id(k->fence_fd), there;
	int err;

	err = bpf_tc_hook_create(&hook);
	if (!err)
		iface->flags |= IPT_IF_CLSACT_OURS;
	else if (err != -EEXIST)
		return err_set(e, err, "%s: the clsact qdisc cannot be added: %s", iface->name,
			       strerror(-err));
	there = filter_there(iface->ifindex);
	/* A replacement that was cut short leaves one that is neither pinned nor recorded. */
	if (there && there != fence && !kern_prog_ours(k, there))
		return refuse_foreign(iface, there, e);
	err = there ? 0 : bpf_tc_attach(&hook, &opts);
	if (err)
		return err_set(e, err,
			       "%s: the egress filter cannot be attached: %s: is priority %d taken "
			       "by another filter ('tc filter show dev %s egress')?",
			       iface->name, strerror(-err), FENCE_PRIORITY, iface->name);
	iface->fence_prog_id = there ? there : fence;
	return 0;
}

int kern_tc_replace(struct kern *k, struct ipt_iface *iface, int fence_fd, struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)iface->ifindex,
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FENCE_HANDLE, .priority = FENCE_PRIORITY,
		    .prog_fd = fence_fd, .flags = BPF_TC_F_REPLACE);
	uint32_t there = filter_there(iface->ifindex);
	int err;

	if (!there)
		return 0;
	if (!kern_prog_ours(k, there))
		return refuse_foreign(iface, there, e);
	err = bpf_tc_attach(&hook, &opts);
	if (err)
		return err_set(e, err, "%s: the egress filter cannot be replaced: %s", iface->name,
			       strerror(-err));
	iface->fence_prog_id = kern_prog_id(fence_fd);
	return 0;
}

/* Ours to remove: made by us, still on the interface that we made it on, and empty. */
static bool clsact_ours(const struct ipt_iface *iface, bool filter_was_there)
{
	char name[IF_NAMESIZE];

	if (!(iface->flags & IPT_IF_CLSACT_OURS))
		return false;
	if (!if_indextoname(iface->ifindex, name))
		return false;
	/* Index numbers come back; without our filter as a witness, the name must do. */
	if (!filter_was_there && strcmp(name, iface->name))
		return false;
	return netdev_tc_filters(iface->ifindex) == 0;
}

int kern_tc_detach(struct kern *k, const struct ipt_iface *iface, struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)iface->ifindex,
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FENCE_HANDLE, .priority = FENCE_PRIORITY);
	uint32_t there = filter_there(iface->ifindex);
	bool ours = there && (there == iface->fence_prog_id || kern_prog_ours(k, there));
	int err = 0;

	if (ours)
		err = bpf_tc_detach(&hook, &opts);
	if (err && err != -ENOENT && err != -ENODEV && err != -EINVAL)
		return err_set(e, err, "%s: the egress filter cannot be removed: %s", iface->name,
			       strerror(-err));
	if (!clsact_ours(iface, ours))
		return 0;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	err = bpf_tc_hook_destroy(&hook);
	if (err && err != -ENOENT && err != -ENODEV && err != -EINVAL)
		return err_set(e, err, "%s: the clsact qdisc cannot be removed: %s", iface->name,
			       strerror(-err));
	return 0;
}
