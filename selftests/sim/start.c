/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A daemon begins: its configuration, what it adopts from the maps, what its doors find at once. */
#include <string.h>
#include "judge.h"
#include "sim.h"

#define FOREIGN 99 /* the hash of a file that names other members altogether */

uint32_t node_hash(const struct sim *s, uint32_t n, uint32_t members)
{
	return s->node[n].other_config ? FOREIGN : members;
}

static void configure_groups(const struct sim *s, uint32_t n, struct core_config *cfg)
{
	cfg->ngroups = (uint8_t)s->node[n].groups;
	for (uint32_t g = 0; g < cfg->ngroups; g++)
		cfg->group[g] = (struct core_group_config){
			.wire_id = (uint16_t)(7 + g),
			.priority = (uint8_t)(150 - 10 * ((n + g) % s->o.nodes)),
			.address_first = g == 0,
			.preempt = s->o.preempt,
			.preempt_delay_ns = s->o.preempt_delay_ns,
			.drain_ns = s->o.drain_ns,
		};
}

static void configure(const struct sim *s, uint32_t n, struct core_config *cfg)
{
	const struct node *d = &s->node[n];

	*cfg = (struct core_config){.t = d->t,
				    .cfg_hash = node_hash(s, n, d->members),
				    .node = d->id,
				    .nkeys = d->nkids,
				    .rollout = s->o.rollout,
				    .quorum = s->o.mode != MODE_PAIR,
				    .witness = s->o.witness == n + 1,
				    .alone = s->o.alone,
				    .hold_off_ns = s->o.hold_off_ns,
				    .npeers = (uint8_t)(d->members - 1)};
	memcpy(cfg->kid, d->kids, d->nkids);
	/* A copied file: the other number is for the other host still. */
	for (uint32_t i = 0; i < cfg->npeers; i++)
		cfg->peer_node[i] =
			(uint8_t)(d->id == n + 1 ? peer_node(n, i) + 1 : peer_node(n, i) + 2);
	configure_groups(s, n, cfg);
}

/* Members: known from the process before, or one voter more or less than that one had (protocol 8). */
static void configure_members(struct sim *s, uint32_t n, struct core_config *cfg)
{
	const struct kernel *k = &s->node[n].k;

	if (!k->session || cfg->cfg_hash == FOREIGN || k->cfg_hash == FOREIGN)
		return;
	cfg->cfg_settled = k->cfg_settled && k->cfg_hash == cfg->cfg_hash;
	cfg->cfg_prev = k->cfg_hash == cfg->cfg_hash ? k->cfg_prev : k->cfg_hash;
	cfg->prev_over = k->prev_over && k->cfg_hash == cfg->cfg_hash;
	/* The hash of a set is its size. Back to the one before: as if it had not gone. */
	if (k->cfg_prev == cfg->cfg_hash && !k->prev_over)
		cfg->cfg_prev = 0;
	cfg->prev_votes = (uint8_t)(cfg->cfg_prev / 2 + 1);
	cfg->prev_not = cfg->cfg_hash > cfg->cfg_prev ? (uint8_t)cfg->cfg_hash : 0;
}

/* What the pinned maps offer to an heir: promises (P9), and with the session the gates (P8). */
static void adopt(struct sim *s, uint32_t n, bool session)
{
	struct node *d = &s->node[n];
	bool foreign = node_hash(s, n, d->members) == FOREIGN;
	struct core_adopt a = {.remembers = foreign == (d->k.cfg_hash == FOREIGN)};

	if (session && d->k.sent_session == d->k.session)
		a.seq = d->k.sent_seq;
	for (uint32_t g = 0; g < s->o.groups; g++) {
		a.drained[g] = d->k.drained[g];
		a.unknown[g] = g >= d->k.groups;
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

/* I2: a peer may go by the L that was ours, until it has heard of the shorter one. */
static void note_own(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];
	const struct timing *was = &d->k.t;
	uint64_t was_us = judge_hold_us(was->lease_ns, was->rho_ppm, was->settle_ns);
	bool longer = was_us > judge_hold_us(d->t.lease_ns, d->t.rho_ppm, d->t.settle_ns);

	for (uint32_t i = 0; i + 1 < s->o.nodes && longer; i++) {
		struct kernel_peer *rec = &d->k.peer[i];

		if (!without(s, WITHOUT_OWN_BEFORE))
			hold_note(&rec->hold_us_max, &rec->hold_us_next, &rec->hold_max_ns,
				  (uint32_t)was_us, world_local_ns(s, n), d->t.rho_ppm, false);
	}
	d->k.t = d->t;
}

/* P8: what the process before was granted, and how it was heard, is worth no longer times. */
static bool begins_anew(const struct sim *s, const struct node *d)
{
	return (d->t.lease_ns > d->k.t.lease_ns || d->t.interval_ns > d->k.t.interval_ns) &&
	       !without(s, WITHOUT_ANEW);
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

	if (d->deaf)
		node_post(s, n, (struct core_event){.type = CORE_EV_HEARS});
	for (uint32_t g = 0; g < d->groups; g++) {
		if (d->link_down)
			node_post(s, n, (struct core_event){.type = CORE_EV_LINK, .group = g});
		if (d->track_down[g] || d->track_waits)
			node_post(s, n,
				  (struct core_event){.type = CORE_EV_TRACK,
						      .group = g,
						      .track.pass = !d->track_down[g],
						      .track.waits = d->track_waits});
	}
}

void node_start(struct sim *s, uint32_t n, enum start_how how)
{
	struct node *d = &s->node[n];
	struct core_config cfg;
	bool maps = d->k.session != 0, differs;

	if (d->running || !d->up || n >= d->members)
		return;
	configure(s, n, &cfg);
	configure_members(s, n, &cfg);
	differs = (d->k.cfg_hash == FOREIGN) != (cfg.cfg_hash == FOREIGN);
	if (!maps || differs)
		note_forgotten(s, n);
	d->life++;
	d->running = true;
	d->hung = d->stall_armed = d->just_stalled = d->rang = false;
	d->phase = PHASE_IDLE;
	d->inbox_count = d->queue_count = 0;
	memset(&d->view, 0, sizeof(d->view));
	if (how == START_FRESH || !maps || differs || begins_anew(s, d)) {
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
	note_own(s, n);
	d->k.cfg_hash = cfg.cfg_hash;
	d->k.cfg_prev = cfg.cfg_prev;
	d->k.prev_over = cfg.prev_over;
	d->k.cfg_settled = cfg.cfg_settled;
	d->k.groups = cfg.ngroups;
	tell_state(s, n);
	node_ring(s, n);
}
