/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lease gate for what comes in: who answers ARP, whose traffic goes up the stack. */
#ifndef IPT_GUARD_H
#define IPT_GUARD_H

#include <linux/bpf.h>
#include "csum.h"
#include "event.h"
#include "owner.h"

#define GUARD_RIVAL_PAUSE_NS 1000000000ull
#define GUARD_STRAY_PAUSE_NS 1000000000ull
#define GUARD_STRAY_STEP_NS 10000000ull /* of all on an interface: a hundred a second... */
#define GUARD_STRAY_BURST 100 /* ...and as many at once */

/* Turns the request where it stands into its answer; padding, length and tags stay. */
static __always_inline void arp_answer(struct pkt *p, struct arp_eth *arp, const struct gate *g)
{
	const struct ipt_binding *bound = &g->group->binding[lease_slot(g->word)];
	const __u8 *mac = mac_is_zero(bound->mac) ? g->mac : bound->mac;
	__be32 address_be32 = arp->tpa_be32;

	mac_copy(p->eth->h_dest, arp->sha);
	mac_copy(p->eth->h_source, g->mac);
	arp->htype = bpf_htons(ARP_HTYPE_ETHER);
	arp->oper = bpf_htons(ARP_OP_REPLY);
	mac_copy(arp->tha, arp->sha);
	mac_copy(arp->sha, mac);
	arp->tpa_be32 = arp->spa_be32; /* 0.0.0.0 for a probe, as RFC 5227 wants it */
	arp->spa_be32 = address_be32;
}

/* Does it come from us, by the MAC address that it names as sender's or by the one that sent it? */
static __always_inline int guard_ours(const struct pkt *p, const __u8 *sender, const struct gate *g)
{
	if (gate_owns_mac(g, sender))
		return 1;
	return !mac_equal(sender, p->eth->h_source) && gate_owns_mac(g, p->eth->h_source);
}

/* Tells the daemon of one rival a second, or a loud host would fill the ring. */
static __always_inline void rival_tell(const struct gate *g, __u32 ifindex,
				       const struct ipt_addr *addr, const __u8 *mac, __u64 now_ns)
{
	__u64 last_ns = g->group->rival_ns;
	struct ipt_event *ev;

	if (last_ns && now_ns - last_ns < GUARD_RIVAL_PAUSE_NS)
		return;
	if (__sync_val_compare_and_swap(&g->group->rival_ns, last_ns, now_ns) != last_ns)
		return;
	__builtin_memcpy(g->group->rival_mac, mac, 6);
	g->group->rival_v6 = !ipt_addr_is_v4(addr);
	ev = event_begin(IPT_EV_RIVAL, now_ns);
	if (!ev)
		return;
	ev->group = g->index;
	ev->ifindex = ifindex;
	ev->addr = *addr;
	__builtin_memcpy(ev->mac, mac, 6);
	event_send(ev);
}

/* A function of its own, as it is rare and has a stack. */
static __noinline void rival_judge(const struct pkt *p, struct gate *g, const struct ipt_addr *addr,
				   const __u8 *mac, enum ipt_counter counter)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();

	gate_read(g, now_ns);
	/* A bridge port or a hub shows us our own frames: they are no rival's. */
	if (!g->group || guard_ours(p, mac, g))
		return;
	/* Members settle it by their epochs; only to an owner is it news that another has what it owns. */
	if (!g->live && owner_is_member(mac))
		return;
	count(counter);
	rival_tell(g, p->in.ifindex, addr, mac, now_ns);
}

/* The sender, by its MAC address `mac`, says that it has `addr`. Is that a floating address? */
static __always_inline void guard_rival(const struct pkt *p, const struct ipt_addr *addr,
					const __u8 *mac, enum ipt_counter counter)
{
	struct gate g;

	if (gate_find_addr(&g, p->in.ifindex, addr))
		rival_judge(p, &g, addr, mac, counter);
}

/* A request for a floating address, read through its tags. */
static __always_inline int guard_request(struct pkt *p, struct arp_eth *arp, struct gate *g)
{
	if (!gate_addressed(g, p->eth->h_dest))
		return counted(CNT_not_ours, XDP_PASS);
	if (!g->live)
		return counted(CNT_arp_fenced, XDP_DROP);
	/* It is in a network that the address is not in: what the stack there does is its business. */
	if (p->in.in_vlan)
		return counted(CNT_arp_tagged, XDP_PASS);
	if (mac_is_group(arp->sha) || mac_is_zero(arp->sha) || guard_ours(p, arp->sha, g))
		return counted(CNT_arp_refused, XDP_DROP);
	/* Gratuitous: it states, it does not ask. */
	if (arp->spa_be32 == arp->tpa_be32)
		return counted(CNT_pass, XDP_PASS);
	arp_answer(p, arp, g);
	return counted(CNT_arp_answer, XDP_TX);
}

/* Functions of their own, this and others below: what is called from one after the other shares 512 bytes of stack. */
static __noinline int guard_arp(struct pkt *p)
{
	struct arp_eth *arp = pkt_arp(p);
	struct ipt_addr sender;
	struct gate g;

	if (!arp)
		return counted(CNT_arp_malformed, XDP_PASS);
	sender = ipt_addr_v4(arp->spa_be32);
	if (!p->in.in_vlan)
		guard_rival(p, &sender, arp->sha, CNT_arp_rival);
	if (arp->oper != bpf_htons(ARP_OP_REQUEST))
		return counted(CNT_pass, XDP_PASS);
	if (!gate_find(&g, &p->in, arp->tpa_be32))
		return counted(CNT_pass, XDP_PASS);
	gate_read(&g, bpf_ktime_get_boot_ns());
	return guard_request(p, arp, &g);
}

/*
 * May the daemon be told of one more on this interface? Each MAC has its second, but MACs cost nothing to make up, and
 * the daemon runs before everything else. What it is not told of is sent on all the same.
 */
static __always_inline int stray_affordable(__u32 ifindex, __u64 now_ns)
{
	__u32 index = ifindex % IPT_MAX_IFACES;
	__u64 *spent_ns = bpf_map_lookup_elem(&stray_spent, &index), before_ns, from_ns;

	if (!spent_ns)
		return 0;
	before_ns = *(volatile __u64 *)spent_ns;
	from_ns = before_ns > now_ns ? before_ns : now_ns;
	if (from_ns - now_ns > (GUARD_STRAY_BURST - 1) * GUARD_STRAY_STEP_NS)
		return 0;
	return __sync_val_compare_and_swap(spent_ns, before_ns, from_ns + GUARD_STRAY_STEP_NS) ==
	       before_ns;
}

/* Tells the daemon of a client that has not noticed the move, once a second each: it will be told. */
static __always_inline void stray_tell(const struct owner *o, const struct gate *g,
				       const struct ipt_addr *addr, __u64 now_ns)
{
	struct ipt_stray_key key = {.group = g->index};
	struct ipt_event *ev;
	__u64 *told_ns;

	__builtin_memcpy(key.mac, o->from, 6);
	told_ns = bpf_map_lookup_elem(&strays, &key);
	if (told_ns && !peer_silent(*told_ns, now_ns, GUARD_STRAY_PAUSE_NS))
		return;
	if (!stray_affordable(o->ifindex, now_ns)) {
		count(CNT_stray_limited);
		return;
	}
	if (bpf_map_update_elem(&strays, &key, &now_ns, BPF_ANY))
		return;
	ev = event_begin_if_room(IPT_EV_STRAY, now_ns);
	if (!ev)
		return;
	ev->peer = o->peer;
	ev->group = g->index;
	ev->ifindex = o->ifindex;
	ev->addr = *addr;
	__builtin_memcpy(ev->mac, o->from, 6);
	event_send(ev);
}

/*
 * Traffic for an address that is somebody else's now goes on to them at layer 2, and nobody notices but the
 * client that is told. Never what a member has sent: it would go in circles between two that both believe
 * in a third.
 */
static __noinline int guard_stray(struct xdp_md *ctx, struct pkt *p, const struct gate *g,
				  const struct ipt_addr *addr, __u64 now_ns)
{
	struct owner o = {.ifindex = p->in.ifindex};

	__builtin_memcpy(o.from, p->eth->h_source, 6);
	if (p->in.in_vlan || mac_is_group(p->eth->h_dest) || mac_is_group(o.from) ||
	    !owner_find(&o, g, now_ns))
		return counted(CNT_ip_fenced, XDP_DROP);
	/* A member may be a client as well: what it lost, its kernel sends again, to where it is told. */
	if (!gate_owns_mac(g, o.from))
		stray_tell(&o, g, addr, now_ns);
	if (o.member)
		return counted(CNT_ip_forward_member, XDP_DROP);
	csum_complete(ctx, p);
	__builtin_memcpy(p->eth->h_dest, o.mac, 6);
	__builtin_memcpy(p->eth->h_source, g->mac, 6);
	return counted(CNT_ip_forward, XDP_TX);
}

/* A packet for the floating address that gate_find_addr() has found. */
static __always_inline int guard_ip(struct xdp_md *ctx, struct pkt *p, const struct ipt_addr *addr,
				    struct gate *g, __u64 now_ns)
{
	gate_read(g, now_ns);
	if (!gate_addressed(g, p->eth->h_dest))
		return counted(CNT_not_ours, XDP_PASS);
	if (g->live)
		return counted(CNT_ip_accept, XDP_PASS);
	if (gate_draining(g, now_ns))
		return counted(CNT_ip_drain, XDP_PASS);
	return guard_stray(ctx, p, g, addr, now_ns);
}

#endif
