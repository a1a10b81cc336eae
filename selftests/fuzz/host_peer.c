/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the peers of a host say: well formed, signed, and anything else; and what XDP makes of it. */
#include "host.h"
#include "judge.h"

/* Often something that the core itself said, now and then anything. */
static uint64_t some_epoch(const struct host *h, uint32_t g, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);
	uint64_t mine = h->core.group[g].epoch;

	switch (how % 6) {
	case 0:
		return mine;
	case 1:
		return h->view.group[g].owner_epoch;
	case 2:
		return EPOCH_NEXT(h->view.group[g].epoch_max, how / 6 % (h->cfg.npeers + 1) + 1);
	case 3:
		return h->view.group[g].epoch_max;
	case 4:
		return (uint64_t)fuzz_byte(in) << 8 | (how / 6 % 8);
	}
	return fuzz_bytes(in, 8) >> 16; /* terms do not wrap in a thousand years */
}

static void speak(const struct host *h, uint32_t peer, struct beat *b, struct fuzz_in *in)
{
	uint8_t echo = fuzz_byte(in);

	b->ts_ns = fuzz_bytes(in, 4);
	b->lease_us = (uint32_t)(h->cfg.t.lease_ns / 1000) << (echo & 1);
	b->interval_us = (uint32_t)(h->cfg.t.interval_ns / 1000);
	b->cfg_hash = h->cfg.cfg_hash ^ (echo % 32 == 31);
	b->key_id = 1;
	b->key_max = 1 + (echo >> 7);
	b->node = h->cfg.peer_node[peer];
	b->npeers = 1;
	b->ngroups = h->cfg.ngroups;
	b->peer[0] = (struct beat_peer){.node = h->cfg.node, .session = h->session};
	b->peer[0].echo_ts_ns = h->core.sent_ts_ns;
	if (!(echo &
	      2)) /* an older one; never one that we did not send: that takes somebody with the key */
		b->peer[0].echo_ts_ns -= fuzz_bytes(in, 4) % (h->core.sent_ts_ns + 1);
	for (uint32_t g = 0; g < h->cfg.ngroups; g++) {
		struct beat_group *bg = &b->group[g];

		*bg = (struct beat_group){.group = h->cfg.group[g].wire_id,
					  .state = (uint8_t)fuzz_below(in, HB_STATES + 1),
					  .flags = fuzz_byte(in),
					  .priority = fuzz_byte(in)};
		bg->promise_holder = bg->flags & 8 ? h->cfg.node : (uint8_t)fuzz_below(in, 6);
		bg->release_to = bg->flags & 16 ? h->cfg.node : (uint8_t)(bg->flags >> 5);
		bg->epoch = some_epoch(h, g, in);
		bg->promise_epoch = bg->flags & 8 ? h->core.group[g].epoch : some_epoch(h, g, in);
	}
}

/* XDP on an authentic frame: stamps, epochs, the fence (P10), the generation (P6). */
void host_hear(struct host *h, uint32_t peer, bool proven, struct fuzz_in *in)
{
	struct core_peer_view *v = &h->view.peer[peer];
	struct beat *b = proven ? &h->proven[peer] : &h->unproven[peer];

	if (!proven || fuzz_byte(in) % 16 == 0)
		b->session = fuzz_bytes(in, 2) + 1;
	if (!b->session)
		b->session = peer + 1;
	b->seq++;
	speak(h, peer, b, in);
	v->last_ns = h->now_ns;
	if (core_hold_us(&h->cfg, b) > v->hold_us_max)
		v->hold_us_max = core_hold_us(&h->cfg, b);
	if (proven) {
		v->proven = b;
		v->proven_rx_ns = h->now_ns;
	} else {
		v->unproven = b;
		v->unproven_rx_ns = h->now_ns;
	}
	for (uint32_t g = 0; g < h->cfg.ngroups; g++) {
		const struct beat_group *bg = &b->group[g];
		bool claims =
			bg->state == HB_CAND || bg->state == HB_OWNER || bg->state == HB_RELEASE;

		if (proven && claims)
			host_raise(&h->view.group[g].epoch_max, bg->epoch);
		if (proven && bg->state == HB_OWNER)
			host_raise(&h->view.group[g].owner_epoch, bg->epoch);
		if (!lease_live(h->word[g], h->now_ns) ||
		    (proven && bg->state == HB_OWNER &&
		     bg->epoch > h->binding[g][lease_slot(h->word[g])]))
			host_close_gate(h, g);
	}
}
