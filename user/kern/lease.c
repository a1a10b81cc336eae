/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only writer of lease words in user space: every write is one compare-and-swap (protocol 3). */
#include "lease.h"

#include <errno.h>
#include <time.h>
#include "base/clock.h"

#define DEFAULT_SETTLE_NS 5000000ull /* where no daemon has said otherwise */

static bool swap(struct kern *k, uint32_t group, uint64_t expect, uint64_t word)
{
	return __atomic_compare_exchange_n(&kern_leases(k)[group], &expect, word, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool lease_take(struct kern *k, uint32_t group, uint64_t expect, uint64_t word)
{
	return swap(k, group, expect, word);
}

bool lease_renew(struct kern *k, uint32_t group, uint64_t expect, uint64_t word, uint64_t now_ns)
{
	/* A lapsed lease is never renewed, whoever else may have taken over meanwhile (P5). */
	return lease_live(expect, now_ns) && swap(k, group, expect, word);
}

void lease_close(struct kern *k, uint32_t group)
{
	volatile struct ipt_group *g = &kern_groups(k)[group];
	uint64_t seen, closed;

	do {
		closed = lease_generation(__atomic_add_fetch(&g->generation, 1, __ATOMIC_SEQ_CST));
		seen = __atomic_load_n(&kern_leases(k)[group], __ATOMIC_SEQ_CST);
	} while (!swap(k, group, seen, closed));
}

uint32_t lease_bind(struct kern *k, uint32_t group, uint64_t epoch)
{
	volatile struct ipt_group *g = &kern_groups(k)[group];
	uint64_t word = __atomic_load_n(&kern_leases(k)[group], __ATOMIC_SEQ_CST);
	uint32_t slot = !lease_slot(word), i;

	/* Zero: each address answers with its own MAC. */
	for (i = 0; i < sizeof(g->binding[slot].mac); i++)
		g->binding[slot].mac[i] = 0;
	__atomic_store_n(&g->binding[slot].epoch, epoch, __ATOMIC_SEQ_CST);
	return slot;
}

void lease_raise(volatile __u64 *epoch, uint64_t to)
{
	__u64 seen = __atomic_load_n(epoch, __ATOMIC_SEQ_CST);

	while (seen < to && !__atomic_compare_exchange_n(epoch, &seen, to, false, __ATOMIC_SEQ_CST,
							 __ATOMIC_SEQ_CST))
		;
}

void lease_settle(struct kern *k, uint64_t least_ns)
{
	uint64_t settle_ns = DEFAULT_SETTLE_NS, end_ns;
	struct ipt_self self;
	struct timespec end;

	if (!kern_self_get(k, &self) && self.settle_ns)
		settle_ns = self.settle_ns;
	/* Twice: the clock may be off, by less than half. */
	end_ns = clock_now_ns() + (2 * settle_ns > least_ns ? 2 * settle_ns : least_ns);
	end.tv_sec = (time_t)(end_ns / 1000000000);
	end.tv_nsec = (long)(end_ns % 1000000000);
	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
}
