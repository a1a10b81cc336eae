/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A daemon begins: its configuration, what it adopts from the maps, what its doors find at once. */
#include <string.h>
#include "judge.h"
#include "sim.h"

static void configure(const struct sim *s, uint32_t n, struct core_config *cfg)
{
	const struct node *d = &s->node[n];

	*cfg = (struct core_config){.t = d->t,
				    .cfg_hash = d->other_config ? 2 : 1,
				    .node = (uint8_t)(n + 1),
				    .nkeys = d->nkids,
				    .rollout = CORE_ROLLOUT_PERMISSIVE,
				    .quorum = s->o.mode != MODE_PAIR,
				    .witness = s->o.witness == n + 1,
				    .alone = s->o.alone,
				    .hold_off_ns = s->o.hold_off_ns,
				    .npeers = (uint8_t)((d->members ? d->members : s->o.nodes) - 1),
				    .ngroups = (uint8_t)s->o.groups};
	memcpy(cfg->kid, d->kids, d->nkids);
	for (uint32_t i = 0; i < cfg->npeers; i++)
		cfg->peer_node[i] = (uint8_t)(peer_node(n, i) + 1);
	for (uint32_t g = 0; g < s->o.groups; g++)
		cfg->group[g] = (struct core_group_config){
			.wire_id = (uint16_t)(7 + g),
			.priority = (uint8_t)(150 - 10 * ((n + g) % s->o.nodes)),
			.address_first = g == 0,
			.preempt = s->o.preempt,
			.preempt_delay_ns = s->o.preempt_delay_ns,
			.drain_ns = s->o.drain_ns,
		};
}

/* What the pinned maps offer to a successor: promises (P9), and with the session the gates (P8). */
static void adopt(struct sim *s, uint32_t n, bool session)
{
	struct node *d = &s->node[n];
	struct core_adopt a = {.remembers = d->k.other_config == d->other_config};

	if (session && d->k.sent_session == d->k.session)
		a.seq = d->k.sent_seq;
	for (uint32_t g = 0; g < s->o.groups; g++) {
		a.drained[g] = d->k.drained[g];
		a.promise[g] = d->k.promise[g];
		if (session && lease_live(d->k.word[g], world_local_ns(s, n)))
			a.epoch[g] = d->k.binding[g][lease_slot(d->k.word[g])];
	}
	core_adopt(&d->core, &a);
}

/* I2: what a peer announced before our time is not known; the longest that it may have, a moment ago. */
static void assume_longest(struct sim *s, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < s->o.nodes && !without(s, WITHOUT_NEW_LEASE); i++) {
		s->node[n].k.peer[i].hold_us_max =
			(uint32_t)judge_hold_us(s->node[n].t.x_ns, s->node[n].t.rho_ppm,
						s->node[n].t.settle_ns);
		s->node[n].k.peer[i].hold_max_ns = world_local_ns(s, n);
	}
}

/* P9: before the maps say that a daemon has been here. */
static void note_forgotten(struct sim *s, uint32_t n)
{
	for (uint32_t g = 0; g < s->o.groups && s->o.mode != MODE_PAIR; g++)
		s->node[n].k.promise[g].boot_until_ns = world_local_ns(s, n) + s->node[n].t.b_ns;
}

/* What its doors find at the start and tell the core of. */
static void tell_state(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	for (uint32_t g = 0; g < s->o.groups; g++) {
		if (d->link_down)
			node_post(s, n, (struct core_event){.type = CORE_EV_LINK, .group = g});
		if (d->track_down[g])
			node_post(s, n, (struct core_event){.type = CORE_EV_TRACK, .group = g});
	}
}

void node_start(struct sim *s, uint32_t n, enum start_how how)
{
	struct node *d = &s->node[n];
	struct core_config cfg;
	bool maps = d->k.session != 0;

	if (d->running || !d->up)
		return;
	configure(s, n, &cfg);
	if (!maps || d->k.other_config != d->other_config)
		note_forgotten(s, n);
	d->life++;
	d->running = true;
	d->hung = d->stall_armed = d->just_stalled = d->rang = false;
	d->phase = PHASE_IDLE;
	d->inbox_count = d->queue_count = 0;
	memset(&d->view, 0, sizeof(d->view));
	if (how == START_FRESH || !maps || d->k.other_config != d->other_config) {
		d->k.session = ++s->session * 0x9e3779b97f4a7c15ull;
		how = START_FRESH;
	}
	d->k.key_min = 0;
	trace(s, "n%u starts%s", n + 1, how == START_ADOPT ? ", adopts" : "");
	core_init(&d->core, &cfg, d->k.session, s->session * 77 + d->life);
	if (maps)
		adopt(s, n, how == START_ADOPT);
	else
		assume_longest(s, n);
	d->k.other_config = d->other_config;
	tell_state(s, n);
	node_ring(s, n);
}
