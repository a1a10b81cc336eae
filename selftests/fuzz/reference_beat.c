/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What should happen to a heartbeat: the checks of protocol 2.4.2 in their order, and what an accepted one changes. */
#include "reference.h"

#include "frame.h"

#define PAYLOAD 28 /* behind the headers of IP and UDP */
#define BURST 10

struct ref_beat {
	const uint8_t *b, *eth;
	size_t len;
	struct ipt_path *path;
	struct ipt_peer *rec;
	uint64_t now_ns, session, seq, echo_session, echo_ns;
	bool proven, established, claims, life, fences;
};

static bool to_the_port(const struct model *m, const struct ref_frame *f)
{
	const uint8_t *ip = f->r->bytes + f->at;

	if (!m->self.port_be16 || f->tags || f->at + PAYLOAD > f->r->len)
		return false;
	return ip[0] == 0x45 && ip[9] == 17 && !(ref_be16(ip + 6) & 0x3fff) &&
	       !memcmp(ip + 22, &m->self.port_be16, 2);
}

static bool for_us(const struct model *m, uint32_t to_be32)
{
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		if (m->path[i].addr_be32 && m->path[i].local_be32 == to_be32)
			return true;
	return false;
}

static struct ipt_path *path_of(struct model *m, uint32_t from_be32, uint32_t to_be32)
{
	for (unsigned int i = 0; i < MODEL_PATHS; i++)
		if (from_be32 && m->path[i].addr_be32 == from_be32 &&
		    m->path[i].local_be32 == to_be32)
			return &m->path[i];
	return NULL;
}

static bool formed(const struct ref_frame *f, struct ref_beat *h)
{
	const uint8_t *ip = f->r->bytes + f->at;
	size_t total = ref_be16(ip + 2), udp = ref_be16(ip + 24), np, ng;

	if (udp < 8 || total != udp + 20 || f->at + total > f->r->len)
		return false;
	h->b = ip + PAYLOAD;
	h->len = udp - 8;
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
		if (!frame_beat_verify(h->b, h->len, &k->peer[h->path->peer]))
			return CNT_hb_badtag;
		k->used_ns = h->now_ns;
		return CNT_hb_accept;
	}
	return CNT_hb_unknown_key;
}

static void keep(struct ipt_frame *to, const struct ref_beat *h)
{
	to->rx_ns = h->now_ns;
	to->len = (uint32_t)h->len;
	memcpy(to->mac, h->eth + 6, 6);
	memcpy(to->bytes, h->b, h->len);
}

static void heard(struct ref_beat *h)
{
	if (h->now_ns > h->rec->last_ns)
		h->rec->last_ns = h->now_ns;
}

static void came_by(struct ref_beat *h)
{
	h->path->last_ns = h->now_ns;
	h->path->frames++;
}

static void proved_by(struct ref_beat *h)
{
	came_by(h);
	h->path->proven_ns = h->now_ns;
	h->path->seq = h->seq;
	memcpy(h->path->mac, h->eth + 6, 6);
}

static void lived_by(struct ref_beat *h)
{
	came_by(h);
	h->path->life_session = h->session;
	h->path->life_seq = h->seq;
}

/* Where a session is remembered; NULL: nowhere. */
static struct ipt_seen *seen_of(struct ipt_peer *rec, uint64_t session)
{
	for (unsigned int i = 0; i < IPT_SEEN; i++)
		if (rec->seen[i].session == session)
			return &rec->seen[i];
	return NULL;
}

static struct ipt_seen *oldest_of(struct ipt_peer *rec)
{
	struct ipt_seen *oldest = rec->seen;

	for (unsigned int i = 1; i < IPT_SEEN; i++)
		if (rec->seen[i].since_ns < oldest->since_ns)
			oldest = &rec->seen[i];
	return oldest;
}

/* I2: a longer lease that was announced may still run; an unproven frame shortens nothing. */
static void held(const struct model *m, struct ref_beat *h, bool proven)
{
	struct ipt_peer *rec = h->rec;
	uint32_t lease_us = (uint32_t)ref_be(h->b + 40, 4),
		 hold_us = (uint32_t)ref_be(h->b + 48, 4);
	uint64_t g_ns = judge_g_of_hold_ns(rec->hold_us_max, m->self.rho_ppm);

	if (!hold_us)
		hold_us = (uint32_t)judge_hold_us(lease_us * 1000ull, m->self.rho_ppm,
						  m->self.settle_ns);
	if (hold_us < rec->hold_us_max &&
	    (!proven || rec->hold_max_ns >= h->now_ns || h->now_ns - rec->hold_max_ns < g_ns))
		return;
	rec->hold_us_max = hold_us;
	rec->hold_max_ns = h->now_ns;
}

/* Protocol 2.4.3: does its sender claim or own a group, or has it just let go of one? */
static bool claims_some(const struct ref_beat *h)
{
	for (unsigned int i = 0; i < h->b[10]; i++) {
		uint8_t state = h->b[56 + 24 * h->b[9] + 24 * i + 2];

		if (state == HB_CAND || state == HB_OWNER || state == HB_RELEASE)
			return true;
	}
	return false;
}

/* Once each, three an interval, ten at once. */
static enum ipt_counter once(const struct model *m, struct ref_beat *h)
{
	uint64_t step_ns = m->self.interval_ns / 3, full_ns = h->rec->unproven_tat_ns;
	struct ipt_seen *seen = seen_of(h->rec, h->session);
	bool known = h->session == h->rec->session;

	if (known ? h->seq <= h->rec->last_seq : seen && h->seq <= seen->seq) {
		bool newest = h->session == h->rec->life_session && h->seq == h->rec->life_seq;
		bool here = h->session == h->path->life_session && h->seq == h->path->life_seq;

		if (!newest || here)
			return CNT_hb_replay;
		lived_by(h);
		return CNT_hb_copy;
	}
	if (full_ns < h->now_ns)
		full_ns = h->now_ns;
	if (full_ns - h->now_ns > (BURST - 1) * step_ns)
		return CNT_hb_limited;
	h->rec->unproven_tat_ns = full_ns + step_ns;
	if (known)
		h->rec->last_seq = h->seq;
	else if (seen)
		seen->seq = h->seq;
	else
		*oldest_of(h->rec) = (struct ipt_seen){h->session, h->seq, h->now_ns};
	return CNT_hb_unproven;
}

/* For ten seconds or 8 G without a proof all of them are life, then those that claim. */
static bool spent(const struct model *m, const struct ref_beat *h)
{
	uint64_t ours_us = judge_hold_us(m->self.lease_ns, m->self.rho_ppm, m->self.settle_ns);
	uint64_t hold_us = h->rec->hold_us_max > ours_us ? h->rec->hold_us_max : ours_us;
	uint64_t limit_ns = 8 * judge_g_of_hold_ns(hold_us, m->self.rho_ppm);

	if (limit_ns < 10000000000)
		limit_ns = 10000000000;
	return h->rec->unproven_ns && h->rec->unproven_ns < h->now_ns &&
	       h->now_ns - h->rec->unproven_ns >= limit_ns;
}

static enum ipt_counter unproven(struct model *m, struct ref_beat *h)
{
	enum ipt_counter verdict = once(m, h);
	bool late = spent(m, h);

	h->proven = false;
	if (verdict != CNT_hb_unproven)
		return verdict;
	h->life = !late || claims_some(h);
	h->fences = late && !(m->self.flags & IPT_SELF_QUORUM);
	if (!h->rec->unproven_ns)
		h->rec->unproven_ns = h->now_ns;
	keep(&h->rec->unproven, h);
	held(m, h, false);
	if (!h->life) {
		m->counter[CNT_hb_spent]++;
		return verdict;
	}
	h->rec->life_session = h->session;
	h->rec->life_seq = h->seq;
	heard(h);
	lived_by(h);
	return verdict;
}

static bool again_by_another_path(const struct ref_beat *h)
{
	return h->session == h->rec->session && h->seq == h->rec->last_seq &&
	       h->seq != h->path->seq;
}

static void accept(struct model *m, struct ref_beat *h)
{
	struct ipt_peer *rec = h->rec;

	if (h->session != rec->session) {
		struct ipt_seen *place = seen_of(rec, h->session);

		if (place)
			*place = (struct ipt_seen){0};
		place = seen_of(rec, rec->session);
		if (rec->session)
			*(place ? place : oldest_of(rec)) =
				(struct ipt_seen){rec->session, rec->last_seq, h->now_ns};
		rec->session = h->session;
		rec->session_ns = h->now_ns;
		m->counter[CNT_hb_session]++;
	}
	rec->last_seq = h->seq;
	rec->accepted++;
	rec->unproven_ns = 0;
	h->life = true;
	keep(&rec->proven, h);
	heard(h);
	proved_by(h);
	held(m, h, true);
}

static enum ipt_counter proven(struct model *m, struct ref_beat *h)
{
	if (h->echo_ns > h->now_ns)
		return CNT_hb_future;
	if (h->established ? h->seq > h->rec->last_seq
			   : h->now_ns - h->echo_ns <= m->self.fresh_ns &&
				     h->echo_ns > h->rec->session_ns) {
		accept(m, h);
		return CNT_hb_accept;
	}
	if (again_by_another_path(h)) {
		proved_by(h);
		return CNT_hb_copy;
	}
	if (h->established)
		return CNT_hb_replay;
	return unproven(m, h);
}

static enum ipt_counter judge(struct model *m, struct ref_beat *h)
{
	enum ipt_counter tag;

	find_echo(m, h);
	h->proven = m->self.session && h->echo_session == m->self.session;
	h->established = h->proven && h->session == h->rec->session;
	if (h->established && h->seq <= h->rec->last_seq && !again_by_another_path(h))
		return CNT_hb_replay;
	if (h->b[6] < m->self.key_min)
		return CNT_hb_old_key;
	tag = check_tag(m, h);
	if (tag != CNT_hb_accept)
		return tag;
	if (h->proven)
		return proven(m, h);
	if (h->echo_session)
		m->counter[CNT_hb_cookie]++;
	return unproven(m, h);
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
	if (h->proven && !owner && (g->owner_epoch & 0xff) == h->b[8])
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

static void follow(struct model *m, const struct ref_beat *h, enum ipt_event_type type)
{
	struct ipt_event ev = {.type = type,
			       .peer = h->path->peer,
			       .ifindex = MODEL_IFINDEX,
			       .addr_be32 = h->path->addr_be32};

	for (unsigned int i = 0; h->life && i < h->b[10]; i++)
		about_group(m, h, h->b + 56 + 24 * h->b[9] + 24 * i);
	memcpy(ev.mac, h->eth + 6, 6);
	ref_event(m, ev);
}

bool reference_beat(struct model *m, const struct ref_frame *f)
{
	const uint8_t *ip = f->r->bytes + f->at;
	struct ref_beat h = {.eth = f->r->bytes, .now_ns = f->now_ns};
	enum ipt_counter verdict;

	if (!to_the_port(m, f) || !for_us(m, ref_ip(ip + 16)))
		return false;
	if (ip[8] != 255)
		return ref_say(m, CNT_hb_ttl, true);
	if (!formed(f, &h))
		return ref_say(m, CNT_hb_short, true);
	h.path = path_of(m, ref_ip(ip + 12), ref_ip(ip + 16));
	if (!h.path)
		return ref_say(m, CNT_hb_stranger, true);
	h.rec = &m->peer[h.path->peer];
	if (!h.b[8] || h.b[8] != h.rec->node)
		return ref_say(m, CNT_hb_stranger, true);
	verdict = judge(m, &h);
	if (verdict == CNT_hb_accept)
		follow(m, &h, IPT_EV_BEAT);
	else if (verdict == CNT_hb_unproven)
		follow(m, &h, IPT_EV_HELLO);
	return ref_say(m, verdict, true);
}
