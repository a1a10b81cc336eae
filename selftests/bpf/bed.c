/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads the skeletons without pins, on shared maps, and runs their programs one frame at a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "announce.skel.h"
#include "base/clock.h"
#include "bed.h"
#include "clocked_announce.skel.h"
#include "clocked_fence.skel.h"
#include "clocked_takeover.skel.h"
#include "fence.skel.h"
#include "takeover.skel.h"
#include "../within.h"

#define BED_CPUS_MAX 1024

struct bed {
	struct takeover_bpf *takeover;
	struct fence_bpf *fence;
	struct announce_bpf *announce;
	struct clocked_takeover_bpf *clocked_takeover; /* NULL until a test sets the clock */
	struct clocked_fence_bpf *clocked_fence;
	struct clocked_announce_bpf *clocked_announce;
	bool clocked;
	int in_front; /* of the fence; 0: nothing */
	struct ring_buffer *ring;
	uint64_t counters[CNT_MAX];
	struct ipt_event events[BED_EVENTS_MAX];
	int nevents;
};

static const char *const names[] = {
#define NAME(name, text) #name,
	IPT_COUNTERS(NAME)
#undef NAME
};

static struct bpf_map *map_find(struct bed *b, const char *name)
{
	struct bpf_map *m = bpf_object__find_map_by_name(b->takeover->obj, name);

	return m ? m : bpf_object__find_map_by_name(b->announce->obj, name);
}

/* Pins by name would reach for those of an instance in use. */
static void unpin(struct bpf_object *obj)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj) assert_int_equal(bpf_map__set_pin_path(m, NULL), 0);
}

static void share(struct bed *b, struct bpf_object *obj)
{
	struct bpf_map *m, *first;

	bpf_object__for_each_map(m, obj)
	{
		first = map_find(b, bpf_map__name(m));
		if (first && first != m)
			assert_int_equal(bpf_map__reuse_fd(m, bpf_map__fd(first)), 0);
	}
}

static int on_event(void *ctx, void *data, size_t size)
{
	struct bed *b = ctx;

	int at = b->nevents < BED_EVENTS_MAX ? b->nevents : BED_EVENTS_MAX - 1;

	if (size == sizeof(struct ipt_event))
		memcpy(&b->events[at], data, size);
	b->nevents++;
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int bed_setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	*state = b;
	libbpf_set_print(quiet);
	b->takeover = takeover_bpf__open();
	b->fence = fence_bpf__open();
	b->announce = announce_bpf__open();
	assert_true(b->takeover && b->fence && b->announce);
	unpin(b->takeover->obj);
	unpin(b->fence->obj);
	unpin(b->announce->obj);
	assert_int_equal(takeover_bpf__load(b->takeover), 0);
	share(b, b->fence->obj);
	share(b, b->announce->obj);
	assert_int_equal(fence_bpf__load(b->fence), 0);
	assert_int_equal(announce_bpf__load(b->announce), 0);
	b->ring = ring_buffer__new(bpf_map__fd(b->takeover->maps.events), on_event, b, NULL);
	assert_non_null(b->ring);
	return 0;
}

int bed_teardown(void **state)
{
	struct bed *b = *state;

	ring_buffer__free(b->ring);
	clocked_announce_bpf__destroy(b->clocked_announce);
	clocked_fence_bpf__destroy(b->clocked_fence);
	clocked_takeover_bpf__destroy(b->clocked_takeover);
	announce_bpf__destroy(b->announce);
	fence_bpf__destroy(b->fence);
	takeover_bpf__destroy(b->takeover);
	free(b);
	return 0;
}

static void clear_array(struct bed *b, const char *name)
{
	struct bpf_map *m = map_find(b, name);
	void *zero = calloc(1, bpf_map__value_size(m));
	uint32_t i;

	assert_non_null(zero);
	for (i = 0; i < bpf_map__max_entries(m); i++)
		assert_int_equal(bpf_map_update_elem(bpf_map__fd(m), &i, zero, BPF_ANY), 0);
	free(zero);
}

static void clear_hash(struct bed *b, const char *name)
{
	int fd = bed_map_fd(b, name);
	struct ipt_path_key key; /* the largest */

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		assert_int_equal(bpf_map_delete_elem(fd, &key), 0);
}

int bed_reset(void **state)
{
	static const char *const arrays[] = {"leases",	   "groups", "drain",  "peers",
					     "paths",	   "self",   "keys",   "sent",
					     "sieve",	   "near",   "ifaces", "announce_job",
					     "stray_spent"};
	struct bed *b = *state;
	size_t i;

	b->clocked = false;
	b->in_front = 0;
	for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		clear_array(b, arrays[i]);
	clear_hash(b, "vips");
	clear_hash(b, "nets");
	clear_hash(b, "group_ids");
	clear_hash(b, "path_ids");
	clear_hash(b, "strays");
	clear_hash(b, "vlans");
	(void)bed_events(b, (struct ipt_event[BED_EVENTS_MAX]){}, 0);
	(void)bed_counted(b, NULL);
	return 0;
}

int bed_map_fd(struct bed *b, const char *map)
{
	return bpf_map__fd(map_find(b, map));
}

void bed_set(struct bed *b, const char *map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bed_map_fd(b, map), key, value, BPF_ANY), 0);
}

void bed_get(struct bed *b, const char *map, const void *key, void *ret)
{
	assert_int_equal(bpf_map_lookup_elem(bed_map_fd(b, map), key, ret), 0);
}

void bed_lease(struct bed *b, uint32_t group, uint64_t word)
{
	bed_set(b, "leases", &group, &word);
}

uint64_t bed_lease_word(struct bed *b, uint32_t group)
{
	uint64_t word;

	bed_get(b, "leases", &group, &word);
	return word;
}

uint32_t bed_ip(const char *address)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, address, &a), 1);
	return a.s_addr;
}

struct ipt_addr bed_addr(const char *address)
{
	struct ipt_addr a;

	if (inet_pton(AF_INET6, address, &a) == 1)
		return a;
	return ipt_addr_v4(bed_ip(address));
}

void bed_vip(struct bed *b, uint32_t ifindex, const char *address, uint32_t group,
	     const uint8_t mac[6])
{
	struct ipt_vip_key key = {.ifindex = ifindex, .addr = bed_addr(address)};
	struct ipt_vip vip = {.group = group, .prefix_len = 16};
	struct ipt_net_key net_key = ipt_net_key(ifindex, key.addr);
	uint32_t block = ipt_sieve_block(ifindex, net_key.net);
	struct ipt_sieve sieve;
	struct ipt_near near;
	struct ipt_net net;
	bool is_near;

	memcpy(vip.mac, mac, 6);
	bed_set(b, "vips", &key, &vip);
	bed_get(b, "near", &block, &near);
	is_near = !memcmp(&near.key, &net_key, sizeof(net_key));
	if (is_near)
		net = near.net;
	else if (bpf_map_lookup_elem(bed_map_fd(b, "nets"), &net_key, &net)) {
		net = (struct ipt_net){0};
		is_near = !near.key.ifindex;
	}
	memcpy(net.mac, mac, 6);
	net.group[ipt_addr_last_byte(key.addr)] = (uint8_t)(group + 1);
	near = (struct ipt_near){.key = net_key, .net = net};
	bed_get(b, "sieve", &block, &sieve);
	ipt_sieve_add(&sieve, ipt_addr_last_byte(key.addr));
	bed_set(b, "sieve", &block, &sieve);
	if (is_near)
		bed_set(b, "near", &block, &near);
	else
		bed_set(b, "nets", &net_key, &net);
}

uint64_t bed_now_ns(void)
{
	return clock_now_ns();
}

static void load_clocked(struct bed *b)
{
	b->clocked_takeover = clocked_takeover_bpf__open();
	b->clocked_fence = clocked_fence_bpf__open();
	b->clocked_announce = clocked_announce_bpf__open();
	assert_true(b->clocked_takeover && b->clocked_fence && b->clocked_announce);
	unpin(b->clocked_takeover->obj);
	unpin(b->clocked_fence->obj);
	unpin(b->clocked_announce->obj);
	share(b, b->clocked_takeover->obj);
	share(b, b->clocked_fence->obj);
	share(b, b->clocked_announce->obj);
	assert_int_equal(clocked_takeover_bpf__load(b->clocked_takeover), 0);
	assert_int_equal(clocked_fence_bpf__load(b->clocked_fence), 0);
	assert_int_equal(clocked_announce_bpf__load(b->clocked_announce), 0);
}

void bed_clock(struct bed *b, uint64_t now_ns)
{
	if (!b->clocked_takeover)
		load_clocked(b);
	b->clocked_takeover->bss->clocked_ns = now_ns;
	b->clocked_fence->bss->clocked_ns = now_ns;
	b->clocked_announce->bss->clocked_ns = now_ns;
	b->clocked = true;
}

void bed_in_front(struct bed *b, int prog_fd, int prog_array_fd)
{
	int fence = bpf_program__fd(b->fence->progs.ipt_fence);
	uint32_t zero = 0;

	b->in_front = prog_fd;
	if (prog_fd)
		assert_int_equal(bpf_map_update_elem(prog_array_fd, &zero, &fence, BPF_ANY), 0);
}

static int program_fd(const struct bed *b, enum bed_program program)
{
	switch (program) {
	case BED_TAKEOVER:
		return bpf_program__fd(b->clocked ? b->clocked_takeover->progs.ipt_takeover
						  : b->takeover->progs.ipt_takeover);
	case BED_FENCE:
		if (b->in_front)
			return b->in_front;
		return bpf_program__fd(b->clocked ? b->clocked_fence->progs.ipt_fence
						  : b->fence->progs.ipt_fence);
	case BED_ANNOUNCE:
		return bpf_program__fd(b->clocked ? b->clocked_announce->progs.ipt_announce
						  : b->announce->progs.ipt_announce);
	}
	return -1;
}

void bed_run(struct bed *b, enum bed_program program, const void *bytes, size_t len,
	     struct bed_run *ret)
{
	/* repeat = 1: a second run would see the frame as the first one left it. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = len,
		    .data_out = ret->bytes, .data_size_out = sizeof(ret->bytes), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(program_fd(b, program), &opts), 0);
	ret->verdict = (int)opts.retval;
	ret->len = opts.data_size_out;
}

uint64_t bed_counter(struct bed *b, enum ipt_counter which)
{
	uint64_t per_cpu[BED_CPUS_MAX], sum = 0;
	int ncpus = libbpf_num_possible_cpus(), cpu;
	uint32_t index = which;

	assert_within(ncpus, 1, BED_CPUS_MAX);
	bed_get(b, "stats", &index, per_cpu);
	for (cpu = 0; cpu < ncpus; cpu++)
		sum += per_cpu[cpu];
	return sum;
}

uint64_t bed_counted(struct bed *b, const char *what)
{
	uint64_t rose = 0, sum;
	int i;

	for (i = 0; i < CNT_MAX; i++) {
		sum = bed_counter(b, i);
		if (sum != b->counters[i])
			rose |= 1ull << i;
		if (what && sum > b->counters[i] + 1)
			fail_msg("%s: %s rose by more than one", what, names[i]);
		b->counters[i] = sum;
	}
	return rose;
}

static void say_counters(const char *what, const char *verb, uint64_t set)
{
	for (int i = 0; i < CNT_MAX; i++)
		if (set & 1ull << i)
			print_error("%s: counter %s %s\n", what, names[i], verb);
}

void bed_expect(struct bed *b, enum bed_program program, const char *what, const void *bytes,
		size_t len, int verdict, uint64_t counters)
{
	struct bed_run run;
	uint64_t rose;

	bed_run(b, program, bytes, len, &run);
	rose = bed_counted(b, what);
	say_counters(what, "did not rise", counters & ~rose);
	say_counters(what, "rose", rose & ~counters);
	if (run.verdict != verdict)
		fail_msg("%s: verdict %d, not %d", what, run.verdict, verdict);
	if (rose != counters)
		fail_msg("%s: wrong counters", what);
	if (run.len != len || memcmp(run.bytes, bytes, len) != 0)
		fail_msg("%s: the frame was changed", what);
}

int bed_events(struct bed *b, struct ipt_event ret[BED_EVENTS_MAX], int wait_ms)
{
	b->nevents = 0;
	if (ring_buffer__consume(b->ring) == 0 && wait_ms)
		(void)ring_buffer__poll(b->ring, wait_ms);
	memcpy(ret, b->events, sizeof(b->events));
	return b->nevents;
}
