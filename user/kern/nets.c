/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs look up: floating addresses by 256 neighbours, in `near` and `nets`; in `sieve`, whether they do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "kern_int.h"

static bool sieve_has(struct kern *k, const struct ipt_net_key *key, uint32_t last_byte)
{
	uint32_t block = ipt_sieve_block(key->ifindex, key->net);
	struct ipt_sieve s;

	return !bpf_map_lookup_elem(k->map[KMAP_SIEVE], &block, &s) && ipt_sieve_has(&s, last_byte);
}

static int sieve_add(struct kern *k, const struct ipt_net_key *key, uint32_t last_byte)
{
	uint32_t block = ipt_sieve_block(key->ifindex, key->net);
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
	struct ipt_sieve *s = &all[ipt_sieve_block(key->ifindex, key->net)];

	for (uint32_t i = 0; i < IPT_NET_SIZE; i++)
		if (net->group[i])
			ipt_sieve_add(s, i);
}

struct near_all {
	uint32_t block[IPT_SIEVE_BLOCKS];
	struct ipt_near near[IPT_SIEVE_BLOCKS];
};

/* In one call: somebody's lease may be running. */
static int sieve_needed_near(struct kern *k, struct ipt_sieve *all)
{
	struct near_all *a = malloc(sizeof(*a));
	uint32_t n = IPT_SIEVE_BLOCKS, at;
	int err;

	if (!a)
		return -ENOMEM;
	err = bpf_map_lookup_batch(k->map[KMAP_NEAR], NULL, &at, a->block, a->near, &n, NULL);
	/* There is no more, it may say. */
	if (err == -ENOENT || (!err && n < IPT_SIEVE_BLOCKS))
		err = n == IPT_SIEVE_BLOCKS ? 0 : -EIO;
	for (uint32_t i = 0; i < IPT_SIEVE_BLOCKS && !err; i++)
		if (a->near[i].key.ifindex)
			sieve_add_net(all, &a->near[i].key, &a->near[i].net);
	free(a);
	return err;
}

/* What all in `near` and `nets` needs; 0, or -errno when not all of it was seen. */
static int sieve_needed(struct kern *k, struct ipt_sieve *all)
{
	struct ipt_net_key key, *from = NULL;
	struct ipt_net net;
	int err = sieve_needed_near(k, all);

	if (err)
		return err;
	while (!err && !(err = bpf_map_get_next_key(k->map[KMAP_NETS], from, &key))) {
		from = &key;
		err = bpf_map_lookup_elem(k->map[KMAP_NETS], &key, &net);
		if (!err)
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

/* Where the neighbours of an address are: in `near` or in `nets`, or where they go if there is none yet. */
struct net_place {
	struct ipt_net_key key;
	uint32_t block;
	bool near, there;
};

static bool same_key(const struct ipt_net_key *a, const struct ipt_net_key *b)
{
	return a->ifindex == b->ifindex && ipt_addr_equal(&a->net, &b->net);
}

/* All zero where there is none yet. */
static int net_get(struct kern *k, uint32_t ifindex, struct ipt_addr addr, struct net_place *ret,
		   struct ipt_net *net)
{
	struct net_place p = {.key = ipt_net_key(ifindex, addr)};
	struct ipt_near near;
	int err;

	p.block = ipt_sieve_block(ifindex, p.key.net);
	err = bpf_map_lookup_elem(k->map[KMAP_NEAR], &p.block, &near);
	if (err)
		return err;
	*net = (struct ipt_net){0};
	p.near = same_key(&near.key, &p.key);
	if (p.near)
		*net = near.net;
	else
		err = bpf_map_lookup_elem(k->map[KMAP_NETS], &p.key, net);
	/* Only this says that there is none: what is written in its place would cost 255 neighbours their fence. */
	if (err && err != -ENOENT)
		return err;
	p.there = !err;
	if (!p.there)
		p.near = !near.key.ifindex;
	*ret = p;
	return 0;
}

/*
 * The element is written over: a group is one byte, the MAC address one aligned word, each the old or the new one to
 * whoever reads it now, and all else is what it was. Where nothing was, the old MAC address is none: it is there, and
 * the key, before any group is.
 */
static int near_put(struct kern *k, const struct net_place *p, const struct ipt_net *net)
{
	struct ipt_near near = {.key = p->key};
	int err = 0;

	(void)memcpy(near.net.mac, net->mac, sizeof(near.net.mac));
	near.net.flags = net->flags;
	if (!p->there)
		err = bpf_map_update_elem(k->map[KMAP_NEAR], &p->block, &near, BPF_ANY);
	near.net = *net;
	return err ? err : bpf_map_update_elem(k->map[KMAP_NEAR], &p->block, &near, BPF_ANY);
}

/* In `nets` the kernel exchanges the element in one step. */
static int net_put(struct kern *k, const struct net_place *p, const struct ipt_net *net)
{
	return p->near ? near_put(k, p, net)
		       : bpf_map_update_elem(k->map[KMAP_NETS], &p->key, net, BPF_ANY);
}

static int net_drop(struct kern *k, const struct net_place *p)
{
	static const struct ipt_near none;

	return p->near ? bpf_map_update_elem(k->map[KMAP_NEAR], &p->block, &none, BPF_ANY)
		       : bpf_map_delete_elem(k->map[KMAP_NETS], &p->key);
}

bool kern_vip_found(struct kern *k, uint32_t ifindex, struct ipt_addr addr,
		    const struct ipt_vip *vip)
{
	struct net_place place;
	struct ipt_net net;

	if (net_get(k, ifindex, addr, &place, &net) || !place.there)
		return false;
	return net.group[ipt_addr_last_byte(addr)] == vip->group + 1 &&
	       !memcmp(net.mac, vip->mac, sizeof(net.mac)) && net.flags == ipt_net_flags(vip) &&
	       sieve_has(k, &place.key, ipt_addr_last_byte(addr));
}

static int net_set_locked(struct kern *k, uint32_t ifindex, struct ipt_addr addr,
			  const struct ipt_vip *vip)
{
	uint32_t last_byte = ipt_addr_last_byte(addr);
	struct net_place place;
	struct ipt_net net;
	int err = net_get(k, ifindex, addr, &place, &net);

	if (err)
		return err;
	net.group[last_byte] = (uint8_t)(vip->group + 1);
	(void)memcpy(net.mac, vip->mac, sizeof(net.mac));
	net.flags = ipt_net_flags(vip);
	err = sieve_add(k, &place.key, last_byte);
	return err ? err : net_put(k, &place, &net);
}

/* Read, changed and written as a whole: one writer at a time, or a neighbour's change would be lost. */
int kern_net_set(struct kern *k, uint32_t ifindex, struct ipt_addr addr, const struct ipt_vip *vip)
{
	struct err ignored;
	int lock, err;

	if (kern_vip_found(k, ifindex, addr, vip))
		return 0;
	lock = kern_lock(&ignored);
	if (lock < 0)
		return lock;
	err = net_set_locked(k, ifindex, addr, vip);
	kern_unlock(lock);
	return err;
}

static bool net_is_empty(const struct ipt_net *net)
{
	static const uint8_t none[IPT_NET_SIZE];

	return !memcmp(net->group, none, sizeof(none));
}

static int net_del_locked(struct kern *k, uint32_t ifindex, struct ipt_addr addr)
{
	struct net_place place;
	struct ipt_net net;
	int err = net_get(k, ifindex, addr, &place, &net);

	if (err || !place.there)
		return err;
	net.group[ipt_addr_last_byte(addr)] = 0;
	return net_is_empty(&net) ? net_drop(k, &place) : net_put(k, &place, &net);
}

int kern_net_del(struct kern *k, uint32_t ifindex, struct ipt_addr addr)
{
	struct err ignored;
	int lock = kern_lock(&ignored), err;

	if (lock < 0)
		return lock;
	err = net_del_locked(k, ifindex, addr);
	kern_unlock(lock);
	return err;
}
