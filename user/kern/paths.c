/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the two maps of the ways to the peers, and that they agree: a path, and who finds it. */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include "kern_int.h"

const volatile struct ipt_path *kern_paths(struct kern *k)
{
	return k->paths;
}

int kern_path_get(struct kern *k, uint32_t index, struct ipt_path *ret)
{
	return bpf_map_lookup_elem(k->map[KMAP_PATHS], &index, ret);
}

void kern_path_via(struct kern *k, uint32_t index, const uint8_t mac[6])
{
	memcpy((void *)k->paths[index].via, mac, 6);
}

int kern_path_newest(struct kern *k, uint8_t node, uint32_t ifindex)
{
	static const uint8_t unknown[6];
	uint64_t newest_ns = 0;
	int ret = -ENOENT;

	for (int i = 0; i < IPT_MAX_PATHS; i++) {
		const volatile struct ipt_path *p = &k->paths[i];
		uint64_t proven_ns = p->proven_ns;

		if (!p->ifindex || p->node != node || p->ifindex != ifindex ||
		    !memcmp((const void *)p->mac, unknown, 6) || proven_ns < newest_ns)
			continue;
		newest_ns = proven_ns;
		ret = i;
	}
	return ret;
}

bool kern_owner_mac(struct kern *k, uint32_t group, uint32_t ifindex, uint8_t ret[6])
{
	int i = kern_path_newest(k, EPOCH_NODE(k->groups[group].owner_epoch), ifindex);

	if (i < 0)
		return false;
	memcpy(ret, (const void *)k->paths[i].mac, 6);
	return true;
}

static const struct ipt_addr nobody;

/* Index of the path behind a key, IPT_MAX_PATHS for one of our own addresses, or -ENOENT. */
static int wanted(const struct ipt_path paths[IPT_MAX_PATHS], const struct ipt_path_key *key)
{
	for (int i = 0; i < IPT_MAX_PATHS; i++) {
		const struct ipt_path *p = &paths[i];

		if (!p->ifindex || p->ifindex != key->ifindex ||
		    !ipt_addr_equal(&p->local, &key->local))
			continue;
		if (ipt_addr_equal(&key->addr, &nobody))
			return IPT_MAX_PATHS;
		if (ipt_addr_equal(&p->addr, &key->addr))
			return i;
	}
	return -ENOENT;
}

/* Each key that leads nowhere any more, or elsewhere: from here on its frames are strangers'. */
static int forget(struct kern *k, const struct ipt_path paths[IPT_MAX_PATHS])
{
	struct ipt_path_key key, next;
	uint32_t index;
	int err = bpf_map_get_next_key(k->map[KMAP_PATH_IDS], NULL, &next);

	while (!err) {
		key = next;
		err = bpf_map_get_next_key(k->map[KMAP_PATH_IDS], &key, &next);
		if (bpf_map_lookup_elem(k->map[KMAP_PATH_IDS], &key, &index) ||
		    wanted(paths, &key) == (int)index)
			continue;
		(void)bpf_map_delete_elem(k->map[KMAP_PATH_IDS], &key);
	}
	return err == -ENOENT ? 0 : err;
}

static int learn(struct kern *k, uint32_t index, const struct ipt_path *path)
{
	struct ipt_path_key key = {.ifindex = path->ifindex,
				   .local = path->local,
				   .addr = path->addr};
	uint32_t nowhere = IPT_MAX_PATHS;
	int err = bpf_map_update_elem(k->map[KMAP_PATH_IDS], &key, &index, BPF_ANY);

	key.addr = nobody;
	return err ? err : bpf_map_update_elem(k->map[KMAP_PATH_IDS], &key, &nowhere, BPF_ANY);
}

int kern_paths_put(struct kern *k, const struct ipt_path paths[IPT_MAX_PATHS])
{
	int err = forget(k, paths);

	for (uint32_t i = 0; i < IPT_MAX_PATHS && !err; i++)
		err = bpf_map_update_elem(k->map[KMAP_PATHS], &i, &paths[i], BPF_ANY);
	for (uint32_t i = 0; i < IPT_MAX_PATHS && !err; i++)
		if (paths[i].ifindex)
			err = learn(k, i, &paths[i]);
	return err;
}
