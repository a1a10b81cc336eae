/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The egress program: nothing leaves in the name of a floating address without the lease, no heartbeat late. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

IPT_MAP(leases);
IPT_MAP(groups);
IPT_MAP(near);
IPT_MAP(nets);
IPT_MAP(sieve);
IPT_MAP(drain);
IPT_MAP(peers);
IPT_MAP(paths);
IPT_MAP(stats);
IPT_MAP(self);
IPT_MAP(sent);
IPT_MAP(vlans);

#include "count.h"
#include "ip6.h"
#include "owner.h"

#define FENCE_LATE_MIN_NS 1000000ull

/* Where the network header stands and what it is; read by copying, as an skb need not be linear. */
struct out {
	struct __sk_buff *skb;
	__u32 l3;
	__be16 proto_be16;
	__u16 pad;
	struct vlan_place in;
};

PARSE_TAG_STEP(out_tag_step, struct __sk_buff, bpf_skb_load_bytes)
IP6_EXT_STEP(out_ext_step, struct __sk_buff, bpf_skb_load_bytes)

/* A tag that the card will add is not in the data: it is the outer one, and the type that stands there is of what is in it. */
static __noinline enum parsed out_parse(struct out *o)
{
	struct tag_walk w = {.ctx = o->skb, .at = sizeof(struct ethhdr)};
	struct ethhdr eth;
	struct snap snap;

	if (o->skb->vlan_present)
		vlan_path_add(&w.vlans, (__be16)o->skb->vlan_proto, bpf_htons(o->skb->vlan_tci));
	if (bpf_skb_load_bytes(o->skb, 0, &eth, sizeof(eth)))
		return PARSED_SHORT;
	w.proto_be16 = eth.h_proto;
	bpf_loop(PARSE_MAX_TAGS, out_tag_step, &w, 0);
	if (w.short_frame)
		return PARSED_SHORT;
	if (proto_is_tag(w.proto_be16))
		return PARSED_TAGS;
	o->l3 = w.at;
	o->proto_be16 = w.proto_be16;
	o->in.ifindex = o->skb->ifindex;
	if (w.vlans.outer)
		vlan_find(&w.vlans, &o->in);
	if (proto_is_plain(w.proto_be16) || bpf_skb_load_bytes(o->skb, w.at, &snap, sizeof(snap)) ||
	    !snap_is_type(&snap))
		return PARSED;
	o->l3 += sizeof(snap);
	o->proto_be16 = snap.proto;
	return PARSED;
}

/*
 * The host that has lost an address may say who has it now: to a client that still sends here, and when it
 * relinquishes. Nothing but the owner's own MAC passes, and only while the owner is known to live.
 */
static __always_inline int fence_tells_owner(const struct out *o, const __u8 *mac,
					     const struct gate *g, __u64 now_ns)
{
	struct owner owner = {.ifindex = o->in.ifindex};

	if (o->in.in_vlan)
		return 0;
	return owner_find(&owner, g, now_ns) && mac_equal(mac, owner.mac);
}

/* Request or reply, whatever its hardware type: a receiver may take the sender's address from any of them. */
static __noinline int fence_arp(struct out *o)
{
	struct arp_eth arp;
	struct gate g;
	__u64 now_ns;

	if (bpf_skb_load_bytes(o->skb, o->l3, &arp, sizeof(arp)) || arp.hlen != 6 || arp.plen != 4)
		return counted(CNT_pass, TC_ACT_UNSPEC);
	if (!gate_find(&g, &o->in, arp.spa_be32))
		return counted(CNT_pass, TC_ACT_UNSPEC);
	now_ns = bpf_ktime_get_boot_ns();
	gate_read(&g, now_ns);
	if (g.live)
		return counted(CNT_out_arp, TC_ACT_UNSPEC);
	if (fence_tells_owner(o, arp.sha, &g, now_ns))
		return counted(CNT_out_arp_owner, TC_ACT_UNSPEC);
	return counted(CNT_out_arp_fenced, TC_ACT_SHOT);
}

/* A request that was let in just before the drain ended has until then for its answer to come out. */
static __always_inline __u64 fence_late_ns(void)
{
	__u32 zero = 0;
	struct ipt_self *me = bpf_map_lookup_elem(&self, &zero);

	return me && me->settle_ns > FENCE_LATE_MIN_NS ? me->settle_ns : FENCE_LATE_MIN_NS;
}

/* May traffic leave from the floating address that was found? */
static __always_inline int fence_open(struct gate *g, __u64 now_ns)
{
	gate_read(g, now_ns);
	return g->live || gate_draining(g, now_ns - fence_late_ns());
}

static __always_inline int fence_ip(struct gate *g, __u64 now_ns)
{
	if (fence_open(g, now_ns))
		return counted(CNT_out_ip, TC_ACT_UNSPEC);
	return counted(CNT_out_ip_fenced, TC_ACT_SHOT);
}

/* The fixed part of a heartbeat of this node's, whose UDP header stands at `l4`; 0, or -1 if the packet is something else. */
static __always_inline int out_beat(const struct out *o, __u32 l4, const struct ipt_self *me,
				    struct hb_fixed *ret)
{
	struct udphdr udp;

	if (!me->port_be16 || bpf_skb_load_bytes(o->skb, l4, &udp, sizeof(udp)))
		return -1;
	if (udp.source != me->port_be16 || udp.dest != me->port_be16)
		return -1;
	if (bpf_skb_load_bytes(o->skb, l4 + sizeof(udp), ret, sizeof(*ret)))
		return -1;
	return ret->magic == bpf_htonl(HB_MAGIC) && ret->node == me->node ? 0 : -1;
}

/*
 * Stamped here and not where it was built: what stayed in the host told nobody that we live. Who says DEAF has not begun: the
 * peer goes on without us, and a process that hears again need not be the one that said so.
 */
static __always_inline void fence_stamp(const struct hb_fixed *f, __u64 interval_ns, __u64 now_ns)
{
	__u64 session = bpf_be64_to_cpu(f->session);
	__u32 zero = 0;
	struct ipt_sent *s = bpf_map_lookup_elem(&sent, &zero);

	if (!s)
		return;
	if (f->flags & HB_F_DEAF)
		s->run_start_ns = 0;
	else if (s->session != session || now_ns - s->last_ns > 2 * interval_ns || !s->run_start_ns)
		s->run_start_ns = now_ns;
	s->session = session;
	s->seq = bpf_be64_to_cpu(f->seq);
	s->last_ns = now_ns;
}

/* A daemon that was stopped between building and sending must not speak of a past it slept through. */
static __always_inline int fence_beat(const struct hb_fixed *f, const struct ipt_self *me,
				      __u64 now_ns)
{
	__u64 session = bpf_be64_to_cpu(f->session), ts_ns = bpf_be64_to_cpu(f->ts_ns);

	if (session != me->session || look_late(ts_ns, now_ns, me->interval_ns))
		return counted(CNT_out_hb_stale, TC_ACT_SHOT);
	fence_stamp(f, me->interval_ns, now_ns);
	return counted(CNT_out_hb, TC_ACT_UNSPEC);
}

/* UDP at `l4`, from no floating address. */
static __always_inline int fence_udp(const struct out *o, __u32 l4)
{
	struct hb_fixed fixed;
	__u32 zero = 0;
	struct ipt_self *me = bpf_map_lookup_elem(&self, &zero);

	if (!me || out_beat(o, l4, me, &fixed))
		return counted(CNT_pass, TC_ACT_UNSPEC);
	return fence_beat(&fixed, me, bpf_ktime_get_boot_ns());
}

static __noinline int fence_ipv4(struct out *o)
{
	struct iphdr ip;
	struct gate g;

	if (bpf_skb_load_bytes(o->skb, o->l3, &ip, sizeof(ip)))
		return counted(CNT_pass, TC_ACT_UNSPEC);
	if (gate_find(&g, &o->in, ip.saddr))
		return fence_ip(&g, bpf_ktime_get_boot_ns());
	if (ip.protocol != IPPROTO_UDP || ip.frag_off & bpf_htons(0x1fff))
		return counted(CNT_pass, TC_ACT_UNSPEC);
	return fence_udp(o, o->l3 + ip.ihl * 4u);
}

/* An advertisement as those have it who may say it without the lease: the target's MAC address as the one option. */
struct out_advert {
	struct nd_msg msg;
	struct nd_opt opt;
} __attribute__((packed, aligned(2)));

/* An advertisement of the address, or the host's own duplicate address detection, which others take for a claim. */
static __always_inline int fence_nd(const struct out *o, const struct ip6_walk *w, struct gate *g)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();
	struct out_advert advert;

	gate_read(g, now_ns);
	if (g->live)
		return counted(CNT_out_nd, TC_ACT_UNSPEC);
	if (!bpf_skb_load_bytes(o->skb, w->at, &advert, sizeof(advert)) &&
	    advert.msg.type == ND_ADVERT && advert.opt.type == ND_OPT_TARGET &&
	    advert.opt.len8 == 1 && o->skb->len == w->at + sizeof(advert) &&
	    fence_tells_owner(o, advert.opt.mac, g, now_ns))
		return counted(CNT_out_nd_owner, TC_ACT_UNSPEC);
	return counted(CNT_out_nd_fenced, TC_ACT_SHOT);
}

/* Does neighbour discovery say something of a floating address? */
static __always_inline int fence_is_nd(struct out *o, const struct ip6_walk *w,
				       const struct ipv6hdr *ip, struct ipt_addr *target,
				       struct gate *g)
{
	struct nd_msg msg;

	if (w->next != IPPROTO_ICMPV6 || w->fragment == 2 ||
	    bpf_skb_load_bytes(o->skb, w->at, &msg, sizeof(msg)))
		return 0;
	if (msg.type != ND_ADVERT && (msg.type != ND_SOLICIT || !ip6_is_zero(&ip->saddr)))
		return 0;
	*target = ip6_addr(&msg.target);
	return gate_find_ip6(g, &o->in, target);
}

/* Any message of neighbour discovery: its receivers may learn from it which MAC address its source has. */
static __always_inline int fence_names_source(const struct out *o, const struct ip6_walk *w)
{
	__u8 type;

	return w->next == IPPROTO_ICMPV6 && w->fragment != 2 &&
	       !bpf_skb_load_bytes(o->skb, w->at, &type, sizeof(type)) && type >= ND_FIRST &&
	       type <= ND_LAST;
}

static __noinline int fence_ipv6(struct out *o)
{
	struct ip6_walk w = {.ctx = o->skb, .at = o->l3 + sizeof(struct ipv6hdr)};
	/* The source may be found below, the other address is looked for in the VLAN first all the same. */
	struct vlan_place in = o->in;
	struct ipt_addr from, target;
	int floats, closed;
	struct ipv6hdr ip;
	struct gate g;

	if (bpf_skb_load_bytes(o->skb, o->l3, &ip, sizeof(ip)))
		return counted(CNT_pass, TC_ACT_UNSPEC);
	w.next = ip.nexthdr;
	if (ip6_is_ext(w.next))
		bpf_loop(IP6_MAX_EXT, out_ext_step, &w, 0);
	if (ip6_too_many(&w))
		return counted(CNT_ext_refused, TC_ACT_SHOT);
	from = ip6_addr(&ip.saddr);
	floats = gate_find_ip6(&g, &in, &from);
	/* What drains is traffic: a question in the address's name would take the client back from the new owner. */
	closed = floats && (!fence_open(&g, bpf_ktime_get_boot_ns()) ||
			    (!g.live && fence_names_source(o, &w)));
	/* What is said of an address needs that one's lease, besides the source's; who has it now is said in its own name. */
	if (fence_is_nd(o, &w, &ip, &target, &g) && (!closed || ipt_addr_equal(&from, &target)))
		return fence_nd(o, &w, &g);
	if (closed)
		return counted(CNT_out_ip_fenced, TC_ACT_SHOT);
	if (floats)
		return counted(CNT_out_ip, TC_ACT_UNSPEC);
	return w.next == IPPROTO_UDP && w.fragment != 2 ? fence_udp(o, w.at)
							: counted(CNT_pass, TC_ACT_UNSPEC);
}

SEC("tc")
int ipt_fence(struct __sk_buff *skb)
{
	struct out o = {.skb = skb};
	enum parsed parsed = out_parse(&o);

	if (parsed == PARSED_TAGS)
		return counted(CNT_tags_refused, TC_ACT_SHOT);
	if (parsed != PARSED)
		return counted(CNT_pass, TC_ACT_UNSPEC);
	if (o.proto_be16 == bpf_htons(ETH_P_ARP))
		return fence_arp(&o);
	if (o.proto_be16 == bpf_htons(ETH_P_IP))
		return fence_ipv4(&o);
	if (o.proto_be16 == bpf_htons(ETH_P_IPV6))
		return fence_ipv6(&o);
	return counted(CNT_pass, TC_ACT_UNSPEC);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
