/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of a peer: every change of it happens under its lock, judged again there. */
#ifndef IPT_RECORD_H
#define IPT_RECORD_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include "detect.h"
#include "epoch.h"

/* A heartbeat on its way through the checks. */
struct beat {
	struct ipt_self *self;
	struct ipt_scratch *scratch;
	struct ipt_said *said; /* in scratch, as the rest of what is found out */
	struct hb_fixed *fixed; /* = scratch */
	struct ipt_peer *rec;
	struct ipt_path *path;
};

/* The lock must be held. Four bytes at a time: that is how `bytes` is aligned. */
static __always_inline void record_frame(struct ipt_frame *to, const struct beat *b)
{
	const __u32 *from = (const void *)b->scratch->words;
	__u32 *into = (void *)to->bytes, i, n = b->said->len / 4;

	to->rx_ns = b->said->now_ns;
	to->len = b->said->len;
	__builtin_memcpy(to->mac, b->said->mac, 6);
	for (i = 0; i < HB_MAX_LEN / 4; i++) {
		if (i >= n)
			break;
		into[i] = from[i];
		/* Or clang makes a call to memcpy of it, which BPF does not have. */
		asm volatile("" ::: "memory");
	}
}

static __always_inline void record_heard(struct ipt_peer *rec, __u64 now_ns)
{
	if (now_ns > rec->last_ns)
		rec->last_ns = now_ns;
}

/*
 * May the frame become the newest one? Asked under the lock: frames of one peer may be on several CPUs.
 * A new session needs an echo that is fresh and younger than the session it replaces, so that a
 * recording of an old session never comes back.
 */
static __always_inline int record_newer(const struct ipt_peer *rec, const struct beat *b)
{
	if (b->said->session == rec->session)
		return seq_newer(b->said->seq, rec->last_seq);
	return b->said->now_ns - b->said->echo_ts_ns <= b->self->fresh_ns &&
	       b->said->echo_ts_ns > rec->session_ns;
}

/*
 * One frame goes out on every path with the same sequence number: what comes second, and not on the way on
 * which it came before, proves that way and nothing more. It must not make an old frame look new.
 */
static __always_inline int record_copy(const struct ipt_peer *rec, const struct ipt_path *path,
				       const struct beat *b)
{
	return b->said->session == rec->session && b->said->seq == rec->last_seq &&
	       b->said->seq != path->seq;
}

/* The record's lock must be held for all of these: it covers the peer's paths as well. */
static __always_inline void record_path_proven(struct ipt_path *path, const struct beat *b)
{
	path->last_ns = b->said->now_ns;
	path->frames++;
	path->proven_ns = b->said->now_ns;
	path->seq = b->said->seq;
	/* A router is no member, whatever it sends on. */
	if (path->hops <= 1)
		__builtin_memcpy(path->mac, b->said->mac, 6);
}

/* Where such a frame came from is nobody's MAC: whoever has recorded it may send it from his own. */
static __always_inline void record_path_life(struct ipt_path *path, const struct beat *b)
{
	path->last_ns = b->said->now_ns;
	path->frames++;
	path->life_session = b->said->session;
	path->life_seq = b->said->seq;
}

/* The place of the session; if it is not remembered the one that it may have, which is the oldest. */
static __always_inline struct ipt_seen *record_seen(struct ipt_peer *rec, __u64 session)
{
	struct ipt_seen *oldest = &rec->seen[0];
	__u32 i;

	for (i = 0; i < IPT_SEEN; i++) {
		if (rec->seen[i].session == session)
			return &rec->seen[i];
		if (rec->seen[i].since_ns < oldest->since_ns)
			oldest = &rec->seen[i];
	}
	return oldest;
}

static __always_inline void record_remember(struct ipt_seen *at, __u64 session, __u64 seq,
					    __u64 since_ns)
{
	at->session = session;
	at->seq = seq;
	at->since_ns = since_ns;
}

/* The session that was known is a past one from here on: what was recorded of it comes too late. */
static __always_inline void record_session(struct ipt_peer *rec, const struct beat *b)
{
	if (rec->session)
		record_remember(record_seen(rec, rec->session), rec->session, rec->last_seq,
				b->said->now_ns);
	rec->session = b->said->session;
	rec->session_ns = b->said->now_ns;
}

static __always_inline __u32 record_hold_us(const struct beat *b)
{
	return judge_hold_said_us(bpf_ntohl(b->fixed->hold_us), bpf_ntohl(b->fixed->lease_us),
				  b->self->rho_ppm, b->self->settle_ns);
}

/* An unproven frame may be of a peer that was restarted with longer leases and cannot hear us. */
static __always_inline void record_hold(struct ipt_peer *rec, const struct beat *b, __u32 hold_us,
					int proven)
{
	hold_note(&rec->hold_us_max, &rec->hold_us_next, &rec->hold_max_ns, hold_us,
		  b->said->now_ns, b->self->rho_ppm, proven);
}

static __always_inline enum ipt_counter record_proven(struct beat *b)
{
	__u32 hold_us = record_hold_us(b);
	struct ipt_peer *rec = b->rec;
	int newer, copy, changed = 0;

	bpf_spin_lock(&rec->lock);
	newer = record_newer(rec, b);
	copy = !newer && record_copy(rec, b->path, b);
	if (newer) {
		changed = b->said->session != rec->session;
		if (changed)
			record_session(rec, b);
		rec->last_seq = b->said->seq;
		rec->unproven_ns = 0;
		record_frame(&rec->proven, b);
		record_heard(rec, b->said->now_ns);
		rec->accepted++;
		record_hold(rec, b, hold_us, 1);
	}
	if (newer || copy)
		record_path_proven(b->path, b);
	bpf_spin_unlock(&rec->lock);
	b->said->life = newer;
	if (changed)
		count(CNT_hb_session);
	return newer ? CNT_hb_accept : copy ? CNT_hb_copy : CNT_hb_replay;
}

#endif
