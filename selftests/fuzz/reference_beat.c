/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What should happen to a heartbeat: the checks of protocol 5.2 in their order, and what an accepted one changes. */
#include "reference_beat.h"

#include "core/frame.h"

#define NOBODY HB_MAX_NODES
#define UDP_HEADER 8

/* UDP to the heartbeat port, directly behind the IP header; what that one says, then, in `h`. */
static bool to_the_port(const struct model *m, const struct ref_frame *f, struct ref_beat *h)
{
	const uint8_t *ip = f->r->bytes + f->at;
	bool v6 = f->type == ETH_IP6;
	size_t head = v6 ? 40 : 20;

	if (!m->self.port_be16 || f->in_vlan || f->at + head + UDP_HEADER > f->r->len)
		return false;
	if (v6 ? ip[0] >> 4 != 6 || ip[6] != REF_UDP
	       : ip[0] != 0x45 || ip[9] != REF_UDP || ref_be16(ip + 6) & 0x3fff)
		return false;
	h->udp = ip + head;
	h->udp_len = ref_be16(h->udp + 4);
	h->hops = v6 ? ip[7] : ip[8];
	h->whole = v6 ? ref_be16(ip + 4) == h->udp_len : ref_be16(ip + 2) == h->udp_len + head;
	h->from = v6 ? (struct ipt_addr){0} : ipt_addr_v4(ref_ip(ip + 12));
	h->to = v6 ? (struct ipt_addr){0} : ipt_addr_v4(ref_ip(ip + 16));
	if (v6) {
		memcpy(&h->from, ip + 8, 16);
		memcpy(&h->to, ip + 24, 16);
	}
	return !memcmp(h->udp + 2, &m->self.port_be16, 2);
}

static bool for_us(const struct model *m, const struct ref_frame *f, const struct ref_beat *h)
{
	/* IPv4 in the form of RFC 4291, 2.5.5.2 is on no IPv6 link. */
	if (f->type == ETH_IP6 && ipt_addr_is_v4(&h->to))
		return false;
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		if (m->path[i].ifindex && ipt_addr_equal(&m->path[i].local, &h->to))
			return true;
	return false;
}

static struct ipt_path *path_of(struct model *m, const struct ref_beat *h)
{
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		if (m->path[i].ifindex && ipt_addr_equal(&m->path[i].addr, &h->from) &&
		    ipt_addr_equal(&m->path[i].local, &h->to))
			return &m->path[i];
	return NULL;
}

/* RFC 8200, 8.1: over IPv6 there is always one. */
static bool sum_is_right(const struct ref_beat *h)
{
	const uint8_t tail[4] = {(uint8_t)(h->udp_len >> 8), (uint8_t)h->udp_len, 0, REF_UDP};

	return ref_be16(h->udp + 6) &&
	       ref_sum(h->udp, h->udp_len, ref_sum(tail, 4, ref_sum(h->udp - 32, 32, 0))) == 0xffff;
}

static bool formed(const struct ref_frame *f, struct ref_beat *h)
{
	size_t np, ng;

	if (h->udp_len < UDP_HEADER || !h->whole || h->udp + h->udp_len > f->r->bytes + f->r->len)
		return false;
	if (f->type == ETH_IP6 && !sum_is_right(h))
		return false;
	h->b = h->udp + UDP_HEADER;
	h->len = h->udp_len - UDP_HEADER;
	if (h->len < 72 || h->len > HB_MAX_LEN || ref_be(h->b, 4) != HB_MAGIC || h->b[4] != 1)
		return false;
	np = h->b[9];
	ng = h->b[10];
	h->session = ref_be(h->b + 16, 8);
	h->seq = ref_be(h->b + 24, 8);
	return h->session && np <= 7 && ng <= 48 && h->b[5] * 8u == h->len &&
	       h->len == 56 + 24 * np + 24 * ng + 16;
}

static void find_echo(const struct model *m, struct ref_beat *h)
{
	for (unsigned int i = 0; i < h->b[9]; i++) {
		const uint8_t *entry = h->b + 56 + 24 * i;

		if (entry[20] != m->self.node)
			continue;
		h->echo_session = ref_be(entry, 8);
		h->echo_ns = ref_be(entry + 8, 8);
		return;
	}
}

static enum ipt_counter check_tag(struct model *m, const struct ref_beat *h)
{
	for (unsigned int i = 0; i < MODEL_KEYS; i++) {
		struct ipt_key *k = &m->key[i];

		if (!k->valid || k->kid != h->b[6])
			continue;
		if (!frame_beat_verify(h->b, h->len, &k->peer[h->key]))
			return CNT_hb_badtag;
		k->used_ns = h->now_ns;
		return CNT_hb_accept;
	}
	return CNT_hb_unknown_key;
}

static bool again_by_another_path(const struct ref_beat *h)
{
	return h->session == h->rec->session && h->seq == h->rec->last_seq &&
	       h->seq != h->path->seq;
}

static bool too_far(uint64_t epoch, uint64_t seen)
{
	uint64_t term = epoch >> 8;

	if (term >= 1ull << 55)
		return true;
	return seen ? term > (seen >> 8) + (1ull << 32) : term > 1ull << 48;
}

/* What no member can say: epochs that nobody has counted to, times that no configuration has. */
static bool beyond_bounds(const struct model *m, const struct ref_beat *h)
{
	uint64_t lease_us = ref_be(h->b + 40, 4), interval_us = ref_be(h->b + 44, 4),
		 hold_us = ref_be(h->b + 48, 4);

	for (unsigned int i = 0; i < h->b[10]; i++) {
		const uint8_t *entry = h->b + 56 + 24 * h->b[9] + 24 * i;
		uint32_t index = ref_be16(entry) - MODEL_WIRE_ID;
		const struct ipt_group *g = &m->group[index % MODEL_GROUPS];
		uint64_t known[] = {g->epoch_max, g->owner_epoch, g->binding[0].epoch,
				    g->binding[1].epoch},
			 seen = 0;

		for (unsigned int k = 0; k < 4; k++)
			seen = known[k] > seen ? known[k] : seen;
		if (index < MODEL_GROUPS &&
		    (too_far(ref_be(entry + 8, 8), seen) || too_far(ref_be(entry + 16, 8), seen)))
			return true;
	}
	return lease_us > 2540000000 || hold_us > 4000000000 || (hold_us && hold_us < lease_us) ||
	       interval_us < 100 || interval_us > 10000000;
}

/* From a peer's address under another number: whose? What only was sent again is nobody's. */
static unsigned int namesake(const struct model *m, const struct ref_beat *h)
{
	if (h->b[8] == m->self.node)
		return h->session == m->self.session ? NOBODY : IPT_MAX_PEERS;
	for (unsigned int i = 0; i < MODEL_PEERS; i++)
		if (m->peer[i].node == h->b[8])
			return h->session == m->peer[i].session ? NOBODY : i;
	return NOBODY;
}

static enum ipt_counter proven(struct model *m, struct ref_beat *h)
{
	if (h->echo_ns > h->now_ns)
		return CNT_hb_future;
	if (h->established ? h->seq > h->rec->last_seq
			   : h->now_ns - h->echo_ns <= m->self.fresh_ns &&
				     h->echo_ns > h->rec->session_ns) {
		ref_accept(m, h);
		return CNT_hb_accept;
	}
	if (again_by_another_path(h)) {
		ref_proved_by(h);
		return CNT_hb_copy;
	}
	if (h->established)
		return CNT_hb_replay;
	return ref_life(m, h, CNT_hb_unproven);
}

static enum ipt_counter judge(struct model *m, struct ref_beat *h)
{
	enum ipt_counter tag;

	find_echo(m, h);
	h->proven = m->self.session && h->echo_session == m->self.session;
	h->established = h->proven && h->session == h->rec->session;
	if (h->established && h->seq <= h->rec->last_seq && !again_by_another_path(h))
		return CNT_hb_replay;
	tag = check_tag(m, h);
	if (tag != CNT_hb_accept)
		return h->key == h->path->peer ? tag : CNT_hb_stranger;
	if (h->key != h->path->peer)
		return ref_life(m, h, CNT_hb_identity);
	if (h->b[6] < m->self.key_min)
		return ref_life(m, h, CNT_hb_old_key);
	if (beyond_bounds(m, h))
		return ref_life(m, h, CNT_hb_bounds);
	if (h->proven)
		return proven(m, h);
	if (h->echo_session)
		m->counter[CNT_hb_cookie]++;
	return ref_life(m, h, CNT_hb_unproven);
}

/* P6: every frame spoils a claim. P10: a higher owner closes a live gate. */
static void about_group(struct model *m, const struct ref_beat *h, const uint8_t *entry)
{
	uint32_t index = ref_be16(entry) - MODEL_WIRE_ID;
	uint64_t epoch = ref_be(entry + 8, 8), before;
	bool owner = h->proven && entry[2] == HB_OWNER, live, fenced;
	struct ipt_event ev = {.type = IPT_EV_FENCED, .group = index, .peer = h->path->peer};
	struct ipt_group *g;

	if (index >= MODEL_GROUPS)
		return;
	g = &m->group[index];
	if (h->proven && (owner || entry[2] == HB_CAND || entry[2] == HB_RELEASE) &&
	    epoch > g->epoch_max)
		g->epoch_max = epoch;
	if (h->proven && !owner && entry[2] != HB_INIT && entry[2] != HB_RELEASE &&
	    (g->owner_epoch & 0xff) == h->b[8])
		g->owner_ns = 0;
	if (owner && epoch >= g->owner_epoch) {
		g->owner_epoch = epoch;
		g->owner_ns = h->now_ns;
	}
	before = m->word[index];
	live = ref_live(m, index, h->now_ns);
	if (h->fences && (entry[2] == HB_CAND || entry[2] == HB_OWNER))
		fenced = (before & ~1ull) != LEASE_MANUAL;
	else
		fenced = owner && epoch > g->binding[before & 1].epoch;
	if (live && !fenced)
		return;
	m->word[index] = lease_generation(++g->generation);
	if (!live)
		return;
	m->counter[CNT_hb_fence]++;
	memcpy(ev.mac, h->eth + 6, 6);
	ref_event(m, ev);
}

static void follow(struct model *m, const struct ref_beat *h, enum ipt_event_type type, bool told)
{
	struct ipt_event ev = {.type = type,
			       .peer = h->path->peer,
			       .ifindex = MODEL_IFINDEX,
			       .addr = h->path->addr};

	for (unsigned int i = 0; h->life && i < h->b[10]; i++)
		about_group(m, h, h->b + 56 + 24 * h->b[9] + 24 * i);
	memcpy(ev.mac, h->eth + 6, 6);
	if (told)
		ref_event(m, ev);
	if (!h->tell)
		return;
	ev.type = h->tell;
	ev.node = h->b[8];
	ref_event(m, ev);
}

bool reference_beat(struct model *m, const struct ref_frame *f)
{
	struct ref_beat h = {.eth = f->r->bytes, .now_ns = f->now_ns};
	enum ipt_counter verdict;

	if (!to_the_port(m, f, &h) || !for_us(m, f, &h))
		return false;
	h.path = path_of(m, &h);
	/* RFC 5082: each router takes one off. */
	if (255 - h.hops >= (h.path && h.path->hops ? h.path->hops : 1))
		return ref_say(m, CNT_hb_ttl, true);
	if (!formed(f, &h))
		return ref_say(m, CNT_hb_short, true);
	if (!h.path)
		return ref_say(m, CNT_hb_stranger, true);
	h.rec = &m->peer[h.path->peer];
	h.key = h.b[8] == h.rec->node ? h.path->peer : namesake(m, &h);
	if (!h.b[8] || !h.rec->node || h.key == NOBODY)
		return ref_say(m, CNT_hb_stranger, true);
	verdict = judge(m, &h);
	if (verdict == CNT_hb_accept)
		follow(m, &h, IPT_EV_BEAT, true);
	else if (h.taken)
		follow(m, &h, IPT_EV_HELLO, verdict != CNT_hb_limited);
	return ref_say(m, verdict, true);
}
