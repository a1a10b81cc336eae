/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Authentic frames that prove nothing (protocol 5.3): life, once each, and nothing else.
 *
 * A restarted peer that cannot hear us sends such frames. If we took it for dead while it owns or claims, there would be
 * two owners: a frame that claims or owns always counts.
 * An attacker who has recorded such frames sends them, too. He must not keep a lone host from owning for as long as he
 * likes: each frame counts once, and frames that claim nothing count only for a time. Their sender's gates are closed.
 * That sender may claim later, hear nothing, and open its gate C after it has said CAND. In a pair its first claim
 * therefore closes our gate at once, in this program, which waits for no daemon.
 */
#ifndef IPT_LIFE_H
#define IPT_LIFE_H

#include "record.h"

#define LIFE_BURST 10 /* that the daemon sees at once; then three an interval */
#define LIFE_TELL_PAUSE_NS 1000000000ull

static __always_inline __u64 life_higher(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

static __always_inline int life_far(const struct hb_group *entry)
{
	__u64 epoch = bpf_be64_to_cpu(entry->epoch), seen;
	__u64 promised = bpf_be64_to_cpu(entry->promise_epoch);
	__u16 wire_id = bpf_ntohs(entry->group);
	const struct ipt_group *g;
	__u32 *index;

	/* As nearly always: no look-up is needed. */
	if (!epoch_too_far(epoch, EPOCH_LOWEST) && !epoch_too_far(promised, EPOCH_LOWEST))
		return 0;
	index = bpf_map_lookup_elem(&group_ids, &wire_id);
	g = index ? bpf_map_lookup_elem(&groups, index) : NULL;
	if (!g)
		return 0;
	seen = life_higher(life_higher(g->epoch_max, g->owner_epoch),
			   life_higher(g->binding[0].epoch, g->binding[1].epoch));
	return epoch_too_far(epoch, seen) || epoch_too_far(promised, seen);
}

static long life_step(__u32 i, void *arg)
{
	struct ipt_scratch *s = scratch_find();
	const struct hb_group *entry = s ? scratch_group(s, i) : NULL;

	(void)arg;
	if (!entry)
		return 1;
	if (entry->state == HB_CAND || entry->state == HB_OWNER || entry->state == HB_RELEASE)
		s->said.claims = 1;
	if (life_far(entry))
		s->said.far = 1;
	return 0;
}

/* At any authentic frame: does it claim, and can a member have said it? */
static __always_inline void life_look(struct beat *b)
{
	const struct hb_fixed *f = b->fixed;

	b->said->far = times_too_far(bpf_ntohl(f->lease_us), bpf_ntohl(f->interval_us),
				     bpf_ntohl(f->hold_us));
	bpf_loop(f->ngroups, life_step, NULL, 0);
}

/*
 * Does the daemon see it? Life it is in any case: a peer that does not hear us may rely on each of its frames, and sends as
 * often as our interval of before asked for. Token bucket in its virtual-time form: one stamp says when it is full again.
 */
static __always_inline int life_admit(struct ipt_peer *rec, const struct beat *b)
{
	__u64 step_ns = b->self->interval_ns / 3, tat_ns = rec->unproven_tat_ns;

	if (tat_ns < b->said->now_ns)
		tat_ns = b->said->now_ns;
	/* Filled by another interval, before a reload: a peer that is heard must not be limited to death by it. */
	if (tat_ns - b->said->now_ns > LIFE_BURST * step_ns)
		tat_ns = b->said->now_ns + (LIFE_BURST - 1) * step_ns;
	if (tat_ns - b->said->now_ns > (LIFE_BURST - 1) * step_ns)
		return 0;
	rec->unproven_tat_ns = tat_ns + step_ns;
	return 1;
}

/* The newest frame of them comes once by each path, as every frame does. */
static __always_inline int life_copy(const struct ipt_peer *rec, const struct ipt_path *path,
				     const struct beat *b)
{
	return b->said->session == rec->life_session && b->said->seq == rec->life_seq &&
	       (path->life_session != b->said->session || path->life_seq != b->said->seq);
}

/* Is it the first time? Then it will not be again. */
static __always_inline enum ipt_counter life_once(struct ipt_peer *rec, const struct beat *b)
{
	struct ipt_seen *seen = record_seen(rec, b->said->session);
	int known = seen->session == b->said->session;
	__u64 last_seq = known ? seen->seq : 0;

	if (b->said->session == rec->session)
		last_seq = rec->last_seq;
	if ((known || b->said->session == rec->session) && !seq_newer(b->said->seq, last_seq))
		return life_copy(rec, b->path, b) ? CNT_hb_copy : CNT_hb_replay;
	if (b->said->session == rec->session)
		rec->last_seq = b->said->seq;
	else
		record_remember(seen, b->said->session, b->said->seq,
				known ? seen->since_ns : b->said->now_ns);
	return CNT_hb_unproven;
}

static __always_inline void life_take(struct ipt_peer *rec, struct beat *b, __u64 g_ns)
{
	int spent = unproven_spent(rec->unproven_ns, b->said->now_ns, g_ns);

	if (!rec->unproven_ns)
		rec->unproven_ns = b->said->now_ns;
	b->said->life = b->said->claims || !spent;
	b->said->fences = spent && !(b->self->flags & IPT_SELF_QUORUM);
	if (!b->said->life)
		return;
	rec->life_session = b->said->session;
	rec->life_seq = b->said->seq;
	record_heard(rec, b->said->now_ns);
	record_path_life(b->path, b);
}

/* Under the record's lock: what the daemon is told once a second, for as long as it goes on. */
static __always_inline void life_odd(struct ipt_peer *rec, struct beat *b, enum ipt_counter why)
{
	__u64 *told_ns = why == CNT_hb_identity ? &rec->identity_ns : &rec->bounds_ns;

	if (why != CNT_hb_identity && why != CNT_hb_bounds)
		return;
	if (why == CNT_hb_identity)
		rec->identity_node = b->fixed->node;
	if (*told_ns && !peer_silent(*told_ns, b->said->now_ns, LIFE_TELL_PAUSE_NS))
		return;
	*told_ns = b->said->now_ns;
	b->said->tell = why == CNT_hb_identity ? IPT_EV_IDENTITY : IPT_EV_BOUNDS;
}

/*
 * An authentic frame that proves nothing. `why`: the counter of it. Only an ordinary one, hb_unproven, is kept for the
 * daemon to answer, unless it is limited. Returns `why`, or why it is not even that.
 */
static __always_inline enum ipt_counter life_record(struct beat *b, enum ipt_counter why)
{
	__u32 hold_us = record_hold_us(b);
	struct ipt_peer *rec = b->rec;
	__u64 g_ns = peer_g_ns(b->self, rec);
	enum ipt_counter verdict;

	b->said->proven = 0;
	bpf_spin_lock(&rec->lock);
	verdict = life_once(rec, b);
	b->said->taken = verdict == CNT_hb_unproven;
	if (b->said->taken) {
		life_take(rec, b, g_ns);
		if (why == CNT_hb_unproven)
			record_hold(rec, b, hold_us, 0);
		if (!life_admit(rec, b))
			why = CNT_hb_limited;
		else
			life_odd(rec, b, why);
		if (why == CNT_hb_unproven)
			record_frame(&rec->unproven, b);
	} else if (verdict == CNT_hb_copy) {
		record_path_life(b->path, b);
	}
	bpf_spin_unlock(&rec->lock);
	if (b->said->taken && !b->said->life)
		count(CNT_hb_spent);
	return b->said->taken ? why : verdict;
}

#endif
