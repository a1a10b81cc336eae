/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Time passes, peers speak, commands come. */
#include <string.h>
#include "host.h"

#define STEPS 300

static void pass_time(struct host *h, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);
	uint64_t deadline_ns = core_deadline(&h->core);

	if (how < 128 && deadline_ns != CORE_NEVER)
		h->now_ns = deadline_ns + (how < 100 ? 0 : fuzz_bytes(in, 3));
	else
		h->now_ns += fuzz_bytes(in, how < 250 ? 3 : 4);
	host_event(h, (struct core_event){.type = CORE_EV_LOOK}, in);
}

static void outcome(struct host *h, struct fuzz_in *in)
{
	uint32_t g = fuzz_below(in, h->cfg.ngroups);
	uint8_t how = fuzz_byte(in);

	if (how & 1 && h->addrs[g]) {
		h->addrs[g] = false;
		host_event(h,
			   (struct core_event){.type = CORE_EV_ADDRS,
					       .group = g,
					       .addrs.there = how % 16 != 15},
			   in);
	} else if (h->probe[g]) {
		h->probe[g] = false;
		host_event(h,
			   (struct core_event){.type = CORE_EV_PROBED,
					       .group = g,
					       .probed.found = how & 2	 ? CORE_PROBED_NOBODY
							       : how & 4 ? CORE_PROBED_MEMBER
									 : CORE_PROBED_OTHER},
			   in);
	}
}

/* What can come at any time. */
static void command(struct host *h, struct fuzz_in *in)
{
	static const enum core_event_type types[] = {
		CORE_EV_LINK,	 CORE_EV_LINK,	   CORE_EV_LINK,      CORE_EV_TAKE,
		CORE_EV_RELEASE, CORE_EV_STAY_OUT, CORE_EV_COME_BACK, CORE_EV_PRIORITY,
		CORE_EV_TRACK,	 CORE_EV_GATEWAY,  CORE_EV_UPGRADE,   CORE_EV_STOP,
	};
	struct core_event ev = {.type = types[fuzz_below(in, 12)],
				.group = fuzz_below(in, h->cfg.ngroups)};
	uint8_t how = fuzz_byte(in);

	if (ev.type == CORE_EV_LINK)
		ev.link.up = how & 1;
	else if (ev.type == CORE_EV_TRACK)
		ev.track = (struct core_track){.pass = how & 1, .waits = how >> 1 & 1};
	else if (ev.type == CORE_EV_PRIORITY)
		ev.priority.now = how;
	else if (ev.type == CORE_EV_GATEWAY)
		ev.gateway.asked_ns = h->now_ns - how * HOST_MS;
	else if (ev.type == CORE_EV_RELEASE || ev.type == CORE_EV_STAY_OUT)
		ev.request = (struct core_request){.to_node = how >> 1 & 7, .force = how & 1};
	host_event(h, ev, in);
}

static void verdict(struct host *h, struct fuzz_in *in)
{
	uint32_t peer = fuzz_below(in, h->cfg.npeers);
	uint64_t limit_ns = h->cfg.t.g_ns;
	bool whole = fuzz_byte(in) & 1;
	uint64_t last_ns = h->view.peer[peer].last_ns;

	if (!last_ns) /* no timer runs for one that was never heard */
		return;
	if (h->now_ns < last_ns + limit_ns - (whole ? 0 : h->cfg.t.c_ns))
		h->now_ns = last_ns + limit_ns - (whole ? 0 : h->cfg.t.c_ns);
	host_event(h,
		   (struct core_event){.type = CORE_EV_SILENT,
				       .silent.peer = peer,
				       .silent.at_ns = h->now_ns,
				       .silent.whole = whole},
		   in);
}

static void configure(struct host *h, struct fuzz_in *in)
{
	uint8_t how = fuzz_byte(in);
	bool quorum = how & 1;
	struct err e;

	h->cfg = (struct core_config){.t = {.interval_ns = 50 * HOST_MS,
					    .misses = 7,
					    .rho_ppm = 100000,
					    .settle_ns = 5 * HOST_MS},
				      .node = 1 + (how >> 6),
				      .nkeys = 1,
				      .kid = {1},
				      .quorum = quorum,
				      .witness = quorum && (how & 14) == 14,
				      .alone = quorum ? CORE_ALONE_ALWAYS : how >> 1 & 1,
				      .npeers = quorum ? 2 + (how >> 4 & 1) : 1,
				      .ngroups = 1 + (how >> 5 & 1)};
	h->cfg.t.members = quorum ? h->cfg.npeers + 1u : 0;
	FUZZ_MUST(timing_derive(&h->cfg.t, &e) == 0);
	for (uint8_t i = 0; i < h->cfg.npeers; i++)
		h->cfg.peer_node[i] = i + 1 < h->cfg.node ? i + 1 : i + 2;
	for (uint8_t g = 0; g < h->cfg.ngroups; g++)
		h->cfg.group[g] = (struct core_group_config){.wire_id = 7 + g,
							     .priority = 100,
							     .address_first = how & 4,
							     .preempt = how & 8,
							     .preempt_delay_ns = 10 * h->cfg.t.g_ns,
							     .drain_ns = 1000 * HOST_MS};
}

void host_play(struct fuzz_in *in)
{
	static struct host h;

	memset(&h, 0, sizeof(h));
	configure(&h, in);
	h.now_ns = 100000 * HOST_MS;
	h.session = 0x1234567890abcdefull;
	for (uint32_t g = 0; g < h.cfg.ngroups; g++)
		host_close_gate(&h, g);
	core_init(&h.core, &h.cfg, h.session, fuzz_byte(in));
	host_event(&h, (struct core_event){.type = CORE_EV_LOOK}, in);
	for (unsigned int i = 0; i < STEPS && in->left && !h.gone; i++) {
		uint8_t what = fuzz_byte(in);

		if (what < 96)
			pass_time(&h, in);
		else if (what < 200) {
			host_hear(&h, what % h.cfg.npeers, what < 180, in);
			host_event(&h, (struct core_event){.type = CORE_EV_LOOK}, in);
		} else if (what < 220)
			outcome(&h, in);
		else if (what < 240)
			verdict(&h, in);
		else
			command(&h, in);
	}
}
