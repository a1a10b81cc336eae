/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Floating addresses in the maps: the records in `vips`, in `nets` what the programs look up, in `sieve` whether they do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include "kern_int.h"

#define VIP_BATCH 4096

static struct ipt_vip_key vip_key(uint32_t ifindex, uint32_t ip_be32)
{
	struct ipt_vip_key key = {.ifindex = ifindex, .family = AF_INET};

	(void)memcpy(key.addr, &ip_be32, sizeof(ip_be32));
	return key;
}

int kern_vip_get(struct kern *k, uint32_t ifindex, uint32_t ip_be32, struct ipt_vip *ret)
{
	struct ipt_vip_key key = vip_key(ifindex, ip_be32);

	return bpf_map_lookup_elem(k->map[KMAP_VIPS], &key, ret);
}

static bool sieve_has(struct kern *k, const struct ipt_net_key *key, uint32_t last_byte)
{
	uint32_t block = ipt_sieve_block(key->ifindex, key->net_be32);
	struct ipt_sieve s;

	return !bpf_map_lookup_elem(k->map[KMAP_SIEVE], &block, &s) && ipt_sieve_has(&s, last_byte);
}

static int sieve_add(struct kern *k, const struct ipt_net_key *key, uint32_t last_byte)
{
	uint32_t block = ipt_sieve_block(key->ifindex, key->net_be32);
	struct ipt_sieve s;
	int err = bpf_map_lookup_elem(k->map[KMAP_SIEVE], &block, &s);

	if (err || ipt_sieve_has(&s, last_byte))
		return err;
	ipt_sieve_add(&s, last_byte);
	return bpf_map_update_elem(k->map[KMAP_SIEVE], &block, &s, BPF_ANY);
}

static void sieve_add_net(struct ipt_sieve *all, const struct ipt_net_key *key,
			  const struct ipt_net *net)
{
	struct ipt_sieve *s = &all[ipt_sieve_block(key->ifindex, key->net_be32)];

	for (uint32_t i = 0; i < IPT_NET_SIZE; i++)
		if (net->group[i])
			ipt_sieve_add(s, i);
}

/* What all of `nets` needs; 0, or -errno when not all of it was seen. */
static int sieve_needed(struct kern *k, struct ipt_sieve *all)
{
	struct ipt_net_key key, *from = NULL;
	struct ipt_net net;
	int err;

	while (!(err = bpf_map_get_next_key(k->map[KMAP_NETS], from, &key))) {
		from = &key;
		err = bpf_map_lookup_elem(k->map[KMAP_NETS], &key, &net);
		if (err)
			return err;
		sieve_add_net(all, &key, &net);
	}
	return err == -ENOENT ? 0 : err;
}

static int sieve_write(struct kern *k, const struct ipt_sieve *all)
{
	struct ipt_sieve s;
	uint32_t i;
	int err = 0;

	for (i = 0; i < IPT_SIEVE_BLOCKS && !err; i++) {
		err = bpf_map_lookup_elem(k->map[KMAP_SIEVE], &i, &s);
		if (!err && memcmp(&s, &all[i], sizeof(s)) != 0)
			err = bpf_map_update_elem(k->map[KMAP_SIEVE], &i, &all[i], BPF_ANY);
	}
	return err;
}

int kern_vips_tidy(struct kern *k)
{
	struct ipt_sieve *all = calloc(IPT_SIEVE_BLOCKS, sizeof(*all));
	struct err ignored;
	int lock, err;

	if (!all)
		return -ENOMEM;
	lock = kern_lock(&ignored);
	err = lock < 0 ? lock : sieve_needed(k, all);
	if (!err)
		err = sieve_write(k, all);
	if (lock >= 0)
		kern_unlock(lock);
	free(all);
	return err;
}

/* The element of its neighbours; all zero where there is none yet. Is the address found there as `vip` says? */
static bool net_has(struct kern *k, const struct ipt_net_key *key, uint32_t ip_be32,
		    const struct ipt_vip *vip, struct ipt_net *ret)
{
	if (bpf_map_lookup_elem(k->map[KMAP_NETS], key, ret)) {
		*ret = (struct ipt_net){0};
		return false;
	}
	return ret->group[ipt_net_at(ip_be32)] == vip->group + 1 &&
	       !memcmp(ret->mac, vip->mac, sizeof(ret->mac)) &&
	       sieve_has(k, key, ipt_net_at(ip_be32));
}

bool kern_vip_found(struct kern *k, uint32_t ifindex, uint32_t ip_be32, const struct ipt_vip *vip)
{
	struct ipt_net_key key = ipt_net_key(ifindex, ip_be32);
	struct ipt_net net;

	return net_has(k, &key, ip_be32, vip, &net);
}

/* Read, changed and written as a whole: one writer at a time, or a neighbour's change would be lost. The kernel
 * exchanges the element in one step. */
static int net_set(struct kern *k, uint32_t ifindex, uint32_t ip_be32, const struct ipt_vip *vip)
{
	struct ipt_net_key key = ipt_net_key(ifindex, ip_be32);
	struct ipt_net net;
	struct err ignored;
	int lock, err = 0;

	if (net_has(k, &key, ip_be32, vip, &net))
		return 0;
	lock = kern_lock(&ignored);
	if (lock < 0)
		return lock;
	if (!net_has(k, &key, ip_be32, vip, &net)) {
		net.group[ipt_net_at(ip_be32)] = (uint8_t)(vip->group + 1);
		(void)memcpy(net.mac, vip->mac, sizeof(net.mac));
		err = sieve_add(k, &key, ipt_net_at(ip_be32));
		if (!err)
			err = bpf_map_update_elem(k->map[KMAP_NETS], &key, &net, BPF_ANY);
	}
	kern_unlock(lock);
	return err;
}

static bool net_is_empty(const struct ipt_net *net)
{
	static const uint8_t none[IPT_NET_SIZE];

	return !memcmp(net->group, none, sizeof(none));
}

static int net_del_locked(struct kern *k, const struct ipt_net_key *key, uint32_t ip_be32)
{
	struct ipt_net net;

	if (bpf_map_lookup_elem(k->map[KMAP_NETS], key, &net))
		return 0;
	net.group[ipt_net_at(ip_be32)] = 0;
	if (net_is_empty(&net))
		return bpf_map_delete_elem(k->map[KMAP_NETS], key);
	return bpf_map_update_elem(k->map[KMAP_NETS], key, &net, BPF_ANY);
}

static int net_del(struct kern *k, uint32_t ifindex, uint32_t ip_be32)
{
	struct ipt_net_key key = ipt_net_key(ifindex, ip_be32);
	struct err ignored;
	int lock = kern_lock(&ignored), err;

	if (lock < 0)
		return lock;
	err = net_del_locked(k, &key, ip_be32);
	kern_unlock(lock);
	return err;
}

/* What is in `nets` is in `vips`, whenever this ends: `detach` goes by the latter, set-up writes again what an end in
 * between has left out of the former. */
int kern_vip_set(struct kern *k, uint32_t ifindex, uint32_t ip_be32, const struct ipt_vip *vip)
{
	struct ipt_vip_key key = vip_key(ifindex, ip_be32);
	int err;

	if (vip->group >= IPT_MAX_GROUPS)
		return -EINVAL;
	err = bpf_map_update_elem(k->map[KMAP_VIPS], &key, vip, BPF_ANY);
	return err ? err : net_set(k, ifindex, ip_be32, vip);
}

int kern_vip_del(struct kern *k, uint32_t ifindex, uint32_t ip_be32)
{
	struct ipt_vip_key key = vip_key(ifindex, ip_be32);
	int err = net_del(k, ifindex, ip_be32);

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
