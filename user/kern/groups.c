/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Groups: names to elements of the map `groups`, and their identity on the wire. */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include "core/frame.h"
#include "kern_int.h"

volatile struct ipt_group *kern_groups(struct kern *k)
{
	return k->groups;
}

int kern_group_get(struct kern *k, uint32_t index, struct ipt_group *ret)
{
	return bpf_map_lookup_elem(k->map[KMAP_GROUPS], &index, ret);
}

/* The element of that name; the first free one for "". */
static int find(struct kern *k, const char *name)
{
	struct ipt_group group;
	uint32_t i;

	for (i = 0; i < IPT_MAX_GROUPS; i++)
		if (!kern_group_get(k, i, &group) && !strncmp(group.name, name, sizeof(group.name)))
			return (int)i;
	return -ENOENT;
}

int kern_group_find(struct kern *k, const char *name)
{
	return *name ? find(k, name) : -ENOENT;
}

static int take_wire_id(struct kern *k, const char *name, uint32_t index, uint16_t *ret,
			struct err *e)
{
	uint16_t id = frame_group_id(name);
	struct ipt_group other;
	uint32_t taken;
	int err;

	err = bpf_map_update_elem(k->map[KMAP_GROUP_IDS], &id, &index, BPF_NOEXIST);
	if (!err) {
		*ret = id;
		return 0;
	}
	if (err == -EEXIST && !bpf_map_lookup_elem(k->map[KMAP_GROUP_IDS], &id, &taken) &&
	    !kern_group_get(k, taken, &other))
		return err_set(e, -EEXIST,
			       "group '%s' has the same number on the wire as group '%s': choose "
			       "another name",
			       name, other.name);
	return err_set(e, err, "group '%s': %s", name, strerror(-err));
}

static int make_locked(struct kern *k, const char *name, bool managed, struct err *e)
{
	static const struct ipt_report no_report;
	static const struct ipt_tally_group no_tally;
	struct ipt_group group = {.managed = managed};
	int index = kern_group_find(k, name), err;
	volatile struct ipt_group *there;

	if (index >= 0) {
		if (managed)
			k->groups[index].managed = 1;
		return index;
	}
	index = find(k, "");
	if (index < 0)
		return err_set(e, -ENOSPC, "group '%s': %d groups are in use, no room for more",
			       name, IPT_MAX_GROUPS);
	err = take_wire_id(k, name, (uint32_t)index, &group.wire_id, e);
	if (err)
		return err;
	there = &k->groups[index];
	/* Goes on where a former owner of the element stopped: a word closed then must not come again. */
	group.generation = there->generation;
	(void)snprintf(group.name, sizeof(group.name), "%s", name);
	(void)kern_report_set(k, (uint32_t)index, &no_report);
	(void)kern_drain_set(k, (uint32_t)index, 0);
	k->tally->group[index] = no_tally;
	*there = group;
	return index;
}

int kern_group_make(struct kern *k, const char *name, bool managed, struct err *e)
{
	int index = kern_group_find(k, name), lock;

	/* A daemon's own goes by nobody else's hand, and who has the lock may be waiting for netlink. */
	if (index >= 0 && managed && k->groups[index].managed)
		return index;
	/* Two commands at a time must not choose the same free element. */
	lock = kern_lock(e);
	if (lock < 0)
		return lock;
	index = make_locked(k, name, managed, e);
	kern_unlock(lock);
	return index;
}

int kern_group_drop(struct kern *k, uint32_t index)
{
	uint16_t id;

	if (index >= IPT_MAX_GROUPS || !k->groups[index].name[0])
		return -ENOENT;
	id = k->groups[index].wire_id;
	(void)bpf_map_delete_elem(k->map[KMAP_GROUP_IDS], &id);
	k->groups[index].name[0] = '\0';
	return 0;
}
