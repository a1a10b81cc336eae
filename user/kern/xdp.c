/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The XDP side of an attachment, through libxdp: chained where the kernel allows it, alone otherwise. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "base/place.h"
#include "takeover.skel.h"
#include "xdp_look.h"

#define MAX_CHAIN 10 /* programs that libxdp's dispatcher has room for */

/* Attaches `prog` and leaves a pin of it, for the next interface and the next start. */
static int attach_and_pin(struct kern *k, struct xdp_program *prog, uint32_t ifindex,
			  enum xdp_attach_mode mode, uint32_t *ret_id)
{
	char path[KERN_PATH_LEN];
	int err;

	err = xdp_program__attach(prog, (int)ifindex, mode, 0);
	if (err)
		return err;
	kern_pin_path(k->dir, KERN_PIN_TAKEOVER, path);
	err = access(path, F_OK) ? xdp_program__pin(prog, path) : 0;
	if (err)
		(void)xdp_program__detach(prog, (int)ifindex, mode, 0);
	else
		*ret_id = xdp_program__id(prog);
	return err;
}

/* The first interface: libxdp gets the object unloaded, so that it can make an extension of it. */
static int attach_new(struct kern *k, uint32_t ifindex, enum xdp_attach_mode mode, uint32_t *ret_id)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .pin_root_path = k->dir);
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .prog_name = "ipt_takeover");
	struct takeover_bpf *skel = takeover_bpf__open_opts(&open_opts);
	struct xdp_program *prog;
	int err;

	if (!skel)
		return -errno;
	opts.obj = skel->obj;
	prog = xdp_program__create(&opts);
	err = (int)libxdp_get_error(prog);
	if (!err) {
		err = attach_and_pin(k, prog, ifindex, mode, ret_id);
		xdp_program__close(prog);
	}
	takeover_bpf__destroy(skel);
	return err;
}

/* libxdp makes a program without its type information where that cannot be read, and crashes on it. */
static int btf_readable(int prog_fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_obj_get_info_by_fd(prog_fd, &info, &len);

	if (!fd)
		fd = bpf_btf_get_fd_by_id(info.btf_id);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static int attach_pinned(struct kern *k, uint32_t ifindex, enum xdp_attach_mode mode,
			 uint32_t *ret_id)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct xdp_program *prog;
	char path[KERN_PATH_LEN];
	int err, fd;

	kern_pin_path(k->dir, KERN_PIN_TAKEOVER, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd;
	err = btf_readable(fd);
	(void)close(fd);
	if (err)
		return err;
	opts.pin_path = path;
	prog = xdp_program__create(&opts);
	err = (int)libxdp_get_error(prog);
	if (err)
		return err;
	err = attach_and_pin(k, prog, ifindex, mode, ret_id);
	xdp_program__close(prog);
	return err;
}

static int attach_in(struct kern *k, uint32_t ifindex, enum xdp_attach_mode mode, uint32_t *ret_id)
{
	int err = -ENOENT;

	if (kern_xdp_pinned(k))
		err = attach_pinned(k, ifindex, mode, ret_id);
	/* A pin that cannot join what is there (another type, another dispatcher) does not decide. */
	return err ? attach_new(k, ifindex, mode, ret_id) : 0;
}

static int attach_by_mode(struct kern *k, uint32_t ifindex, enum kern_mode mode,
			  const struct xdp_look *look, uint32_t *ret_id)
{
	int err;

	/* A dispatcher that is there dictates the mode. */
	if (look->dispatcher && mode == KERN_MODE_GENERIC_ONLY && look->mode != XDP_MODE_SKB)
		return -EOPNOTSUPP;
	if (look->dispatcher)
		return attach_in(k, ifindex, look->mode, ret_id);
	if (mode == KERN_MODE_GENERIC || mode == KERN_MODE_GENERIC_ONLY)
		return attach_in(k, ifindex, XDP_MODE_SKB, ret_id);
	err = attach_in(k, ifindex, XDP_MODE_NATIVE, ret_id);
	if (!err || mode == KERN_MODE_NATIVE || err == -EPERM || err == -EBUSY)
		return err;
	return attach_in(k, ifindex, XDP_MODE_SKB, ret_id);
}

static int attach_error(const struct ipt_iface *iface, enum kern_mode mode, int err, struct err *e)
{
	if (mode == KERN_MODE_NATIVE && err != -EPERM)
		return err_set(e, err,
			       "%s: the driver does not take XDP in native mode here (%s): use "
			       "--mode generic or auto",
			       iface->name, strerror(-err));
	if (mode == KERN_MODE_GENERIC_ONLY && err == -EOPNOTSUPP)
		return err_set(e, err,
			       "%s: the XDP program that is there in native mode runs on the "
			       "members of this bond, where ours cannot join it: load it in "
			       "generic (skb) mode",
			       iface->name);
	if (err == -ENODEV || err == -ENXIO)
		return err_set(e, err, "%s: no such interface any more", iface->name);
	return kern_load_error(e, err, "program ipt_takeover");
}

static int refuse_foreign(const struct ipt_iface *iface, const struct xdp_look *look, struct err *e)
{
	if (!strcmp(look->alone_name, "ipt_takeover"))
		return err_set(e, -EBUSY,
			       "%s: XDP program %u (ipt_takeover) of another instance, or of one "
			       "whose pins were removed, is there: detach that instance, or 'ip "
			       "link set dev %s xdp off'",
			       iface->name, look->alone, iface->name);
	if (!strcmp(look->alone_name, "xdp_dispatcher"))
		return err_set(e, -EBUSY,
			       "%s: XDP program %u (xdp_dispatcher) is there without libxdp's "
			       "pins, "
			       "which were removed or are another mount namespace's: attach there, "
			       "or 'ip link set dev %s xdp off'",
			       iface->name, look->alone, iface->name);
	return err_set(e, -EBUSY,
		       "%s: XDP program %u (%s) is there and cannot be shared with: remove it, or "
		       "load it by libxdp on a kernel that allows freplace",
		       iface->name, look->alone, look->alone_name);
}

int kern_xdp_attach(struct kern *k, struct ipt_iface *iface, enum kern_mode mode, struct err *e)
{
	struct xdp_look look;
	int err = kern_xdp_guard(true, e);

	if (err)
		return err;
	kern_xdp_look(k, iface->ifindex, iface->xdp_prog_id, &look);
	if (look.alone)
		return refuse_foreign(iface, &look, e);
	if (look.ours) {
		iface->xdp_prog_id = look.ours;
	} else {
		/* Not always the pinned program: where that could not join, it is the interface's own. */
		err = attach_by_mode(k, iface->ifindex, mode, &look, &iface->xdp_prog_id);
		if (err)
			return attach_error(iface, mode, err, e);
		kern_xdp_look(k, iface->ifindex, iface->xdp_prog_id, &look);
	}
	iface->flags &= ~(uint32_t)(IPT_IF_CHAINED | IPT_IF_NATIVE);
	iface->flags |= look.dispatcher ? IPT_IF_CHAINED : 0;
	iface->flags |= look.mode == XDP_MODE_NATIVE ? IPT_IF_NATIVE : 0;
	return 0;
}

static int detach_prog(uint32_t ifindex, const struct xdp_look *look)
{
	struct xdp_program *prog = xdp_program__from_id(look->ours);
	int err = (int)libxdp_get_error(prog);

	if (err)
		return err;
	err = xdp_program__detach(prog, (int)ifindex, look->mode, 0);
	xdp_program__close(prog);
	return err;
}

/* The new program, loaded to stand alone: shared through its pin where that is of this kind. */
static int load_alone(struct kern *k, int *ret_fd)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = k->dir);
	struct takeover_bpf *skel;
	char path[KERN_PATH_LEN];
	int err, fd;

	kern_pin_path(k->dir, KERN_PIN_TAKEOVER, path);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	skel = takeover_bpf__open_opts(&opts);
	if (!skel)
		return -errno;
	err = takeover_bpf__load(skel);
	if (!err)
		err = bpf_program__pin(skel->progs.ipt_takeover, path);
	fd = err ? err : fcntl(bpf_program__fd(skel->progs.ipt_takeover), F_DUPFD_CLOEXEC, 0);
	takeover_bpf__destroy(skel);
	if (fd >= 0)
		*ret_fd = fd;
	return fd < 0 ? fd : 0;
}

/* One store in the driver: every packet meets the old program or the new one. */
static int swap_alone(struct kern *k, struct ipt_iface *iface, const struct xdp_look *look)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = bpf_prog_get_fd_by_id(look->ours));
	uint32_t mode = look->mode == XDP_MODE_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	int fd, err;

	if (opts.old_prog_fd < 0)
		return opts.old_prog_fd;
	err = load_alone(k, &fd);
	if (!err) {
		err = bpf_xdp_attach((int)iface->ifindex, fd, mode | XDP_FLAGS_REPLACE, &opts);
		if (!err)
			iface->xdp_prog_id = kern_prog_id(fd);
		(void)close(fd);
	}
	(void)close(opts.old_prog_fd);
	return err;
}

/* Both for a moment: what one has consumed the other never sees, and they work on the same maps. */
static int swap_in_chain(struct kern *k, struct ipt_iface *iface, const struct xdp_look *look)
{
	uint32_t new_id;
	int err = attach_new(k, iface->ifindex, look->mode, &new_id);

	if (err)
		return err;
	err = detach_prog(iface->ifindex, look);
	iface->xdp_prog_id = new_id;
	return err;
}

int kern_xdp_replace(struct kern *k, struct ipt_iface *iface, struct err *e)
{
	struct xdp_look look;
	int err;

	kern_xdp_look(k, iface->ifindex, iface->xdp_prog_id, &look);
	if (!look.ours)
		return 0;
	err = look.dispatcher ? swap_in_chain(k, iface, &look) : swap_alone(k, iface, &look);
	return err ? err_set(e, err, "%s: the XDP program cannot be replaced: %s", iface->name,
			     strerror(-err))
		   : 0;
}

static bool holds(const char *dir, uint32_t prog_id)
{
	char path[KERN_PATH_LEN];
	bool found = false;
	int i, fd;

	for (i = 0; i < MAX_CHAIN && prog_id && !found; i++) {
		(void)snprintf(path, sizeof(path), "%s/prog%d-prog", dir, i);
		fd = bpf_obj_get(path);
		found = kern_prog_id(fd) == prog_id;
		if (fd >= 0)
			(void)close(fd);
	}
	return found;
}

/* prog0-prog, prog0-link, ... */
static bool is_libxdps(const char *name)
{
	return !strncmp(name, "prog", 4) && strchr("0123456789", name[4]) && strchr(name, '-');
}

/*
 * An interface that is deleted takes its dispatcher along, and `ip link set ... xdp off` takes it away,
 * but neither takes libxdp's pins, which keep our program loaded. libxdp_clean_references() knows them by
 * interface number alone, and other network namespaces have the same numbers: so by our program.
 */
static int forget_dispatcher(const struct ipt_iface *iface, struct err *e)
{
	int at = place_enter(KERN_BPFFS, "xdp", false, e);
	char pattern[KERN_PATH_LEN];
	glob_t dirs = {0};
	int err = 0;
	size_t i;

	/* Not root's: libxdp has left nothing there. */
	if (at < 0)
		return 0;
	(void)snprintf(pattern, sizeof(pattern), KERN_BPFFS "/xdp/dispatch-%u-*", iface->ifindex);
	if (glob(pattern, 0, NULL, &dirs))
		dirs.gl_pathc = 0;
	for (i = 0; i < dirs.gl_pathc && !err; i++)
		if (holds(dirs.gl_pathv[i], iface->xdp_prog_id))
			err = place_remove(at, strrchr(dirs.gl_pathv[i], '/') + 1, dirs.gl_pathv[i],
					   is_libxdps, e);
	globfree(&dirs);
	(void)close(at);
	return err;
}

int kern_xdp_detach(struct kern *k, const struct ipt_iface *iface, struct err *e)
{
	struct xdp_look look;
	int err = 0;

	kern_xdp_look(k, iface->ifindex, iface->xdp_prog_id, &look);
	if (look.ours) {
		err = kern_xdp_guard(false, e);
		if (err)
			return err;
		err = detach_prog(iface->ifindex, &look);
	}
	if (err && err != -ENOENT && err != -ENODEV)
		return err_set(e, err, "%s: the XDP program cannot be removed: %s%s", iface->name,
			       strerror(-err),
			       /* virtio_net holds on to it while its frames would not be XDP's. */
			       err == -EINVAL ? " (lower the MTU of the interface first)" : "");
	/* Whatever holds our program on that interface's account now is not attached any more. */
	return forget_dispatcher(iface, e);
}
