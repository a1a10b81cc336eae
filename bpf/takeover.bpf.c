/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ingress program: what each frame is, and which guard judges it. Defines all maps but the announcer's. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>
#include "maps.h"

IPT_MAP(leases);
IPT_MAP(groups);
IPT_MAP(group_ids);
IPT_MAP(vips);
IPT_MAP(near);
IPT_MAP(nets);
IPT_MAP(sieve);
IPT_MAP(drain);
IPT_MAP(peers);
IPT_MAP(paths);
IPT_MAP(path_ids);
IPT_MAP(strays);
IPT_MAP(stray_spent);
IPT_MAP(timers);
IPT_MAP(meta);
IPT_MAP(stats);
IPT_MAP(events);
IPT_MAP(self);
IPT_MAP(keys);
IPT_MAP(sent);
IPT_MAP(ifaces);
IPT_MAP(sysctls);
IPT_MAP(routes);
IPT_MAP(reports);
IPT_MAP(tally);
IPT_MAP(scratch);
IPT_MAP(vlans);

#include "beat.h"
#include "guard.h"
#include "guard_nd.h"

/* Early among the programs on the interface: what we drop, nobody after us must answer. */
struct {
	__uint(priority, 10);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(ipt_takeover);

static __noinline int takeover_ip(struct xdp_md *ctx, struct pkt *p)
{
	struct iphdr *ip = p->l3;
	struct ipt_addr to;
	struct gate g;

	if ((void *)(ip + 1) > p->end)
		return counted(CNT_pass, XDP_PASS);
	to = ipt_addr_v4(ip->daddr);
	if (!gate_find_in(&g, &p->in, &to))
		return counted(CNT_pass, XDP_PASS);
	return guard_ip(ctx, p, &to, &g, bpf_ktime_get_boot_ns());
}

static __always_inline int takeover_beat(struct xdp_md *ctx, const struct pkt *p)
{
	__u32 zero = 0;
	struct ipt_self *me = bpf_map_lookup_elem(&self, &zero);

	return me && beat_is(p, me->port_be16) && beat_receive(ctx);
}

SEC("xdp")
int ipt_takeover(struct xdp_md *ctx)
{
	enum parsed parsed;
	struct pkt p;

	parsed = pkt_parse(ctx, &p);
	if (parsed == PARSED_TAGS)
		return counted(CNT_tags_refused, XDP_DROP);
	if (parsed != PARSED)
		return counted(CNT_pass, XDP_PASS);
	if (p.proto_be16 == bpf_htons(ETH_P_ARP))
		return guard_arp(&p);
	if (takeover_beat(ctx, &p))
		return XDP_DROP;
	if (p.proto_be16 == bpf_htons(ETH_P_IP))
		return takeover_ip(ctx, &p);
	if (p.proto_be16 == bpf_htons(ETH_P_IPV6))
		return guard_ip6(ctx, &p);
	return counted(CNT_pass, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
