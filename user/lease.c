/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only writer of lease words in user space: every write is one compare-and-swap (protocol 2.2). */
#include "lease.h"

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
