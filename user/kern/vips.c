/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Floating addresses in the maps: the records, in `vips`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "kern_int.h"

#define VIP_BATCH 4096

static struct ipt_vip_key vip_key(uint32_t ifindex, struct ipt_addr addr)
{
	return (struct ipt_vip_key){.ifindex = ifindex, .addr = addr};
}

int kern_vip_get(struct kern *k, uint32_t ifindex, struct ipt_addr addr, struct ipt_vip *ret)
{
	struct ipt_vip_key key = vip_key(ifindex, addr);

	return bpf_map_lookup_elem(k->map[KMAP_VIPS], &key, ret);
}

/* What is in `near` and `nets` is in `vips`, whenever this ends: `detach` goes by the latter, set-up writes again what an
 * end in between has left out of the former. */
int kern_vip_set(struct kern *k, uint32_t ifindex, struct ipt_addr addr, const struct ipt_vip *vip)
{
	struct ipt_vip_key key = vip_key(ifindex, addr);
	int err;

	if (vip->group >= IPT_MAX_GROUPS)
		return -EINVAL;
	err = bpf_map_update_elem(k->map[KMAP_VIPS], &key, vip, BPF_ANY);
	return err ? err : kern_net_set(k, ifindex, addr, vip);
}

int kern_vip_del(struct kern *k, uint32_t ifindex, struct ipt_addr addr)
{
	struct ipt_vip_key key = vip_key(ifindex, addr);
	int err = kern_net_del(k, ifindex, addr);

	return err ? err : bpf_map_delete_elem(k->map[KMAP_VIPS], &key);
}

struct vip_batch {
	struct ipt_vip_key key[VIP_BATCH];
	struct ipt_vip vip[VIP_BATCH];
};

/* A call a thousand addresses: of a whole map one by one is longer than a lease. */
int kern_vip_each(struct kern *k,
		  int (*fn)(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg),
		  void *arg)
{
	struct vip_batch *b = malloc(sizeof(*b));
	uint32_t at = 0, n, i;
	int err, done = 0;
	void *from = NULL;

	if (!b)
		return -ENOMEM;
	do {
		n = VIP_BATCH;
		err = bpf_map_lookup_batch(k->map[KMAP_VIPS], from, &at, b->key, b->vip, &n, NULL);
		/* -ENOENT: these were the last. */
		for (i = 0; i < n && (!err || err == -ENOENT) && !done; i++)
			done = fn(&b->key[i], &b->vip[i], arg);
		from = &at;
	} while (!err && !done);
	free(b);
	return done ? done : err == -ENOENT ? 0 : err;
}
