/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The real programs, unpinned: a model goes into their maps, one frame through them, and what they hold comes back. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include "fence.skel.h"
#include "fuzz.h"
#include "model.h"
#include "takeover.skel.h"

#define CPUS_MAX 1024

static struct takeover_bpf *in;
static struct fence_bpf *out;
static struct ring_buffer *ring;
static struct model *listener; /* whose events these are */
static uint64_t *words;
static struct ipt_group *groups;
static struct ipt_path *paths;
static struct ipt_sent *sent;
static uint64_t counted[CNT_MAX];
static int ncpus;

static int fd_of(const char *name)
{
	return bpf_object__find_map_fd_by_name(in->obj, name);
}

static void unpin(struct bpf_object *obj)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj) FUZZ_MUST(bpf_map__set_pin_path(m, NULL) == 0);
}

static void share(struct bpf_object *obj)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
	{
		int fd = fd_of(bpf_map__name(m));

		if (fd >= 0)
			FUZZ_MUST(bpf_map__reuse_fd(m, fd) == 0);
	}
}

static void *map_memory(const char *name, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_of(name), 0);

	FUZZ_MUST(at != MAP_FAILED);
	return at;
}

static int on_event(void *ctx, void *data, size_t size)
{
	(void)ctx;
	FUZZ_MUST(size == sizeof(struct ipt_event));
	if (listener && listener->nevents < MODEL_EVENTS)
		memcpy(&listener->event[listener->nevents++], data, size);
	return 0;
}

static void put(const char *map, const void *key, const void *value)
{
	FUZZ_MUST(bpf_map_update_elem(fd_of(map), key, value, BPF_ANY) == 0);
}

/* Neighbours share an element, and so a MAC and flags. Those of every second /24, or /120, are in the hash: their place is
 * taken by others, which have a group. */
static void put_vip(const struct model_vip *v)
{
	struct ipt_net_key key = ipt_net_key(MODEL_IFINDEX, v->addr);
	uint32_t block = ipt_sieve_block(MODEL_IFINDEX, key.net);
	bool is_near = ((const uint8_t *)&key.net.word_be32[3])[2] & 1;
	struct ipt_sieve sieve;
	struct ipt_near near;
	struct ipt_net net;

	FUZZ_MUST(bpf_map_lookup_elem(fd_of("near"), &block, &near) == 0);
	FUZZ_MUST(!near.key.ifindex || ipt_addr_equal(&near.key.net, &key.net));
	if (is_near)
		net = near.net;
	else if (bpf_map_lookup_elem(fd_of("nets"), &key, &net))
		net = (struct ipt_net){0};
	memcpy(net.mac, v->vip.mac, 6);
	net.flags = v->vip.flags & IPT_VIP_F_ROUTER ? IPT_NET_F_ROUTER : 0;
	net.group[ipt_addr_last_byte(v->addr)] = (uint8_t)(v->vip.group + 1);
	FUZZ_MUST(bpf_map_lookup_elem(fd_of("sieve"), &block, &sieve) == 0);
	ipt_sieve_add(&sieve, ipt_addr_last_byte(v->addr));
	put("sieve", &block, &sieve);
	if (!is_near) {
		put("nets", &key, &net);
		memset(net.group, 1, sizeof(net.group));
		key.ifindex++;
	}
	near = (struct ipt_near){.key = key, .net = net};
	put("near", &block, &near);
}

static void put_fixed(void)
{
	for (uint32_t i = 0; i < MODEL_VIPS; i++)
		put_vip(&model_vips[i]);
	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		uint16_t wire_id = (uint16_t)(MODEL_WIRE_ID + i);

		put("group_ids", &wire_id, &i);
	}
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

void programs_load(void)
{
	cpu_set_t one;

	libbpf_set_print(quiet);
	in = takeover_bpf__open();
	out = fence_bpf__open();
	FUZZ_MUST(in && out);
	unpin(in->obj);
	unpin(out->obj);
	FUZZ_MUST(takeover_bpf__load(in) == 0);
	share(out->obj);
	FUZZ_MUST(fence_bpf__load(out) == 0);
	ring = ring_buffer__new(fd_of("events"), on_event, NULL, NULL);
	FUZZ_MUST(ring);
	words = map_memory("leases", sizeof(*words) * IPT_MAX_GROUPS);
	groups = map_memory("groups", sizeof(*groups) * IPT_MAX_GROUPS);
	paths = map_memory("paths", sizeof(*paths) * IPT_MAX_PATHS);
	sent = map_memory("sent", sizeof(*sent));
	ncpus = libbpf_num_possible_cpus();
	FUZZ_MUST(ncpus > 0 && ncpus <= CPUS_MAX);
	/* So that all that is counted is counted in one place. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	FUZZ_MUST(sched_setaffinity(0, sizeof(one), &one) == 0);
	put_fixed();
}

static void put_paths(const struct model *m)
{
	static struct ipt_path_key known[2 * MODEL_PATHS];
	static uint32_t nknown;
	uint32_t nowhere = IPT_MAX_PATHS;

	while (nknown)
		(void)bpf_map_delete_elem(fd_of("path_ids"), &known[--nknown]);
	for (uint32_t i = 0; i < MODEL_PATHS; i++) {
		struct ipt_path_key key = {.ifindex = MODEL_IFINDEX,
					   .local = m->path[i].local,
					   .addr = m->path[i].addr};

		if (!m->path[i].ifindex)
			continue;
		put("path_ids", &key, &i);
		known[nknown++] = key;
		memset(&key.addr, 0, sizeof(key.addr));
		put("path_ids", &key, &nowhere);
		known[nknown++] = key;
	}
	memcpy(paths, m->path, sizeof(m->path));
}

static void put_model(const struct model *m)
{
	uint32_t zero = 0, spent = MODEL_IFINDEX % IPT_MAX_IFACES;
	uint64_t nothing_ns = 0;

	memcpy(words, m->word, sizeof(m->word));
	memcpy(groups, m->group, sizeof(m->group));
	*sent = m->sent;
	put_paths(m);
	put("self", &zero, &m->self);
	put("ifaces", &zero, &m->iface);
	put("stray_spent", &spent, &nothing_ns); /* runs are faster than strays may be told */
	for (uint32_t i = 0; i < MODEL_GROUPS; i++)
		put("drain", &i, &m->drain_ns[i]);
	for (uint32_t i = 0; i < MODEL_PEERS; i++)
		put("peers", &i, &m->peer[i]);
	for (uint32_t i = 0; i < MODEL_KEYS; i++)
		put("keys", &i, &m->key[i]);
	if (m->stray_ns)
		put("strays", &m->stray, &m->stray_ns);
}

/* Which clients have been told is a hash: all it holds is taken out. */
static void get_strays(struct model *m)
{
	struct ipt_stray_key key;
	uint64_t told_ns;
	int fd = fd_of("strays");

	m->stray_ns = 0;
	while (bpf_map_get_next_key(fd, NULL, &key) == 0) {
		FUZZ_MUST(bpf_map_lookup_elem(fd, &key, &told_ns) == 0);
		if (told_ns >= m->stray_ns) {
			m->stray = key;
			m->stray_ns = told_ns;
		}
		FUZZ_MUST(bpf_map_delete_elem(fd, &key) == 0);
	}
}

static void get_counters(struct model *m)
{
	static uint64_t flat[CNT_MAX * CPUS_MAX];
	uint32_t keys[CNT_MAX], n = CNT_MAX, next = 0;

	FUZZ_MUST(bpf_map_lookup_batch(fd_of("stats"), NULL, &next, keys, flat, &n, NULL) == 0 ||
		  errno == ENOENT);
	FUZZ_MUST(n == CNT_MAX);
	for (uint32_t i = 0; i < CNT_MAX; i++) {
		uint64_t sum = 0;

		for (int cpu = 0; cpu < ncpus; cpu++)
			sum += flat[i * (uint32_t)ncpus + (uint32_t)cpu];
		m->counter[i] = sum - counted[i];
		counted[i] = sum;
	}
}

static void get_model(struct model *m)
{
	memcpy(m->word, words, sizeof(m->word));
	memcpy(m->group, groups, sizeof(m->group));
	memcpy(m->path, paths, sizeof(m->path));
	m->sent = *sent;
	for (uint32_t i = 0; i < MODEL_PEERS; i++)
		FUZZ_MUST(bpf_map_lookup_elem(fd_of("peers"), &i, &m->peer[i]) == 0);
	for (uint32_t i = 0; i < MODEL_KEYS; i++)
		FUZZ_MUST(bpf_map_lookup_elem(fd_of("keys"), &i, &m->key[i]) == 0);
	get_strays(m);
	get_counters(m);
}

bool programs_run(struct model *m, bool egress, struct model_run *r)
{
	static uint8_t bytes[MODEL_FRAME];
	int fd = egress ? bpf_program__fd(out->progs.ipt_fence)
			: bpf_program__fd(in->progs.ipt_takeover);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = (uint32_t)r->len,
		    .data_out = r->bytes, .data_size_out = sizeof(r->bytes), .repeat = 1);

	put_model(m);
	memcpy(bytes, r->bytes, r->len);
	if (bpf_prog_test_run_opts(fd, &opts)) {
		get_strays(m); /* the next run must find none of this one's */
		return false;
	}
	r->verdict = (int)opts.retval;
	r->len = opts.data_size_out;
	listener = m;
	(void)ring_buffer__consume(ring);
	listener = NULL;
	get_model(m);
	return true;
}
