/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a frame costs in the ingress program, by kind of frame: repeated runs, less those of a program that passes. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "../tools/common.h"
#include "common_beats.h"
#include "common_rig.h"
#include "core/frame.h"
#include "packets.skel.h"
#include "takeover.skel.h"

#define LO 1 /* where BPF_PROG_TEST_RUN says that a frame came from */
#define WARM 20000

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t asker_mac[6] = {2, 0, 0, 0, 0, 9};
static const uint8_t owner_mac[6] = {2, 0, 0, 0, 0, 2};

struct costs {
	struct rig rig;
	uint32_t count; /* addresses */
	uint32_t repeat;
	uint64_t first; /* kind to begin with */
	bool v6; /* addresses, and frames */
};

/* --- the frames ---------------------------------------------------------------------------------- */

static void ask(struct costs *c, uint32_t base)
{
	rig_question(&c->rig, asker_mac, rig_asker(c->count), c->count);
	c->rig.packets->bss->base = base;
}

/* An IPv4 packet of a protocol that needs no checksum, to an address drawn from `base` on. */
static void send_ip(struct costs *c, uint32_t base)
{
	uint8_t *bytes = c->rig.packets->bss->question;
	struct ethhdr *eth = (void *)bytes;
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = 64,
			   .protocol = 6,
			   .tot_len = htons(PACKETS_LEN - sizeof(*eth)),
			   .saddr = htonl(RIG_ASKER_IP)};

	ask(c, base);
	memset(bytes, 0x5a, PACKETS_LEN);
	memcpy(eth->h_dest, our_mac, 6);
	memcpy(eth->h_source, asker_mac, 6);
	eth->h_proto = htons(ETH_P_IP);
	memcpy(eth + 1, &ip, sizeof(ip));
	c->rig.packets->data->draw_at = PACKETS_AT_DADDR;
}

static void ask6(struct costs *c)
{
	rig_question6(&c->rig, asker_mac, c->count);
}

static void send_ip6(struct costs *c)
{
	uint8_t *bytes = c->rig.packets->bss->question;
	const struct ipt_addr first = rig_ip6(0);

	ask6(c);
	memcpy(bytes, our_mac, 6);
	/* As long, of TCP, to an address that is drawn. */
	bytes[14 + 6] = 6;
	memcpy(bytes + 14 + 24, &first, sizeof(first));
	c->rig.packets->data->draw_at = PACKETS_AT_DADDR6;
}

static void set_ethertype(struct costs *c, uint16_t type)
{
	struct ethhdr *eth = (void *)c->rig.packets->bss->question;

	eth->h_proto = htons(type);
}

/* --- the cases ----------------------------------------------------------------------------------- */

static void live(struct costs *c)
{
	rig_lease(&c->rig, true);
}

static void closed(struct costs *c)
{
	rig_lease(&c->rig, false);
}

static void give_answer(struct costs *c)
{
	live(c);
	ask(c, RIG_BASE);
}

/* Who asks is no neighbour of what is asked for. */
static void give_answer_far(struct costs *c)
{
	give_answer(c);
	rig_question(&c->rig, asker_mac, RIG_ASKER_IP, c->count);
}

static void give_drop(struct costs *c)
{
	closed(c);
	ask(c, RIG_BASE);
}

static void give_accept(struct costs *c)
{
	live(c);
	send_ip(c, RIG_BASE);
}

/* Addresses that nobody here has heard of, from 16 other /16: some share a block of the sieve with ours. */
static void ask_others(struct costs *c)
{
	c->rig.packets->bss->base = RIG_BASE + (1u << 20);
	c->rig.packets->data->count = 1u << 20;
}

static void give_pass_arp(struct costs *c)
{
	give_answer(c);
	ask_others(c);
}

static void give_pass_ip(struct costs *c)
{
	live(c);
	send_ip(c, RIG_BASE);
	ask_others(c);
}

static void give_pass_other(struct costs *c)
{
	live(c);
	send_ip(c, RIG_BASE);
	set_ethertype(c, ETH_P_IPV6);
}

/* Traffic that the peer owns now: its heartbeats have said so, and when. */
static void give_stray(struct costs *c)
{
	closed(c);
	beats_owner(&c->rig, RIG_GROUP, owner_mac);
	send_ip(c, RIG_BASE);
}

static void give_answer6(struct costs *c)
{
	live(c);
	ask6(c);
}

static void give_drop6(struct costs *c)
{
	closed(c);
	ask6(c);
}

static void give_accept6(struct costs *c)
{
	live(c);
	send_ip6(c);
}

static void give_pass6(struct costs *c)
{
	live(c);
	send_ip6(c);
	ask_others(c);
}

struct kind {
	const char *name;
	void (*give)(struct costs *c);
	int verdict;
	uint32_t peers, groups; /* of a heartbeat; 0: no heartbeat */
	int (*other)(const struct packets_bpf *p); /* a program instead of ours */
};

static int reflector(const struct packets_bpf *p)
{
	return bpf_program__fd(p->progs.bench_reflect);
}

static int leased(const struct packets_bpf *p)
{
	return bpf_program__fd(p->progs.bench_leased);
}

static int clock_reader(const struct packets_bpf *p)
{
	return bpf_program__fd(p->progs.bench_clock);
}

static int looker(const struct packets_bpf *p)
{
	return bpf_program__fd(p->progs.bench_lookup);
}

static const struct kind kinds[] = {
	{"answer", give_answer, XDP_TX, 0, 0, NULL},
	{"answer-far", give_answer_far, XDP_TX, 0, 0, NULL},
	{"reflector", give_answer, XDP_TX, 0, 0, reflector},
	{"leased", give_answer, XDP_TX, 0, 0, leased},
	{"clock", give_answer, XDP_PASS, 0, 0, clock_reader},
	{"lookup", give_answer, XDP_PASS, 0, 0, looker},
	{"drop", give_drop, XDP_DROP, 0, 0, NULL},
	{"accept", give_accept, XDP_PASS, 0, 0, NULL},
	{"stray", give_stray, XDP_TX, 0, 0, NULL},
	{"pass-arp", give_pass_arp, XDP_PASS, 0, 0, NULL},
	{"pass-ip", give_pass_ip, XDP_PASS, 0, 0, NULL},
	{"pass-other", give_pass_other, XDP_PASS, 0, 0, NULL},
	{"heartbeat-1", closed, XDP_DROP, 1, 1, NULL},
	{"heartbeat-48", closed, XDP_DROP, HB_MAX_NODES - 1, HB_MAX_GROUPS, NULL},
};

static const struct kind kinds6[] = {
	{"answer6", give_answer6, XDP_TX, 0, 0, NULL},
	{"drop6", give_drop6, XDP_DROP, 0, 0, NULL},
	{"accept6", give_accept6, XDP_PASS, 0, 0, NULL},
	{"pass6", give_pass6, XDP_PASS, 0, 0, NULL},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- measuring ----------------------------------------------------------------------------------- */

static void measure_with(struct costs *c, int prog_fd)
{
	uint32_t zero = 0;

	rig_set(&c->rig, "measured", &zero, &prog_fd);
}

/* Nanoseconds a run, and the verdict of the last. */
static double runs(struct costs *c, const struct kind *k, uint32_t repeat, int *verdict)
{
	uint8_t bytes[PACKETS_FRAME_MAX] = {0};
	struct packets_bpf *p = c->rig.packets;
	bool beat = k->groups != 0;
	size_t len = beat ? beats_prepare(&c->rig, k->peers, k->groups) : PACKETS_LEN;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = (__u32)len,
		    .repeat = beat ? PACKETS_FRAMES : (int)repeat);
	uint64_t start_ns;
	int err;

	start_ns = rig_cpu_ns();
	err = bpf_prog_test_run_opts(bpf_program__fd(beat ? p->progs.bench_replay
							  : p->progs.bench_again),
				     &opts);
	start_ns = rig_cpu_ns() - start_ns;
	if (err)
		die("%s: %s", k->name, strerror(errno));
	*verdict = (int)opts.retval;
	return (double)start_ns / opts.repeat;
}

static double cost_of(struct costs *c, const struct kind *k, int prog_fd, int *verdict)
{
	measure_with(c, prog_fd);
	(void)runs(c, k, WARM, verdict);
	return runs(c, k, c->repeat, verdict);
}

/* One sample: our program's runs and a passing program's, one right after the other; which is first depends on the
 * round, since a machine that becomes slower would speak against the second. */
static void sample(struct costs *c, const struct kind *k)
{
	int prog_fd = k->other ? k->other(c->rig.packets)
			       : bpf_program__fd(c->rig.takeover->progs.ipt_takeover);
	int pass_fd = bpf_program__fd(c->rig.packets->progs.bench_pass);
	double cost_ns, base_ns = 0;
	int verdict, passed;

	k->give(c);
	if (c->first % 2)
		base_ns = cost_of(c, k, pass_fd, &passed);
	cost_ns = cost_of(c, k, prog_fd, &verdict);
	if (c->first % 2 == 0)
		base_ns = cost_of(c, k, pass_fd, &passed);
	if (verdict != k->verdict || passed != XDP_PASS)
		die("%s: verdict %d, not %d", k->name, verdict, k->verdict);
	printf("%s %" PRIu32 " %.2f %.2f\n", k->name, c->count, cost_ns - base_ns, base_ns);
	(void)fflush(stdout);
}

/* With more addresses than one, who asks is a neighbour of hardly any of them. */
static bool applies(const struct costs *c, const struct kind *k)
{
	return k->give != give_answer_far || c->count == 1;
}

/* The part of each reading of the clock that no kernel can leave out: the processor's counter, read once all that comes
 * before it is done. Prints nothing on processors of which we do not know how. */
static void sample_counter(const struct costs *c)
{
#ifdef __x86_64__
	uint64_t start_ns = rig_cpu_ns();
	uint32_t i;

	for (i = 0; i < c->repeat; i++)
		__asm__ volatile("lfence\n\trdtsc" : : : "rax", "rdx", "memory");
	start_ns = rig_cpu_ns() - start_ns;
	printf("counter %" PRIu32 " %.2f 0\n", c->count, (double)start_ns / c->repeat);
	(void)fflush(stdout);
#else
	(void)c;
#endif
}

int main(int argc, char **argv)
{
	static struct costs c = {.count = 1, .repeat = 200000};
	const struct kind *all;
	const char *only = NULL;
	size_t i, n;
	int opt;

	while ((opt = getopt(argc, argv, "6n:r:k:f:")) != -1) {
		if (opt == 'n')
			c.count = (uint32_t)parse_u64(optarg, "-n");
		else if (opt == 'r')
			c.repeat = (uint32_t)parse_u64(optarg, "-r");
		else if (opt == '6')
			c.v6 = true;
		else if (opt == 'f')
			c.first = parse_u64(optarg, "-f");
		else if (opt == 'k')
			only = optarg;
		else
			die("usage: costs [-6] [-n ADDRESSES] [-r REPEAT] [-f FIRST] [-k KIND]");
	}
	all = c.v6 ? kinds6 : kinds;
	n = c.v6 ? COUNT(kinds6) : COUNT(kinds);
	rig_open(&c.rig);
	(c.v6 ? rig_addresses6 : rig_addresses)(&c.rig, LO, our_mac, c.count);
	for (i = 0; i < n; i++) {
		const struct kind *k = &all[(c.first + i) % n];

		if (only ? !strcmp(only, k->name) : applies(&c, k))
			sample(&c, k);
	}
	if (only ? !strcmp(only, "counter") : !c.v6)
		sample_counter(&c);
	rig_close(&c.rig);
	return 0;
}
