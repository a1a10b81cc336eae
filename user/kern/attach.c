/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attachments: both hooks of an interface or none, and the record that lets a later process undo it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "kern_int.h"
#include "net/netdev.h"

static int undo_programs(struct kern *k, uint32_t slot, const struct ipt_iface *iface,
			 struct err *e)
{
	static const struct ipt_iface none;
	int err;

	err = kern_xdp_detach(k, iface, e);
	if (!err)
		err = kern_tc_detach(k, iface, e);
	return err ? err : kern_record_write(k, slot, &none, e);
}

/* Takes the programs away that stand on interface `below` for VLAN devices alone, once there is none any more. */
static int drop_below(struct kern *k, uint32_t below, struct err *e)
{
	struct ipt_iface iface;
	int at;

	if (kern_record_carries(k, below))
		return 0;
	at = kern_record_find(k, below, &iface);
	if (at < 0 || !(iface.flags & IPT_IF_BELOW))
		return 0;
	return undo_programs(k, (uint32_t)at, &iface, e);
}

static int undo_vlan(struct kern *k, uint32_t slot, const struct ipt_iface *iface, struct err *e)
{
	static const struct ipt_iface none;
	int err = kern_vlan_del(k, iface);

	if (err)
		return err_set(e, err, "%s: %s: %s", k->dir, "vlans", strerror(-err));
	err = kern_record_write(k, slot, &none, e);
	return err ? err : drop_below(k, iface->vlan.below, e);
}

static int undo(struct kern *k, uint32_t slot, const struct ipt_iface *iface, struct err *e)
{
	struct ipt_iface kept = *iface;

	if (iface->vlan.below)
		return undo_vlan(k, slot, iface, e);
	if (!kern_record_carries(k, iface->ifindex))
		return undo_programs(k, slot, iface, e);
	kept.flags |= IPT_IF_BELOW;
	return kern_record_write(k, slot, &kept, e);
}

/*
 * Where ours was attached before and one hook has been lost, the other stays when the lost one cannot be put back: it
 * keeps the kernel silent, and the record keeps the sysctls that do.
 */
static int attach_both(struct kern *k, uint32_t slot, struct ipt_iface *iface, enum kern_mode mode,
		       struct err *e)
{
	bool again = iface->xdp_prog_id || iface->fence_prog_id;
	struct err ignored;
	int err;

	/* Recorded before, so that a crash in the middle leaves something to go by. */
	kern_tc_intend(iface);
	err = kern_record_write(k, slot, iface, e);
	if (!err)
		err = kern_xdp_attach(k, iface, mode, e);
	if (!err)
		err = kern_tc_attach(k, iface, e);
	else if (again)
		(void)kern_tc_attach(k, iface, &ignored);
	if (!err)
		err = kern_record_write(k, slot, iface, e);
	if (err)
		(void)(again ? kern_record_write(k, slot, iface, &ignored)
			     : undo_programs(k, slot, iface, &ignored));
	return err;
}

/*
 * What has no ARP has no floating address. A bond runs a native program on its members, where every frame comes from another interface than the one that has the
 * addresses: nothing would match, and nothing would be said of it. In generic mode it runs on the bond.
 */
static int fit_mode(struct ipt_iface *wanted, enum kern_mode *mode, struct err *e)
{
	const char *name = wanted->name;
	struct netdev dev, master;

	/* Gone: the attaching says so. */
	if (netdev_bundle_by_index(wanted->ifindex, &dev))
		return 0;
	if (!dev.ethernet)
		return err_set(e, -EINVAL,
			       "'%s' is no Ethernet interface with ARP (loopback, a tunnel, ipvlan "
			       "L3): no address can move there",
			       name);
	if (dev.member && !netdev_by_index(dev.master, &master))
		return err_set(e, -EINVAL,
			       "'%s' is a member of '%s', which has the addresses: name '%s'", name,
			       master.name, master.name);
	wanted->flags = dev.port ? 0 : IPT_IF_ALONE;
	if (!dev.bundle)
		return 0;
	if (*mode == KERN_MODE_NATIVE)
		return err_set(e, -EINVAL,
			       "%s: native mode would run on the members of this bond, which have "
			       "no address: use mode generic or auto",
			       name);
	*mode = KERN_MODE_GENERIC_ONLY;
	return 0;
}

static int already(const struct ipt_iface *iface, enum kern_mode mode, struct err *e)
{
	bool native = iface->flags & IPT_IF_NATIVE;

	if (mode == KERN_MODE_AUTO || native == (mode == KERN_MODE_NATIVE))
		return 0;
	return err_set(e, -EBUSY, "%s is attached in %s mode already: detach it first", iface->name,
		       native ? "native" : "generic");
}

/* An interface's record, or room for one. */
static int record_slot(struct kern *k, const struct ipt_iface *wanted, struct ipt_iface *ret,
		       struct err *e)
{
	int slot = kern_record_find(k, wanted->ifindex, ret);

	if (slot < 0) {
		slot = kern_record_find(k, 0, ret);
		*ret = *wanted;
	}
	if (slot < 0)
		return err_set(e, -ENOSPC, "%s: %d interfaces are attached, no room for more",
			       wanted->name, IPT_MAX_IFACES);
	return slot;
}

/* What was below somebody's VLAN devices alone is wished for itself from here on. */
static int wish(struct kern *k, uint32_t slot, struct ipt_iface *iface, enum kern_mode mode,
		struct err *e)
{
	int err = already(iface, mode, e);

	if (err || !(iface->flags & IPT_IF_BELOW))
		return err;
	iface->flags &= ~(uint32_t)IPT_IF_BELOW;
	return kern_record_write(k, slot, iface, e);
}

static int attach_programs(struct kern *k, const struct ipt_iface *wanted, enum kern_mode mode,
			   struct err *e)
{
	struct ipt_iface iface;
	int slot = record_slot(k, wanted, &iface, e);

	if (slot < 0)
		return slot;
	if (iface.xdp_prog_id && kern_iface_healthy(k, &iface))
		return wanted->flags & IPT_IF_BELOW ? already(&iface, mode, e)
						    : wish(k, (uint32_t)slot, &iface, mode, e);
	(void)memcpy(iface.name, wanted->name, sizeof(iface.name));
	if (!(wanted->flags & IPT_IF_BELOW))
		iface.flags &= ~(uint32_t)IPT_IF_BELOW;
	return attach_both(k, (uint32_t)slot, &iface, mode, e);
}

/* Programs below, then its place among the tags: what comes in between is in a VLAN that we do not know. */
static int attach_vlan(struct kern *k, const struct ipt_iface *wanted,
		       const struct ipt_iface *below, enum kern_mode mode, struct err *e)
{
	int err = attach_programs(k, below, mode, e), slot;
	struct ipt_iface iface;
	struct err ignored;

	if (err)
		return err;
	slot = record_slot(k, wanted, &iface, e);
	iface = *wanted;
	err = slot < 0 ? slot : kern_record_write(k, (uint32_t)slot, &iface, e);
	if (err) {
		(void)drop_below(k, below->ifindex, &ignored);
		return err;
	}
	err = kern_vlan_set(k, wanted);
	if (!err)
		return 0;
	(void)undo_vlan(k, (uint32_t)slot, &iface, &ignored);
	return err_set(e, err, "%s: %s: %s", k->dir, "vlans", strerror(-err));
}

static int attach_locked(struct kern *k, const struct ipt_iface *wanted,
			 const struct ipt_iface *below, enum kern_mode mode, struct err *e)
{
	struct ipt_iface there;
	int slot = kern_record_find(k, wanted->ifindex, &there), err = 0;

	/* It was served in the other way before, or below another interface: not in two at once. */
	if (slot >= 0 && memcmp(&there.vlan, &wanted->vlan, sizeof(there.vlan)) != 0)
		err = undo(k, (uint32_t)slot, &there, e);
	if (err)
		return err;
	return wanted->vlan.below ? attach_vlan(k, wanted, below, mode, e)
				  : attach_programs(k, wanted, mode, e);
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

/* A detach between our opening and our lock takes the pins away: what we attached nobody would find. */
bool kern_still_pinned(struct kern *k)
{
	char path[KERN_PATH_LEN];
	bool same;
	int fd;

	kern_pin_path(k->dir, "meta", path);
	fd = bpf_obj_get(path);
	same = map_id(fd) && map_id(fd) == map_id(k->map[KMAP_META]);
	if (fd >= 0)
		(void)close(fd);
	return same;
}

int kern_locked(struct kern *k, int (*fn)(void *arg), void *arg)
{
	struct err ignored;
	int lock = kern_lock(&ignored), err;

	if (lock < 0)
		return lock;
	err = kern_still_pinned(k) ? fn(arg) : -ESTALE;
	kern_unlock(lock);
	return err;
}

/*
 * On the interface below a VLAN device the driver runs our programs, and no frame gets around them; but they must see the
 * tags. Where they do not, the VLAN device has them itself, as one that was asked for in generic mode has.
 */
static int find_way(struct ipt_iface *wanted, struct ipt_iface *ret_below, enum kern_mode *mode,
		    struct err *e)
{
	struct netdev dev, below;
	struct ipt_vlan_key key;
	const char *why;
	int err = fit_mode(wanted, mode, e);

	if (err || netdev_by_index(wanted->ifindex, &dev) || !dev.vlan_proto)
		return err;
	why = kern_vlan_hindered(&dev, &key, &below);
	if (why && *mode == KERN_MODE_NATIVE)
		return err_set(e, -EOPNOTSUPP, "%s: no native mode: %s", wanted->name, why);
	if (why || *mode == KERN_MODE_GENERIC || *mode == KERN_MODE_GENERIC_ONLY)
		return 0;
	wanted->vlan = key;
	*ret_below = (struct ipt_iface){.ifindex = below.ifindex};
	(void)memcpy(ret_below->name, below.name, sizeof(ret_below->name));
	err = fit_mode(ret_below, mode, e);
	ret_below->flags |= IPT_IF_BELOW;
	return err;
}

int kern_attach(struct kern *k, uint32_t ifindex, const char *name, enum kern_mode mode,
		struct err *e)
{
	struct ipt_iface wanted = {.ifindex = ifindex}, below;
	int err = kern_rights(e), lock;

	(void)snprintf(wanted.name, sizeof(wanted.name), "%s", name);
	if (!err)
		err = find_way(&wanted, &below, &mode, e);
	if (err)
		return err;
	lock = kern_lock(e);
	if (lock < 0)
		return lock;
	if (kern_still_pinned(k))
		err = attach_locked(k, &wanted, &below, mode, e);
	else
		err = err_set(e, -ESTALE, "%s: instance '%s' was detached meanwhile: try again",
			      name, k->instance);
	kern_unlock(lock);
	return err;
}

int kern_detach(struct kern *k, const struct ipt_iface *iface, struct err *e)
{
	struct ipt_iface there;
	int err = kern_rights(e), lock, slot;

	if (err)
		return err;
	lock = kern_lock(e);
	if (lock < 0)
		return lock;
	slot = kern_record_find(k, iface->ifindex, &there);
	if (slot >= 0)
		err = undo(k, (uint32_t)slot, &there, e);
	kern_unlock(lock);
	return err;
}

bool kern_iface_healthy(struct kern *k, const struct ipt_iface *iface)
{
	return kern_iface_hears(k, iface) && kern_iface_fenced(k, iface);
}

bool kern_iface_hears(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_iface below = kern_record_below(k, iface);

	return kern_xdp_there(k, &below) && (!iface->vlan.below || kern_vlan_there(k, iface));
}

bool kern_iface_fenced(struct kern *k, const struct ipt_iface *iface)
{
	struct ipt_iface below = kern_record_below(k, iface);

	return kern_tc_there(k, &below) && (!iface->vlan.below || kern_vlan_its(k, iface));
}

const char *kern_iface_bundled(const struct ipt_iface *iface, char ret_master[IF_NAMESIZE],
			       const char **ret_instead)
{
	bool alone = iface->flags & IPT_IF_ALONE;
	struct netdev dev;

	if (netdev_by_index(iface->ifindex, &dev) || !(dev.member || (alone && dev.port)) ||
	    !if_indextoname(dev.master, ret_master))
		return NULL;
	*ret_instead = dev.vswitch ? "its switch's own interface" : ret_master;
	return dev.member ? "member" : "port";
}
