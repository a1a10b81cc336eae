/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules that kernel and user space share. All take `now`; none reads a clock. */
#ifndef IPT_JUDGE_H
#define IPT_JUDGE_H

#include <linux/types.h>

#ifndef IPT_INLINE
#define IPT_INLINE static inline __attribute__((always_inline, unused))
#endif

/*
 * The lease word of a group: (deadline on CLOCK_BOOTTIME in ns, lowest bit cleared) | binding slot.
 * A word below LEASE_GEN_LIMIT is no deadline but a generation number: "not ours". Generations stay
 * below any `now` that a running host can read, so `now < deadline` alone decides.
 */
#define LEASE_GEN_LIMIT (1ull << 30) /* 1.07 s after boot: no daemon runs that early */
#define LEASE_MANUAL 0xfffffffffffffff0ull /* held by hand until `release`: no dead-man switch */

IPT_INLINE __u64 lease_deadline_ns(__u64 word)
{
	return word & ~1ull;
}

IPT_INLINE __u32 lease_slot(__u64 word)
{
	return word & 1;
}

IPT_INLINE __u64 lease_word(__u64 deadline_ns, __u32 slot)
{
	return (deadline_ns & ~1ull) | (slot & 1);
}

/* May this host speak for the group at `now_ns`? Protocol 11.1 rests on this line. */
IPT_INLINE int lease_live(__u64 word, __u64 now_ns)
{
	return now_ns < lease_deadline_ns(word);
}

IPT_INLINE int lease_is_manual(__u64 word)
{
	return lease_deadline_ns(word) == LEASE_MANUAL;
}

/* The word that closes a gate: of the group's own counter, never 0, never the word of the number before. */
IPT_INLINE __u64 lease_generation(__u64 counter)
{
	return ((counter << 1) & (LEASE_GEN_LIMIT - 1)) | 1;
}

/* Has the peer been silent for `limit_ns`? A stamp from the future is a live peer, not a dead one. */
IPT_INLINE int peer_silent(__u64 last_ns, __u64 now_ns, __u64 limit_ns)
{
	return last_ns < now_ns && now_ns - last_ns >= limit_ns;
}

/*
 * Has the peer sent frames that prove nothing since `since_ns` (0: it has not) for so long that those which claim nothing
 * count as life no more (protocol 5.3)?
 */
#define UNPROVEN_MIN_NS 10000000000ull
#define UNPROVEN_OF_G 8

IPT_INLINE int unproven_spent(__u64 since_ns, __u64 now_ns, __u64 g_ns)
{
	__u64 limit_ns = UNPROVEN_OF_G * g_ns;

	return since_ns && peer_silent(since_ns, now_ns,
				       limit_ns > UNPROVEN_MIN_NS ? limit_ns : UNPROVEN_MIN_NS);
}

/*
 * Does `epoch` lie so far above the highest one `seen` of its group that nobody can have counted there? Each claim counts
 * the term up by one. A host that has just started has seen none: `seen` is 0. No epoch that passes comes near the end of
 * the 56 bits, so nobody's next term wraps.
 */
#define EPOCH_JUMP_TERMS (1ull << 32)
#define EPOCH_FIRST_TERMS (1ull << 48)
#define EPOCH_LOWEST 1ull /* as the least that somebody can have seen */
#define EPOCH_LAST_TERM ((1ull << 55) - 1)

IPT_INLINE int epoch_too_far(__u64 epoch, __u64 seen)
{
	__u64 term = epoch >> 8, seen_term = seen >> 8;

	if (term > EPOCH_LAST_TERM)
		return 1;
	if (!seen)
		return term > EPOCH_FIRST_TERMS;
	return term > seen_term && term - seen_term > EPOCH_JUMP_TERMS;
}

/* Strictly newer within one session. 64 bits never wrap. */
IPT_INLINE int seq_newer(__u64 seq, __u64 last_seq)
{
	return seq > last_seq;
}

/* Did a timer or a wake-up that was due at `due_ns` come too late to judge a silence (protocol 3)? */
IPT_INLINE int look_late(__u64 due_ns, __u64 now_ns, __u64 tolerance_ns)
{
	return now_ns > due_ns && now_ns - due_ns > tolerance_ns;
}

/*
 * What no member says (protocol 5.3). 254 intervals of 10 s are the longest lease that a configuration can express; a
 * hold is longer than its lease, by the drift and the settle of its host, and fits into 32 bits.
 */
#define JUDGE_LEASE_MAX_US 2540000000u
#define JUDGE_HOLD_MAX_US 4000000000u
#define JUDGE_INTERVAL_MIN_US 100u
#define JUDGE_INTERVAL_MAX_US 10000000u

/* `hold_us` 0: not said. */
IPT_INLINE int times_too_far(__u32 lease_us, __u32 interval_us, __u32 hold_us)
{
	return lease_us > JUDGE_LEASE_MAX_US || hold_us > JUDGE_HOLD_MAX_US ||
	       (hold_us && hold_us < lease_us) || interval_us < JUDGE_INTERVAL_MIN_US ||
	       interval_us > JUDGE_INTERVAL_MAX_US;
}

/*
 * Hold: how long of real time a host with these bounds relies on a lease of `lease_ns` at most, from when it sent the frame
 * that the lease rests on: L / (1 - rho) + settle, in whole microseconds, rounded up. The sender announces it, because
 * nobody else knows the sender's bounds (protocol 4). `rho_ppm` < 500,000.
 */
IPT_INLINE __u64 judge_hold_us(__u64 lease_ns, __u32 rho_ppm, __u64 settle_ns)
{
	__u64 down = 1000000ull - rho_ppm;

	return (lease_ns * 1000 + down - 1) / down + (settle_ns + 999) / 1000;
}

/* G of I1: how long a silence on a clock of this drift must last before what was held so long has surely ended. */
IPT_INLINE __u64 judge_g_of_hold_ns(__u64 hold_us, __u32 rho_ppm)
{
	return (hold_us * (1000000ull + rho_ppm) + 999) / 1000;
}

/* The same of a host like us: L (1+rho)/(1-rho) + (1+rho) settle, rounded up. */
IPT_INLINE __u64 judge_g_ns(__u64 lease_ns, __u32 rho_ppm, __u64 settle_ns)
{
	return judge_g_of_hold_ns(judge_hold_us(lease_ns, rho_ppm, settle_ns), rho_ppm);
}

/* What a frame says that its sender relies on; a build from before the field says 0, and is taken to be like us. */
IPT_INLINE __u32 judge_hold_said_us(__u32 hold_us, __u32 lease_us, __u32 rho_ppm, __u64 settle_ns)
{
	__u64 like_ours_us;

	if (hold_us)
		return hold_us;
	like_ours_us = judge_hold_us(lease_us * 1000ull, rho_ppm, settle_ns);
	return like_ours_us < JUDGE_HOLD_MAX_US ? (__u32)like_ours_us : JUDGE_HOLD_MAX_US;
}

/*
 * Keeps, frame by frame, the longest hold of a peer that may still run: `*max_us`. A frame that announces a shorter one
 * does not end it at once: until that frame left, the peer may have relied on the longer one in frames that were lost.
 * So `*max_us` counts for its own length from `*max_ns`, when the first such frame came; then `*next_us`, the longest
 * announced since that frame (0: there was none), takes its place. A frame that is not `proven` may be old: it shortens
 * nothing.
 */
IPT_INLINE void hold_note(__u32 *max_us, __u32 *next_us, __u64 *max_ns, __u32 hold_us, __u64 now_ns,
			  __u32 rho_ppm, int proven)
{
	if (hold_us >= *max_us) {
		*max_us = hold_us;
		*next_us = 0;
		*max_ns = now_ns;
		return;
	}
	if (!*next_us && !proven)
		return;
	if (!*next_us && now_ns > *max_ns)
		*max_ns = now_ns;
	if (hold_us > *next_us)
		*next_us = hold_us;
	if (!proven || !peer_silent(*max_ns, now_ns, judge_g_of_hold_ns(*max_us, rho_ppm)))
		return;
	*max_us = *next_us;
	*next_us = hold_us < *max_us ? hold_us : 0;
	*max_ns = now_ns;
}

/* The same without a new frame. */
IPT_INLINE __u32 hold_longest_us(__u32 max_us, __u32 next_us, __u64 max_ns, __u64 now_ns,
				 __u32 rho_ppm)
{
	return next_us && peer_silent(max_ns, now_ns, judge_g_of_hold_ns(max_us, rho_ppm)) ? next_us
											   : max_us;
}

#endif
