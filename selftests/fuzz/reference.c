/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What should happen to a frame, written from ip-takeover-protocol(7) and not from the programs. */
#include "reference.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECOND_NS 1000000000ull
#define LATE_MIN_NS 1000000ull

bool ref_is_zero(const uint8_t *mac)
{
	static const uint8_t zero[6];

	return !memcmp(mac, zero, 6);
}

bool ref_same(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, 6);
}

bool ref_live(const struct model *m, uint32_t group, uint64_t now_ns)
{
	return group < MODEL_GROUPS && now_ns < (m->word[group] & ~1ull);
}

const struct ipt_vip *ref_vip(const struct ipt_addr *addr)
{
	for (unsigned int i = 0; i < MODEL_VIPS; i++)
		if (!memcmp(&model_vips[i].addr, addr, sizeof(*addr)))
			return &model_vips[i].vip;
	return NULL;
}

static const struct ipt_vip *vip_of(uint32_t ip_be32)
{
	struct ipt_addr addr = ipt_addr_v4(ip_be32);

	return ref_vip(&addr);
}

/* A MAC that this host answers with for the address. */
bool ref_ours(const struct model *m, const struct ipt_vip *vip, const uint8_t *mac)
{
	if (ref_same(mac, vip->mac))
		return true;
	if (vip->group >= MODEL_GROUPS || ref_is_zero(mac))
		return false;
	return ref_same(mac, m->group[vip->group].binding[0].mac) ||
	       ref_same(mac, m->group[vip->group].binding[1].mac);
}

static bool member(const struct model *m, const uint8_t *mac)
{
	if (ref_is_zero(mac))
		return false;
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		if (m->path[i].ifindex && ref_same(mac, m->path[i].mac))
			return true;
	return false;
}

/* Tags of VLAN 0 say a priority and name no network. RFC 1042 puts the type behind a length. */
static enum ref_seen look_through(struct ref_frame *f)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0};
	const uint8_t *b = f->r->bytes;
	unsigned int tags = 0;

	f->at = 14;
	f->in_vlan = false;
	if (f->r->len < f->at)
		return REF_CUT_OFF;
	f->type = ref_be16(b + 12);
	for (; f->type == 0x8100 || f->type == 0x88a8; tags++) {
		if (tags == 64)
			return REF_TOO_MANY_TAGS;
		if (f->at + 4 > f->r->len)
			return REF_CUT_OFF;
		if (ref_be16(b + f->at) % 4096 != 0)
			f->in_vlan = true;
		f->type = ref_be16(b + f->at + 2);
		f->at += 4;
	}
	if (f->type <= 1500 && f->at + 8 <= f->r->len && !memcmp(b + f->at, snap, sizeof(snap))) {
		f->type = ref_be16(b + f->at + 6);
		f->at += 8;
	}
	return REF_WHOLE;
}

/* The path to the peer that owns the group now; NULL: none that is known to live. */
const struct ipt_path *ref_owner(const struct model *m, const struct ipt_vip *vip, uint64_t now_ns)
{
	const struct ipt_path *found = NULL;
	uint64_t silent_ns, hold_us;
	const struct ipt_group *g;

	if (vip->group >= MODEL_GROUPS)
		return NULL;
	g = &m->group[vip->group];
	if (g->owner_epoch <= g->binding[0].epoch || g->owner_epoch <= g->binding[1].epoch)
		return NULL;
	for (unsigned int i = 0; i < MODEL_PATHS; i++) {
		const struct ipt_path *p = &m->path[i];

		if (p->ifindex && p->node == (uint8_t)g->owner_epoch &&
		    p->ifindex == MODEL_IFINDEX && !ref_is_zero(p->mac) &&
		    (!found || p->proven_ns >= found->proven_ns))
			found = p;
	}
	if (!found || found->node == m->self.node || ref_ours(m, vip, found->mac))
		return NULL;
	hold_us = judge_hold_us(m->self.lease_ns, m->self.rho_ppm, m->self.settle_ns);
	if (hold_us < m->peer[found->peer].hold_us_max)
		hold_us = m->peer[found->peer].hold_us_max;
	silent_ns = judge_g_of_hold_ns(hold_us, m->self.rho_ppm);
	if (g->owner_ns < now_ns && now_ns - g->owner_ns >= silent_ns)
		return NULL;
	return found;
}

void ref_claim(struct model *m, const struct ref_frame *f, const struct ipt_addr *addr,
	       const uint8_t *mac, enum ipt_counter counter)
{
	const struct ipt_vip *vip = ref_vip(addr);
	struct ipt_event ev = {.type = IPT_EV_RIVAL, .ifindex = MODEL_IFINDEX, .addr = *addr};
	struct ipt_group *g;

	if (!vip || vip->group >= MODEL_GROUPS || ref_ours(m, vip, mac) ||
	    ref_ours(m, vip, f->r->bytes + 6))
		return;
	if (!ref_live(m, vip->group, f->now_ns) && member(m, mac))
		return;
	g = &m->group[vip->group];
	m->counter[counter]++;
	if (g->rival_ns && f->now_ns - g->rival_ns < SECOND_NS)
		return;
	g->rival_ns = f->now_ns;
	memcpy(g->rival_mac, mac, 6);
	g->rival_v6 = counter == CNT_nd_rival;
	memcpy(ev.mac, mac, 6);
	ev.group = vip->group;
	ref_event(m, ev);
}

static void answer(struct model *m, struct ref_frame *f, const struct ipt_vip *vip)
{
	const struct ipt_binding *bound = &m->group[vip->group].binding[m->word[vip->group] & 1];
	uint8_t *b = f->r->bytes, *arp = b + f->at, asker[10], asked[4];

	memcpy(asker, arp + 8, 10);
	memcpy(asked, arp + 24, 4);
	memcpy(b, asker, 6);
	memcpy(b + 6, vip->mac, 6);
	arp[1] = 1;
	arp[7] = 2;
	memcpy(arp + 8, ref_is_zero(bound->mac) ? vip->mac : bound->mac, 6);
	memcpy(arp + 14, asked, 4);
	memcpy(arp + 18, asker, 10);
}

static bool arp_formed(const uint8_t *arp)
{
	return (ref_be16(arp) == 1 || ref_be16(arp) == 6) && ref_be16(arp + 2) == ETH_IP &&
	       arp[4] == 6 && arp[5] == 4;
}

static int arp_in(struct model *m, struct ref_frame *f)
{
	uint8_t *eth = f->r->bytes, *arp = eth + f->at;
	const struct ipt_vip *vip;
	struct ipt_addr sender;

	if (f->at + 28 > f->r->len || !arp_formed(arp))
		return ref_say(m, CNT_arp_malformed, XDP_PASS);
	sender = ipt_addr_v4(ref_ip(arp + 14));
	if (!f->in_vlan)
		ref_claim(m, f, &sender, arp + 8, CNT_arp_rival);
	vip = vip_of(ref_ip(arp + 24));
	if (ref_be16(arp + 6) != 1 || !vip)
		return ref_say(m, CNT_pass, XDP_PASS);
	if (!(eth[0] & 1) && !ref_ours(m, vip, eth))
		return ref_say(m, CNT_not_ours, XDP_PASS);
	if (!ref_live(m, vip->group, f->now_ns))
		return ref_say(m, CNT_arp_fenced, XDP_DROP);
	if (f->in_vlan)
		return ref_say(m, CNT_arp_tagged, XDP_PASS);
	if (arp[8] & 1 || ref_is_zero(arp + 8) || ref_ours(m, vip, arp + 8) ||
	    ref_ours(m, vip, eth + 6))
		return ref_say(m, CNT_arp_refused, XDP_DROP);
	if (!memcmp(arp + 14, arp + 24, 4))
		return ref_say(m, CNT_pass, XDP_PASS);
	answer(m, f, vip);
	return ref_say(m, CNT_arp_answer, XDP_TX);
}

static void tell_stray(struct model *m, const struct ref_frame *f, const struct ipt_addr *to,
		       uint32_t group, uint32_t peer)
{
	struct ipt_event ev = {.type = IPT_EV_STRAY,
			       .peer = peer,
			       .group = group,
			       .ifindex = MODEL_IFINDEX,
			       .addr = *to};
	bool known =
		m->stray_ns && m->stray.group == group && ref_same(m->stray.mac, f->r->bytes + 6);

	if (known && !(m->stray_ns < f->now_ns && f->now_ns - m->stray_ns >= SECOND_NS))
		return;
	m->stray = (struct ipt_stray_key){.group = group};
	memcpy(m->stray.mac, f->r->bytes + 6, 6);
	m->stray_ns = f->now_ns;
	memcpy(ev.mac, f->r->bytes + 6, 6);
	ref_event(m, ev);
}

static int stray(struct model *m, struct ref_frame *f, const struct ipt_addr *addr,
		 const struct ipt_vip *vip)
{
	uint8_t *eth = f->r->bytes;
	const struct ipt_path *to;

	if (f->in_vlan || eth[0] & 1 || eth[6] & 1)
		return ref_say(m, CNT_ip_fenced, XDP_DROP);
	to = ref_owner(m, vip, f->now_ns);
	if (!to)
		return ref_say(m, CNT_ip_fenced, XDP_DROP);
	if (!ref_ours(m, vip, eth + 6))
		tell_stray(m, f, addr, vip->group, to->peer);
	if (member(m, eth + 6) || ref_ours(m, vip, eth + 6))
		return ref_say(m, CNT_ip_forward_member, XDP_DROP);
	if (m->iface.ifindex == MODEL_IFINDEX && m->iface.flags & IPT_IF_NATIVE)
		ref_complete_sum(f);
	memcpy(eth, to->mac, 6);
	memcpy(eth + 6, vip->mac, 6);
	return ref_say(m, CNT_ip_forward, XDP_TX);
}

int ref_traffic(struct model *m, struct ref_frame *f, const struct ipt_addr *to)
{
	const struct ipt_vip *vip = ref_vip(to);
	uint8_t *eth = f->r->bytes;

	if (!vip)
		return ref_say(m, CNT_pass, XDP_PASS);
	if (!(eth[0] & 1) && !ref_ours(m, vip, eth))
		return ref_say(m, CNT_not_ours, XDP_PASS);
	if (ref_live(m, vip->group, f->now_ns))
		return ref_say(m, CNT_ip_accept, XDP_PASS);
	if (vip->group < MODEL_GROUPS && f->now_ns < m->drain_ns[vip->group])
		return ref_say(m, CNT_ip_drain, XDP_PASS);
	return stray(m, f, to, vip);
}

static int ip_in(struct model *m, struct ref_frame *f)
{
	struct ipt_addr to;

	if (f->at + 20 > f->r->len)
		return ref_say(m, CNT_pass, XDP_PASS);
	if (reference_beat(m, f))
		return XDP_DROP;
	to = ipt_addr_v4(ref_ip(f->r->bytes + f->at + 16));
	return ref_traffic(m, f, &to);
}

void reference_ingress(struct model *m, uint64_t now_ns, struct model_run *r)
{
	struct ref_frame f = {.r = r, .now_ns = now_ns};
	enum ref_seen seen = look_through(&f);

	if (seen == REF_TOO_MANY_TAGS)
		r->verdict = ref_say(m, CNT_tags_refused, XDP_DROP);
	else if (seen == REF_WHOLE && f.type == ETH_IP6)
		r->verdict = reference_ip6_in(m, &f);
	else if (seen == REF_CUT_OFF || (f.type != ETH_ARP && f.type != ETH_IP))
		r->verdict = ref_say(m, CNT_pass, XDP_PASS);
	else
		r->verdict = f.type == ETH_ARP ? arp_in(m, &f) : ip_in(m, &f);
}

static int arp_out(struct model *m, const struct ref_frame *f)
{
	const uint8_t *arp = f->r->bytes + f->at;
	const struct ipt_path *owner;
	const struct ipt_vip *vip;

	if (f->at + 28 > f->r->len || arp[4] != 6 || arp[5] != 4)
		return ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	vip = vip_of(ref_ip(arp + 14));
	if (!vip)
		return ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	if (ref_live(m, vip->group, f->now_ns))
		return ref_say(m, CNT_out_arp, TC_ACT_UNSPEC);
	owner = f->in_vlan ? NULL : ref_owner(m, vip, f->now_ns);
	if (owner && ref_same(owner->mac, arp + 8))
		return ref_say(m, CNT_out_arp_owner, TC_ACT_UNSPEC);
	return ref_say(m, CNT_out_arp_fenced, TC_ACT_SHOT);
}

/* Is it a heartbeat of ours? */
static bool own_beat(const struct model *m, const struct ref_frame *f, size_t udp)
{
	const uint8_t *b = f->r->bytes;

	return m->self.port_be16 && udp + 8 + sizeof(struct hb_fixed) <= f->r->len &&
	       !memcmp(b + udp, &m->self.port_be16, 2) && !memcmp(b + udp, b + udp + 2, 2) &&
	       ref_be(b + udp + 8, 4) == HB_MAGIC && b[udp + 16] == m->self.node;
}

static int beat_out(struct model *m, const struct ref_frame *f, const uint8_t *beat)
{
	uint64_t session = ref_be(beat + 16, 8), ts_ns = ref_be(beat + 32, 8);

	if (session != m->self.session ||
	    (ts_ns < f->now_ns && f->now_ns - ts_ns > m->self.interval_ns))
		return ref_say(m, CNT_out_hb_stale, TC_ACT_SHOT);
	if (beat[11] & HB_F_DEAF)
		m->sent.run_start_ns = 0;
	else if (m->sent.session != session || !m->sent.run_start_ns ||
		 f->now_ns - m->sent.last_ns > 2 * m->self.interval_ns)
		m->sent.run_start_ns = f->now_ns;
	m->sent.session = session;
	m->sent.seq = ref_be(beat + 24, 8);
	m->sent.last_ns = f->now_ns;
	return ref_say(m, CNT_out_hb, TC_ACT_UNSPEC);
}

int ref_udp_out(struct model *m, const struct ref_frame *f, size_t udp)
{
	return own_beat(m, f, udp) ? beat_out(m, f, f->r->bytes + udp + 8)
				   : ref_say(m, CNT_pass, TC_ACT_UNSPEC);
}

bool ref_may_leave(const struct model *m, const struct ipt_vip *vip, uint64_t now_ns)
{
	uint64_t late_ns = m->self.settle_ns > LATE_MIN_NS ? m->self.settle_ns : LATE_MIN_NS;

	return ref_live(m, vip->group, now_ns) ||
	       (vip->group < MODEL_GROUPS && now_ns - late_ns < m->drain_ns[vip->group]);
}

static int ip_out(struct model *m, const struct ref_frame *f)
{
	const uint8_t *ip = f->r->bytes + f->at;
	const struct ipt_vip *vip;

	if (f->at + 20 > f->r->len)
		return ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	vip = vip_of(ref_ip(ip + 12));
	if (vip && ref_may_leave(m, vip, f->now_ns))
		return ref_say(m, CNT_out_ip, TC_ACT_UNSPEC);
	if (vip)
		return ref_say(m, CNT_out_ip_fenced, TC_ACT_SHOT);
	if (ip[9] != REF_UDP || ref_be16(ip + 6) & 0x1fff)
		return ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	return ref_udp_out(m, f, f->at + (ip[0] & 15) * 4u);
}

void reference_egress(struct model *m, uint64_t now_ns, struct model_run *r)
{
	struct ref_frame f = {.r = r, .now_ns = now_ns};
	enum ref_seen seen = look_through(&f);

	if (seen == REF_TOO_MANY_TAGS)
		r->verdict = ref_say(m, CNT_tags_refused, TC_ACT_SHOT);
	else if (seen == REF_WHOLE && f.type == ETH_IP6)
		r->verdict = reference_ip6_out(m, &f);
	else if (seen == REF_CUT_OFF || (f.type != ETH_ARP && f.type != ETH_IP))
		r->verdict = ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	else
		r->verdict = f.type == ETH_ARP ? arp_out(m, &f) : ip_out(m, &f);
}
