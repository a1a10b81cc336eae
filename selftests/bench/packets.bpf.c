/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The benchmarks' own programs: ask, reflect, pass, count, and feed a program the same frame again and again. */
#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "gate.h"
#include "packets.h"

#define WAIT_LOOKS (1 << 16) /* more than a question ever waits for its turn */
#define STAMP_EVERY 64

struct packets_asker askers[PACKETS_CPUS];
struct packets_sink sinks[PACKETS_CPUS];
__u8 question[PACKETS_LEN];
__u32 base = 0, count = 1; /* drawn addresses: base + 0 .. count - 1, host order */
__u32 draw_at = PACKETS_AT_TPA;
__u32 stamps = 0;
__u64 again_random = 88172645463325252ull;
__u32 again_next = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PACKETS_FRAMES);
	__type(key, __u32);
	__type(value, struct packets_frame);
} frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

/* Shared with our program. */
IPT_MAP(sieve);
IPT_MAP(near);
IPT_MAP(nets);
IPT_MAP(leases);

/* Marsaglia's xorshift: three shifts a number, and no two processors draw the same. */
static __always_inline __u64 draw(__u64 *state)
{
	__u64 x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

static __always_inline __be32 draw_address(__u64 *state)
{
	return bpf_htonl(base + (__u32)((draw(state) >> 32) * count >> 32));
}

static long wait_step(__u32 i, void *arg)
{
	return bpf_ktime_get_ns() >= *(__u64 *)arg;
}

/* The address that is asked for; each place by a constant, as frames are written. */
static __always_inline void draw_into(void *data, __u64 *state)
{
	__be32 addr = draw_address(state);

	if (draw_at == PACKETS_AT_TPA)
		*(__be32 *)(data + PACKETS_AT_TPA) = addr;
	else if (draw_at == PACKETS_AT_DADDR)
		*(__be32 *)(data + PACKETS_AT_DADDR) = addr;
	else if (draw_at == PACKETS_AT_DADDR6)
		*(__be32 *)(data + PACKETS_AT_DADDR6) = addr;
	else
		*(__be32 *)(data + PACKETS_AT_TARGET) = addr;
}

static __always_inline void wait_turn(struct packets_asker *a)
{
	__u64 due_ns = a->next_ns ? a->next_ns : bpf_ktime_get_ns();

	bpf_loop(WAIT_LOOKS, wait_step, &due_ns, 0);
	a->next_ns = due_ns + a->step_ns;
}

static __always_inline void stamp(struct packets_asker *a)
{
	__u64 now_ns = bpf_ktime_get_ns();

	if (!a->first_ns)
		a->first_ns = now_ns;
	a->last_ns = now_ns;
}

/* Live frames: the page still holds what was there before, so the question is written whole. */
SEC("xdp")
int bench_ask(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	__u32 cpu = bpf_get_smp_processor_id();
	struct packets_asker *a;

	if (cpu >= PACKETS_CPUS || data + PACKETS_LEN > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	a = &askers[cpu];
	if (a->step_ns)
		wait_turn(a);
	if (a->asked % STAMP_EVERY == 0)
		stamp(a);
	a->asked++;
	__builtin_memcpy(data, question, PACKETS_LEN);
	draw_into(data, &a->random);
	return XDP_TX;
}

static __always_inline int reflect(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u8 mac[6];

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	mac_copy(mac, eth->h_source);
	mac_copy(eth->h_source, eth->h_dest);
	mac_copy(eth->h_dest, mac);
	return XDP_TX;
}

/* The limit: what comes goes back to where it came from, and nothing else is looked at. */
SEC("xdp")
int bench_reflect(struct xdp_md *ctx)
{
	return reflect(ctx);
}

/* The group of the address that is asked for, plus 1; 0: it is no floating one. */
static __always_inline __u32 group_asked(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	const struct ipt_net *net;
	struct ipt_addr addr;

	if (data + PACKETS_LEN > (void *)(long)ctx->data_end)
		return 0;
	if (draw_at == PACKETS_AT_TARGET)
		__builtin_memcpy(&addr, data + PACKETS_AT_TARGET - 12, sizeof(addr));
	else
		addr = ipt_addr_v4(*(__be32 *)(data + PACKETS_AT_TPA));
	net = net_find(ctx->ingress_ifindex, &addr);
	return net ? net->group[ipt_addr_last_byte(addr)] : 0;
}

/* The limit under our lease: the reflector, for floating addresses only, and only until their group's word says so. It
 * checks no header, knows no claim, writes no answer and counts nothing. */
SEC("xdp")
int bench_leased(struct xdp_md *ctx)
{
	__u32 group = group_asked(ctx), index = group - 1;
	__u64 *word = group ? bpf_map_lookup_elem(&leases, &index) : NULL;

	if (!word || !lease_live(*(volatile __u64 *)word, bpf_ktime_get_boot_ns()))
		return XDP_DROP;
	return reflect(ctx);
}

SEC("xdp")
int bench_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* Who asks and is not answered: what the asking costs. */
SEC("xdp")
int bench_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* What an answer cannot do without: whether the lease has ended, and whether the address is a floating one. */
SEC("xdp")
int bench_clock(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_ktime_get_boot_ns() ? XDP_PASS : XDP_ABORTED;
}

SEC("xdp")
int bench_lookup(struct xdp_md *ctx)
{
	return group_asked(ctx) ? XDP_PASS : XDP_ABORTED;
}

static __always_inline void sink_stamp(struct packets_sink *s)
{
	__u64 now_ns = bpf_ktime_get_ns();

	if (!s->first_ns)
		s->first_ns = now_ns;
	s->last_ns = now_ns;
}

/* Of IPv6: advertisements to one who asked, and his own solicitation, reflected. What the host's kernel asks is neither. */
static __always_inline int sink6(struct xdp_md *ctx, struct packets_sink *s)
{
	void *data = (void *)(long)ctx->data;
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);
	struct icmp6hdr *icmp = (void *)(ip + 1);

	if ((void *)(icmp + 1) > (void *)(long)ctx->data_end || ip->nexthdr != IPPROTO_ICMPV6)
		return XDP_PASS;
	if (icmp->icmp6_type == 136 && icmp->icmp6_solicited)
		s->replies++;
	else if (icmp->icmp6_type != 135 ||
		 ip->saddr.s6_addr32[3] != *(__be32 *)(question + sizeof(struct ethhdr) + 20))
		return XDP_PASS;
	s->frames++;
	return XDP_DROP;
}

/* Counts what comes back and what is announced, and keeps it from the stack. */
SEC("xdp")
int bench_sink(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct arp_eth *arp = (void *)(eth + 1);
	__u32 cpu = bpf_get_smp_processor_id();
	struct packets_sink *s;

	if (cpu >= PACKETS_CPUS || (void *)(arp + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	s = &sinks[cpu];
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return sink6(ctx, s);
	if (eth->h_proto != bpf_htons(ETH_P_ARP))
		return XDP_PASS;
	if (stamps)
		sink_stamp(s);
	if (arp->spa_be32 == arp->tpa_be32) {
		s->announced++;
		return stamps & 2 ? XDP_PASS : XDP_DROP;
	}
	s->frames++;
	s->replies += arp->oper == bpf_htons(ARP_OP_REPLY);
	return XDP_DROP;
}

/* A program that rewrites its frame sees the same question at each repetition: written here, then handed on. */
SEC("xdp")
int bench_again(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	if (data + PACKETS_LEN > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(data, question, PACKETS_LEN);
	draw_into(data, &again_random);
	bpf_tail_call(ctx, &measured, 0);
	return XDP_ABORTED;
}

/* The same with frames prepared by user space: heartbeats, no two of which are alike. */
SEC("xdp")
int bench_replay(struct xdp_md *ctx)
{
	__u32 index = again_next++ % PACKETS_FRAMES, len;
	struct packets_frame *f = bpf_map_lookup_elem(&frames, &index);

	if (!f)
		return XDP_ABORTED;
	len = f->len;
	if (len < 1 || len > PACKETS_FRAME_MAX || bpf_xdp_store_bytes(ctx, 0, f->bytes, len))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &measured, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
