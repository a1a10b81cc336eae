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

/* May this host speak for the group at `now_ns`? Protocol 2.8.1 rests on this line. */
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

/* Strictly newer within one session. 64 bits never wrap. */
IPT_INLINE int seq_newer(__u64 seq, __u64 last_seq)
{
	return seq > last_seq;
}

/* Did a timer or a wake-up that was due at `due_ns` come too late to judge a silence (protocol 2.2)? */
IPT_INLINE int look_late(__u64 due_ns, __u64 now_ns, __u64 tolerance_ns)
{
	return now_ns > due_ns && now_ns - due_ns > tolerance_ns;
}

/*
 * G of I1: how long a silence must last before a lease of `lease_ns` has surely ended.
 * G = L (1+rho)/(1-rho) + (1+rho) settle, rounded up. `rho_ppm` < 500,000.
 */
IPT_INLINE __u64 judge_g_ns(__u64 lease_ns, __u32 rho_ppm, __u64 settle_ns)
{
	__u64 up = 1000000ull + rho_ppm, down = 1000000ull - rho_ppm;

	return (lease_ns / 1000 * up + down - 1) / down * 1000 + 1000 +
	       settle_ns / 1000 * up / 1000 + 1;
}

/*
 * A peer that once announced a lease of `max_us` (an upgrade's X), last at `max_ns`, announces `lease_us` at
 * `now_ns`. Is that the length to judge it by from now on? A longer one always, a shorter one only when the
 * longer has surely ended.
 */
IPT_INLINE int lease_forgets(__u32 max_us, __u64 max_ns, __u32 lease_us, __u64 now_ns,
			     __u32 rho_ppm, __u64 settle_ns)
{
	return lease_us >= max_us ||
	       peer_silent(max_ns, now_ns, judge_g_ns(max_us * 1000ull, rho_ppm, settle_ns));
}

/* The same without a new frame: the longest lease that may still run when the newest frame announced `lease_us`. */
IPT_INLINE __u32 lease_longest_us(__u32 max_us, __u64 max_ns, __u32 lease_us, __u64 now_ns,
				  __u32 rho_ppm, __u64 settle_ns)
{
	return lease_forgets(max_us, max_ns, lease_us, now_ns, rho_ppm, settle_ns) ? lease_us
										   : max_us;
}

#endif
