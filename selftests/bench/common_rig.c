/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rig of the packet benchmarks: the product's programs without pins, a group, addresses, a lease; who asks. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "../tools/common.h"
#include "announce.skel.h"
#include "common_rig.h"
#include "core/frame.h"
#include "core/frame_nd.h"
#include "packets.skel.h"
#include "takeover.skel.h"

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t rig_now_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t rig_cpu_ns(void)
{
	return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

void rig_sleep_ns(uint64_t ns)
{
	struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

/* Pins by name would reach for those of an instance in use. */
static void unpin(struct bpf_object *obj)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
	{
		if (bpf_map__set_pin_path(m, NULL))
			die("map %s: cannot be left unpinned", bpf_map__name(m));
	}
}

static void share(const struct rig *r, struct bpf_object *obj)
{
	struct bpf_map *m, *first;

	bpf_object__for_each_map(m, obj)
	{
		first = bpf_object__find_map_by_name(r->takeover->obj, bpf_map__name(m));
		if (first && bpf_map__reuse_fd(m, bpf_map__fd(first)))
			die("map %s: cannot be shared", bpf_map__name(m));
	}
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

void rig_open(struct rig *r)
{
	void *map;

	(void)libbpf_set_print(quiet);
	r->takeover = takeover_bpf__open();
	r->announce = announce_bpf__open();
	r->packets = packets_bpf__open();
	if (!r->takeover || !r->announce || !r->packets)
		die("BPF objects: %s", strerror(errno));
	unpin(r->takeover->obj);
	unpin(r->announce->obj);
	unpin(r->packets->obj);
	if (takeover_bpf__load(r->takeover))
		die("takeover: %s", strerror(errno));
	share(r, r->packets->obj);
	if (packets_bpf__load(r->packets))
		die("packets: %s", strerror(errno));
	share(r, r->announce->obj);
	if (announce_bpf__load(r->announce))
		die("announce: %s", strerror(errno));
	map = mmap(NULL, IPT_MAX_GROUPS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
		   rig_map(r, "leases"), 0);
	if (map == MAP_FAILED)
		die("map leases: %s", strerror(errno));
	r->leases = map;
}

void rig_close(struct rig *r)
{
	(void)munmap((void *)r->leases, IPT_MAX_GROUPS * sizeof(uint64_t));
	announce_bpf__destroy(r->announce);
	takeover_bpf__destroy(r->takeover);
	packets_bpf__destroy(r->packets);
}

int rig_map(const struct rig *r, const char *name)
{
	struct bpf_map *m = bpf_object__find_map_by_name(r->takeover->obj, name);

	if (!m)
		m = bpf_object__find_map_by_name(r->announce->obj, name);
	if (!m)
		m = bpf_object__find_map_by_name(r->packets->obj, name);
	if (!m)
		die("no map %s", name);
	return bpf_map__fd(m);
}

void rig_set(const struct rig *r, const char *map, const void *key, const void *value)
{
	if (bpf_map_update_elem(rig_map(r, map), key, value, BPF_ANY))
		die("map %s: %s", map, strerror(errno));
}

static void set_net(const struct rig *r, const struct ipt_net_key *key, const struct ipt_net *net)
{
	uint32_t i, block = ipt_sieve_block(key->ifindex, key->net);
	struct ipt_sieve sieve;
	struct ipt_near near;

	if (bpf_map_lookup_elem(rig_map(r, "sieve"), &block, &sieve))
		die("map sieve: %s", strerror(errno));
	for (i = 0; i < IPT_NET_SIZE; i++)
		if (net->group[i])
			ipt_sieve_add(&sieve, i);
	rig_set(r, "sieve", &block, &sieve);
	if (bpf_map_lookup_elem(rig_map(r, "near"), &block, &near))
		die("map near: %s", strerror(errno));
	/* As the product has it: who comes first is near. */
	if (near.key.ifindex && memcmp(&near.key, key, sizeof(*key)) != 0) {
		rig_set(r, "nets", key, net);
		return;
	}
	near = (struct ipt_near){.key = *key, .net = *net};
	rig_set(r, "near", &block, &near);
}

static struct ipt_addr ip4(uint32_t i)
{
	return ipt_addr_v4(htonl(RIG_BASE + i));
}

struct ipt_addr rig_ip6(uint32_t i)
{
	return (struct ipt_addr){.word_be32 = {htonl(0x20010db8), 0, 0, htonl(RIG_BASE + i)}};
}

static void add(const struct rig *r, uint32_t ifindex, const uint8_t mac[6], uint32_t count,
		struct ipt_addr (*ip)(uint32_t i))
{
	struct ipt_net_key key, last = {0};
	struct ipt_net net = {0};
	uint32_t i;

	memcpy(net.mac, mac, 6);
	for (i = 0; i < count; i++) {
		key = ipt_net_key(ifindex, ip(i));
		if (i && memcmp(&key, &last, sizeof(key)) != 0) {
			set_net(r, &last, &net);
			memset(net.group, 0, sizeof(net.group));
		}
		net.group[ipt_addr_last_byte(ip(i))] = RIG_GROUP + 1;
		last = key;
	}
	set_net(r, &last, &net);
}

void rig_addresses(const struct rig *r, uint32_t ifindex, const uint8_t mac[6], uint32_t count)
{
	add(r, ifindex, mac, count, ip4);
}

void rig_addresses6(const struct rig *r, uint32_t ifindex, const uint8_t mac[6], uint32_t count)
{
	add(r, ifindex, mac, count, rig_ip6);
}

void rig_lease(const struct rig *r, bool live)
{
	struct ipt_group g = {.name = "bench", .wire_id = 1, .binding[0].epoch = RIG_EPOCH};
	uint32_t index = RIG_GROUP;

	rig_set(r, "groups", &index, &g);
	r->leases[RIG_GROUP] = live ? lease_word(LEASE_MANUAL, 0) : lease_generation(1);
}

void rig_enter(const char *netns)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s: %s", path, strerror(errno));
	(void)close(fd);
}

uint32_t rig_device(const char *name, uint8_t mac[6])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t ifindex = if_nametoindex(name);
	struct ifreq req = {0};

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (fd < 0 || !ifindex || ioctl(fd, SIOCGIFHWADDR, &req) < 0)
		die("interface \"%s\": %s", name, strerror(errno));
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	(void)close(fd);
	return ifindex;
}

void rig_attach(uint32_t ifindex, int prog_fd)
{
	int err = bpf_xdp_attach((int)ifindex, prog_fd, XDP_FLAGS_DRV_MODE, NULL);

	if (err)
		die("XDP on interface #%u: %s", ifindex, strerror(-err));
}

uint32_t rig_asker(uint32_t count)
{
	return RIG_BASE + count <= RIG_NEAR_IP ? RIG_NEAR_IP : RIG_ASKER_IP;
}

void rig_question(const struct rig *r, const uint8_t from[6], uint32_t asker_ip, uint32_t count)
{
	struct arp_packet arp = {.oper = 1, .spa_be32 = htonl(asker_ip)};
	int cpu;

	memset(arp.eth_dst, 0xff, 6);
	memcpy(arp.eth_src, from, 6);
	memcpy(arp.sha, from, 6);
	frame_arp_write(r->packets->bss->question, &arp);
	r->packets->bss->base = RIG_BASE;
	r->packets->data->count = count;
	r->packets->data->draw_at = PACKETS_AT_TPA;
	for (cpu = 0; cpu < PACKETS_CPUS; cpu++)
		r->packets->bss->askers[cpu] =
			(struct packets_asker){.random = 88172645463325252ull * (2 * cpu + 1)};
}

void rig_question6(const struct rig *r, const uint8_t from[6], uint32_t count)
{
	struct ipt_addr first = rig_ip6(0), asker = rig_ip6(0x10000000);
	const struct nd_packet nd = frame_nd_question(from, &asker, &first);

	rig_question(r, from, RIG_ASKER_IP, count);
	(void)frame_nd_write(r->packets->bss->question, &nd);
	r->packets->data->draw_at = PACKETS_AT_TARGET;
}

int rig_live(int prog_fd, uint32_t ifindex, uint32_t frames, uint32_t batch)
{
	unsigned char blank[PACKETS_LEN] = {0};
	struct xdp_md ctx = {.data_end = sizeof(blank), .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = blank, .data_size_in = sizeof(blank),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = batch);

	return bpf_prog_test_run_opts(prog_fd, &opts);
}

void rig_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("processor %d: %s", cpu, strerror(errno));
}

struct packets_sink rig_sunk(const struct rig *r)
{
	struct packets_sink sum = {0};
	int cpu;

	for (cpu = 0; cpu < PACKETS_CPUS; cpu++) {
		const struct packets_sink s = r->packets->bss->sinks[cpu];

		sum.frames += s.frames;
		sum.replies += s.replies;
		sum.announced += s.announced;
		if (s.first_ns && (!sum.first_ns || s.first_ns < sum.first_ns))
			sum.first_ns = s.first_ns;
		if (s.last_ns > sum.last_ns)
			sum.last_ns = s.last_ns;
	}
	return sum;
}

void rig_sink_clear(const struct rig *r)
{
	memset(r->packets->bss->sinks, 0, sizeof(r->packets->bss->sinks));
}
