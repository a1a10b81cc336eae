/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Once the faults are over: one owner within its bound (V1), peace (V2), a handover (V3, S9), no failing back (V5). */
#include "judge.h"
#include "sim.h"

enum check { CHECK_OWNER, CHECK_PEACE, CHECK_HANDED, CHECK_DONE };

static void check_at(struct sim *s, enum check what, uint64_t ns)
{
	queue_push(s, (struct sim_event){.kind = EV_CHECK, .at_ns = s->now_ns + ns, .a = what});
}

static uint64_t slow(const struct sim *s, uint64_t ns)
{
	return ns * 1000000 / (1000000 - s->o.t.rho_ppm);
}

/* V1: B + G/(1 - rho) + N S + 4 T; and what the faults may have left to wait for: a request, a retry, a probe. */
static uint64_t settle_ns(const struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t ns = slow(s, t->b_ns + t->g_ns + s->o.nodes * t->s_ns + 4 * t->interval_ns);

	ns += slow(s, s->o.hold_off_ns + 400 * SIM_MS);
	/* One after the other, each better than the last. */
	if (s->o.preempt)
		ns += slow(s, s->o.nodes * (s->o.preempt_delay_ns + 2 * t->g_ns));
	if (s->o.classes & (CLASS_ADMIN | CLASS_LOCAL))
		ns += slow(s, 5 * SIM_SECOND + 10 * t->g_ns);
	if (s->o.classes & CLASS_TIMING)
		ns += slow(s, s->o.other.b_ns + s->o.other.g_ns);
	/* Frames of before are still under way. */
	if (s->o.classes & (CLASS_NET | CLASS_RING))
		ns += 30 * t->interval_ns;
	return ns;
}

static void heal_node(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	d->late_ns = d->netlink_ns = 0;
	d->netlink_fails = d->no_gateway = d->stall_armed = d->link_down = false;
	d->egress_drops = d->egress_partly = false;
	d->track_down[0] = d->track_down[1] = false;
	d->other_config = false;
	d->deaf_ring = d->bad_swap = false;
	d->t = s->o.t;
	d->groups = s->o.groups;
	d->deaf = false;
	d->kids[0] = 1;
	d->nkids = 1;
	if (!d->up) {
		fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = (uint8_t)n});
	} else if (s->o.classes & (CLASS_ADMIN | CLASS_TIMING)) {
		/* With the keys and the priorities that the file names. */
		node_die(s, n);
		node_start(s, n, s->o.classes & CLASS_TIMING ? START_FRESH : START_ADOPT);
	} else {
		node_cont(s, n);
		node_start(s, n, rng_below(&s->rng, 2) ? START_ADOPT : START_FRESH);
	}
	node_post(s, n, (struct core_event){.type = CORE_EV_HEARS, .hears.there = true});
	for (uint32_t g = 0; g < s->o.groups; g++) {
		node_post(s, n, (struct core_event){.type = CORE_EV_COME_BACK, .group = g});
		node_post(s, n,
			  (struct core_event){.type = CORE_EV_LINK, .group = g, .link.up = true});
		node_post(s, n,
			  (struct core_event){.type = CORE_EV_TRACK,
					      .group = g,
					      .track.pass = true});
	}
}

void live_heal(struct sim *s)
{
	trace(s, "all faults are over");
	/* Where the members stand half-way there is nothing that all must come to. */
	if (s->o.classes & CLASS_MEMBERS) {
		s->done = true;
		return;
	}
	s->disturbed_ns = s->now_ns;
	s->j.calm = true;
	s->delay_ns = 0;
	s->duplicate_ppm = s->replay_ppm = s->forge_ppm = 0;
	for (uint32_t a = 0; a < s->o.nodes; a++)
		for (uint32_t b = 0; b < s->o.nodes; b++)
			s->link[a][b] = (struct link){0};
	for (uint32_t n = 0; n < s->o.nodes; n++)
		heal_node(s, n);
	check_at(s, CHECK_OWNER, settle_ns(s));
}

static uint32_t owner_of(const struct sim *s, uint32_t g)
{
	for (uint32_t n = 0; n < s->o.nodes; n++)
		if (judge_live(s, n, g))
			return n;
	return SIM_NODES;
}

static void check_owners(struct sim *s, const char *rule, const char *when)
{
	for (uint32_t g = 0; g < s->o.groups; g++) {
		uint32_t live = 0;

		for (uint32_t n = 0; n < s->o.nodes; n++)
			live += judge_live(s, n, g);
		if (live != 1)
			judge_fail(s, rule, "group %u has %u owners %s", g, live, when);
	}
}

/* To another than its priority would choose, as often as not. */
static void hand_over(struct sim *s)
{
	uint32_t g = (uint32_t)rng_below(&s->rng, s->o.groups), n = owner_of(s, g);
	uint32_t to = (n + 1 + (uint32_t)rng_below(&s->rng, s->o.nodes - 1)) % s->o.nodes;

	s->j.still = false;
	s->j.handing = true;
	trace(s, "n%u is asked to release group %u", n + 1, g);
	node_post(s, n,
		  (struct core_event){.type = CORE_EV_RELEASE,
				      .group = g,
				      .request.to_node =
					      to + 1u == s->o.witness ? 0 : (uint8_t)(to + 1)});
	check_at(s, CHECK_HANDED, slow(s, 10 * s->o.t.interval_ns + s->o.t.g_ns));
}

/* V5: one that is better, or was, comes back and takes nothing. */
static void restart_another(struct sim *s)
{
	uint32_t n = (uint32_t)rng_below(&s->rng, s->o.nodes);

	s->j.handing = false;
	s->j.still = true;
	for (uint32_t g = 0; g < s->o.groups; g++)
		if (owner_of(s, g) == n) {
			check_at(s, CHECK_DONE, 20 * s->o.t.interval_ns);
			return;
		}
	node_die(s, n);
	node_start(s, n, rng_below(&s->rng, 2) ? START_ADOPT : START_FRESH);
	check_at(s, CHECK_DONE, slow(s, s->o.t.b_ns + 2 * s->o.t.g_ns + 20 * s->o.t.interval_ns));
}

void live_check(struct sim *s, uint32_t what)
{
	switch ((enum check)what) {
	case CHECK_OWNER:
		check_owners(s, "V1", "after the faults");
		s->j.still = true;
		check_at(s, CHECK_PEACE, 60 * s->o.t.interval_ns);
		break;
	case CHECK_PEACE:
		check_owners(s, "V2", "in peace");
		hand_over(s);
		break;
	case CHECK_HANDED:
		check_owners(s, "V3", "after a handover");
		if (s->j.handover[0].active || s->j.handover[1].active)
			judge_fail(s, "V3", "a handover has not ended");
		if (s->o.preempt)
			s->done = true;
		else
			restart_another(s);
		break;
	case CHECK_DONE:
		check_owners(s, "V5", "after a restart of another");
		s->done = true;
		break;
	}
}
