/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a peer's heartbeat says about the groups: higher epochs close gates, and every frame spoils a claim. */
#ifndef IPT_EPOCH_H
#define IPT_EPOCH_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include "event.h"

static __always_inline struct ipt_scratch *scratch_find(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

static __always_inline struct hb_fixed *scratch_fixed(const struct ipt_scratch *s)
{
	return (void *)s->words;
}

/* What the frame says of its group number `i`; NULL: it has no such. */
static __always_inline const struct hb_group *scratch_group(const struct ipt_scratch *s, __u32 i)
{
	__u32 npeers = scratch_fixed(s)->npeers;

	if (npeers > IPT_MAX_PEERS || i >= HB_MAX_GROUPS)
		return NULL;
	return (void *)s->words + sizeof(struct hb_fixed) + npeers * sizeof(struct hb_peer) +
	       i * sizeof(struct hb_group);
}

#define EPOCH_ALL (~0ull) /* above that of any gate */
#define EPOCH_TRIES 16 /* of a compare-and-swap: more writers than CPUs never meet on one word */

static __always_inline void raise_max(__u64 *word, __u64 value)
{
	int i;

	for (i = 0; i < EPOCH_TRIES; i++) {
		__u64 old = *(volatile __u64 *)word;

		if (old >= value || __sync_val_compare_and_swap(word, old, value) == old)
			return;
	}
}

/*
 * 1: this call closed the gate. A renewal that comes in between makes the swap fail: judge its word anew. A function of
 * its own, so that the verifier looks through its tries once, not once for each way to an entry.
 */
__noinline int epoch_close(__u32 index, __u64 owner_epoch, __u64 now_ns)
{
	struct ipt_group *g = bpf_map_lookup_elem(&groups, &index);
	__u64 *word = bpf_map_lookup_elem(&leases, &index);
	int i;

	for (i = 0; g && word && i < EPOCH_TRIES; i++) {
		__u64 old = *(volatile __u64 *)word, next;
		int live = lease_live(old, now_ns);

		if (live && owner_epoch <= g->binding[lease_slot(old)].epoch)
			return 0;
		next = lease_generation(__sync_fetch_and_add(&g->generation, 1) + 1);
		if (__sync_val_compare_and_swap(word, old, next) == old)
			return live;
	}
	return 0;
}

static __always_inline void epoch_raise(struct ipt_group *g, const struct ipt_scratch *s,
					__u8 state, __u64 epoch)
{
	/* The last owner itself says that it is none: nothing more is sent on to it, and nobody told of it. While it hands
	 * over, INIT and RELEASE, it serves what still comes. */
	if (state != HB_OWNER && state != HB_INIT && state != HB_RELEASE &&
	    EPOCH_NODE(g->owner_epoch) == scratch_fixed(s)->node)
		g->owner_ns = 0;
	if (state != HB_CAND && state != HB_OWNER && state != HB_RELEASE)
		return;
	raise_max(&g->epoch_max, epoch);
	if (state != HB_OWNER)
		return;
	raise_max(&g->owner_epoch, epoch);
	if (g->owner_epoch == epoch)
		g->owner_ns = s->said.now_ns;
}

static __always_inline void epoch_tell(const struct ipt_scratch *s, __u32 group)
{
	struct ipt_event *ev = event_begin(IPT_EV_FENCED, s->said.now_ns);

	if (!ev)
		return;
	ev->peer = s->said.peer;
	ev->group = group;
	__builtin_memcpy(ev->mac, s->said.mac, 6);
	event_send(ev);
}

static __always_inline void epoch_entry(const struct ipt_scratch *s, const struct hb_group *entry)
{
	__u16 wire_id = bpf_ntohs(entry->group);
	__u64 epoch = bpf_be64_to_cpu(entry->epoch), owner_epoch = 0;
	__u32 *index = bpf_map_lookup_elem(&group_ids, &wire_id);
	struct ipt_group *g;
	__u64 *word;

	if (!index)
		return;
	g = bpf_map_lookup_elem(&groups, index);
	word = bpf_map_lookup_elem(&leases, index);
	if (!g || !word)
		return;
	/* Epochs first: who finds the gate closed by us must find the epoch that closed it. */
	if (s->said.proven) {
		epoch_raise(g, s, entry->state, epoch);
		if (entry->state == HB_OWNER)
			owner_epoch = epoch;
	} else if (s->said.fences && (entry->state == HB_CAND || entry->state == HB_OWNER) &&
		   !lease_is_manual(*word)) {
		/* Unproven, it closes a gate by a claim whatever its epoch (protocol 5.3), and spoils claims, no more. */
		owner_epoch = EPOCH_ALL;
	}
	if (!epoch_close(*index, owner_epoch, s->said.now_ns))
		return;
	count(CNT_hb_fence);
	epoch_tell(s, *index);
}

static long epoch_step(__u32 i, void *arg)
{
	struct ipt_scratch *s = scratch_find();
	const struct hb_group *entry = s ? scratch_group(s, i) : NULL;

	(void)arg;
	if (!entry)
		return 1;
	epoch_entry(s, entry);
	return 0;
}

/* bpf_loop, so that the verifier walks one entry and not 48. */
static __always_inline void epoch_walk_groups(const struct hb_fixed *f)
{
	bpf_loop(f->ngroups, epoch_step, NULL, 0);
}

#endif
