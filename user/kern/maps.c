/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Plain access to the maps, one element at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "kern_int.h"

static int get(struct kern *k, enum kern_map id, uint32_t index, void *ret)
{
	return bpf_map_lookup_elem(k->map[id], &index, ret);
}

static int set(struct kern *k, enum kern_map id, uint32_t index, const void *value)
{
	return bpf_map_update_elem(k->map[id], &index, value, BPF_ANY);
}

volatile uint64_t *kern_leases(struct kern *k)
{
	return k->leases;
}

const volatile struct ipt_sent *kern_sent(struct kern *k)
{
	return k->sent;
}

volatile struct ipt_tally *kern_tally(struct kern *k)
{
	return k->tally;
}

int kern_self_get(struct kern *k, struct ipt_self *ret)
{
	return get(k, KMAP_SELF, 0, ret);
}

int kern_self_set(struct kern *k, const struct ipt_self *self)
{
	return set(k, KMAP_SELF, 0, self);
}

int kern_keys_get(struct kern *k, struct ipt_key ret[IPT_MAX_KEYS])
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < IPT_MAX_KEYS && !err; i++)
		err = get(k, KMAP_KEYS, i, &ret[i]);
	return err;
}

int kern_keys_set(struct kern *k, const struct ipt_key keys[IPT_MAX_KEYS])
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < IPT_MAX_KEYS && !err; i++)
		err = set(k, KMAP_KEYS, i, &keys[i]);
	return err;
}

int kern_peer_get(struct kern *k, uint32_t index, struct ipt_peer *ret)
{
	return bpf_map_lookup_elem_flags(k->map[KMAP_PEERS], &index, ret, BPF_F_LOCK);
}

int kern_peer_set(struct kern *k, uint32_t index, const struct ipt_peer *peer)
{
	return bpf_map_update_elem(k->map[KMAP_PEERS], &index, peer, BPF_F_LOCK);
}

int kern_drain_get(struct kern *k, uint32_t group, uint64_t *ret_ns)
{
	return get(k, KMAP_DRAIN, group, ret_ns);
}

int kern_drain_set(struct kern *k, uint32_t group, uint64_t until_ns)
{
	return set(k, KMAP_DRAIN, group, &until_ns);
}

int kern_report_get(struct kern *k, uint32_t group, struct ipt_report *ret)
{
	return get(k, KMAP_REPORTS, group, ret);
}

int kern_report_set(struct kern *k, uint32_t group, const struct ipt_report *report)
{
	return set(k, KMAP_REPORTS, group, report);
}

int kern_sysctl_save(struct kern *k, const struct ipt_sysctl_key *key, const struct ipt_sysctl *v)
{
	return bpf_map_update_elem(k->map[KMAP_SYSCTLS], key, v, BPF_ANY);
}

int kern_sysctl_get(struct kern *k, const struct ipt_sysctl_key *key, struct ipt_sysctl *ret)
{
	return bpf_map_lookup_elem(k->map[KMAP_SYSCTLS], key, ret);
}

int kern_sysctl_each(struct kern *k,
		     void (*fn)(const struct ipt_sysctl_key *key, const struct ipt_sysctl *v,
				void *arg),
		     void *arg)
{
	struct ipt_sysctl_key key, next;
	struct ipt_sysctl v;
	int err;

	err = bpf_map_get_next_key(k->map[KMAP_SYSCTLS], NULL, &next);
	while (!err) {
		key = next;
		err = bpf_map_get_next_key(k->map[KMAP_SYSCTLS], &key, &next);
		if (!bpf_map_lookup_elem(k->map[KMAP_SYSCTLS], &key, &v))
			fn(&key, &v, arg);
	}
	return err == -ENOENT ? 0 : err;
}

int kern_sysctl_forget(struct kern *k, const struct ipt_sysctl_key *key)
{
	int err = bpf_map_delete_elem(k->map[KMAP_SYSCTLS], key);

	return err == -ENOENT ? 0 : err;
}

bool kern_sysctl_any(struct kern *k)
{
	struct ipt_sysctl_key first;

	return !bpf_map_get_next_key(k->map[KMAP_SYSCTLS], NULL, &first);
}

int kern_counters(struct kern *k, uint64_t ret[CNT_MAX])
{
	int cpus = libbpf_num_possible_cpus(), cpu, err = 0;
	uint64_t *values;
	uint32_t i;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (i = 0; i < CNT_MAX && !err; i++) {
		err = get(k, KMAP_STATS, i, values);
		ret[i] = 0;
		for (cpu = 0; cpu < cpus && !err; cpu++)
			ret[i] += values[cpu];
	}
	free(values);
	return err;
}
