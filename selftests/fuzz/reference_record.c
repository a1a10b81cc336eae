/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an authentic heartbeat leaves behind: records, stamps, and what is remembered of sessions (protocol 5.3). */
#include "reference_beat.h"

#define BURST 10
#define SECOND_NS 1000000000ull

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

void ref_proved_by(struct ref_beat *h)
{
	came_by(h);
	h->path->proven_ns = h->now_ns;
	h->path->seq = h->seq;
	if (h->path->hops <= 1)
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
	if (hold_us < rec->hold_us_max) {
		if (!rec->hold_us_next && !proven)
			return;
		if (!rec->hold_us_next && rec->hold_max_ns < h->now_ns)
			rec->hold_max_ns = h->now_ns;
		if (hold_us > rec->hold_us_next)
			rec->hold_us_next = hold_us;
		if (!proven || rec->hold_max_ns >= h->now_ns || h->now_ns - rec->hold_max_ns < g_ns)
			return;
		rec->hold_us_max = rec->hold_us_next;
		rec->hold_us_next = hold_us == rec->hold_us_max ? 0 : hold_us;
	} else {
		rec->hold_us_max = hold_us;
		rec->hold_us_next = 0;
	}
	rec->hold_max_ns = h->now_ns;
}

/* Protocol 5.3: does its sender claim or own a group, or has it just let go of one? */
static bool claims_some(const struct ref_beat *h)
{
	for (unsigned int i = 0; i < h->b[10]; i++) {
		uint8_t state = h->b[56 + 24 * h->b[9] + 24 * i + 2];

		if (state == HB_CAND || state == HB_OWNER || state == HB_RELEASE)
			return true;
	}
	return false;
}

/* Once each. */
static enum ipt_counter once(struct ref_beat *h)
{
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
	if (known)
		h->rec->last_seq = h->seq;
	else if (seen)
		seen->seq = h->seq;
	else
		*oldest_of(h->rec) = (struct ipt_seen){h->session, h->seq, h->now_ns};
	return CNT_hb_unproven;
}

/* The daemon sees three an interval, ten at once. */
static bool seen_by_daemon(const struct model *m, struct ref_beat *h)
{
	uint64_t step_ns = m->self.interval_ns / 3, full_ns = h->rec->unproven_tat_ns;

	if (full_ns < h->now_ns)
		full_ns = h->now_ns;
	/* More than ten ahead: by an interval that was longer. */
	if (full_ns - h->now_ns > BURST * step_ns)
		full_ns = h->now_ns + (BURST - 1) * step_ns;
	if (full_ns - h->now_ns > (BURST - 1) * step_ns)
		return false;
	h->rec->unproven_tat_ns = full_ns + step_ns;
	return true;
}

/* For ten seconds or 8 G without a proof all of them are life, then those that claim. */
static bool spent(const struct model *m, const struct ref_beat *h)
{
	uint64_t ours_us = judge_hold_us(m->self.lease_ns, m->self.rho_ppm, m->self.settle_ns);
	uint64_t hold_us = h->rec->hold_us_max > ours_us ? h->rec->hold_us_max : ours_us;
	uint64_t limit_ns = 8 * judge_g_of_hold_ns(hold_us, m->self.rho_ppm);

	if (limit_ns < 10 * SECOND_NS)
		limit_ns = 10 * SECOND_NS;
	return h->rec->unproven_ns && h->rec->unproven_ns < h->now_ns &&
	       h->now_ns - h->rec->unproven_ns >= limit_ns;
}

/* What is not as a member says it is told once a second. */
static void note(struct ref_beat *h, enum ipt_counter why)
{
	__u64 *ns = why == CNT_hb_identity ? &h->rec->identity_ns : &h->rec->bounds_ns;

	if (why == CNT_hb_identity)
		h->rec->identity_node = h->b[8];
	else if (why != CNT_hb_bounds)
		return;
	if (*ns && (*ns >= h->now_ns || h->now_ns - *ns < SECOND_NS))
		return;
	*ns = h->now_ns;
	h->tell = why == CNT_hb_identity ? IPT_EV_IDENTITY : IPT_EV_BOUNDS;
}

/* Protocol 5.3. `why`: hb_unproven is kept for the daemon, all others are life alone. */
enum ipt_counter ref_life(struct model *m, struct ref_beat *h, enum ipt_counter why)
{
	enum ipt_counter verdict = once(h);
	bool late = spent(m, h);

	h->proven = false;
	if (verdict != CNT_hb_unproven)
		return verdict;
	h->taken = true;
	h->life = !late || claims_some(h);
	h->fences = late && !(m->self.flags & IPT_SELF_QUORUM);
	if (why == CNT_hb_unproven)
		held(m, h, false);
	if (seen_by_daemon(m, h))
		note(h, why);
	else
		why = CNT_hb_limited;
	if (!h->rec->unproven_ns)
		h->rec->unproven_ns = h->now_ns;
	if (why == CNT_hb_unproven)
		keep(&h->rec->unproven, h);
	if (!h->life) {
		m->counter[CNT_hb_spent]++;
		return why;
	}
	h->rec->life_session = h->session;
	h->rec->life_seq = h->seq;
	heard(h);
	lived_by(h);
	return why;
}

void ref_accept(struct model *m, struct ref_beat *h)
{
	struct ipt_peer *rec = h->rec;

	if (h->session != rec->session) {
		struct ipt_seen *place = seen_of(rec, rec->session);

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
	ref_proved_by(h);
	held(m, h, true);
}
