/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Heartbeats. The bytes as they are: refused, or decoded to what encodes to the same. Then the bytes as decisions:
 * what peers with the right key may say, well formed and in any order, goes into a core over a small kernel, whose
 * rules S4 (no lease beyond a sent frame), S5 (epochs rise) and S8 (what is closed stays closed) must hold.
 */
#include <string.h>
#include "core/frame.h"
#include "fuzz.h"
#include "host.h"

static const struct sip_key key = {.k0 = 0x0706050403020100ull, .k1 = 0x0f0e0d0c0b0a0908ull};

static void same_beat(const struct beat *a, const struct beat *b)
{
	FUZZ_MUST(a->session == b->session && a->seq == b->seq && a->ts_ns == b->ts_ns);
	FUZZ_MUST(a->hold_us == b->hold_us && a->cfg_prev == b->cfg_prev);
	FUZZ_MUST(a->lease_us == b->lease_us && a->interval_us == b->interval_us);
	FUZZ_MUST(a->cfg_hash == b->cfg_hash && a->key_id == b->key_id && a->node == b->node);
	FUZZ_MUST(a->key_max == b->key_max && a->flags == b->flags);
	FUZZ_MUST(a->npeers == b->npeers && a->ngroups == b->ngroups);
	for (uint32_t i = 0; i < a->npeers; i++) {
		const struct beat_peer *p = &a->peer[i], *q = &b->peer[i];

		FUZZ_MUST(p->session == q->session && p->echo_ts_ns == q->echo_ts_ns);
		FUZZ_MUST(p->rx_age_us == q->rx_age_us && p->node == q->node);
		FUZZ_MUST(p->state == q->state);
	}
	for (uint32_t i = 0; i < a->ngroups; i++) {
		const struct beat_group *g = &a->group[i], *h = &b->group[i];

		FUZZ_MUST(g->epoch == h->epoch && g->promise_epoch == h->promise_epoch);
		FUZZ_MUST(g->group == h->group && g->state == h->state);
		FUZZ_MUST(g->priority == h->priority && g->flags == h->flags);
		FUZZ_MUST(g->release_to == h->release_to);
		FUZZ_MUST(g->promise_holder == h->promise_holder);
		FUZZ_MUST(g->addr_mark == h->addr_mark);
	}
}

/* Any one bit of the frame is covered by the tag. */
static void must_notice_a_flip(uint8_t *bytes, size_t len, size_t at)
{
	uint8_t bit = (uint8_t)(1u << at % 8);

	bytes[at % len] ^= bit;
	FUZZ_MUST(!frame_beat_verify(bytes, len, &key));
	bytes[at % len] ^= bit;
}

static void decode_raw(const uint8_t *bytes, size_t size)
{
	uint8_t again[HB_MAX_LEN], *exact = malloc(size ? size : 1);
	struct beat b, c;
	size_t len;

	FUZZ_MUST(exact);
	memcpy(exact, bytes, size); /* so that a byte too far is seen */
	if (!frame_beat_decode(exact, size, &b)) {
		free(exact);
		return;
	}
	(void)frame_beat_verify(exact, size, &key);
	free(exact);
	FUZZ_MUST(b.npeers <= HB_MAX_NODES && b.ngroups <= HB_MAX_GROUPS);
	len = frame_beat_encode(&b, &key, again, sizeof(again));
	FUZZ_MUST(len == size);
	FUZZ_MUST(frame_beat_verify(again, len, &key));
	FUZZ_MUST(frame_beat_decode(again, len, &c));
	same_beat(&b, &c);
	must_notice_a_flip(again, len, b.seq % (8 * len));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_in in = {bytes, size};

	decode_raw(bytes, size);
	if (size > 4)
		host_play(&in);
	return 0;
}
