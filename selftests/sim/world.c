/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One seed: what it stands for, the nodes at their start, and the one loop in which time passes. */
#include <string.h>
#include "core/names.h"
#include "sim.h"

static const struct {
	uint64_t interval_ns, settle_ns;
	uint32_t misses, rho_ppm;
} settings[] = {
	{50 * SIM_MS, 5 * SIM_MS, 7, 100000},
	{100 * SIM_MS, 5 * SIM_MS, 5, 100000},
	{20 * SIM_MS, SIM_MS, 7, 1000},
	{10 * SIM_MS, SIM_MS / 5, 5, 1000},
};

static const unsigned int pair_classes[] = {
	CLASS_DAEMON,
	CLASS_ONE_WAY,
	CLASS_DAEMON | CLASS_ONE_WAY,
	CLASS_DAEMON | CLASS_ONE_WAY | CLASS_HOST | CLASS_ADMIN | CLASS_LOCAL,
	CLASS_DAEMON | CLASS_NET,
	CLASS_ALL,
	CLASS_DAEMON | CLASS_ONE_WAY | CLASS_TIMING,
	CLASS_ALL | CLASS_TIMING | CLASS_RING,
	CLASS_DAEMON | CLASS_HOST | CLASS_PAUSE | CLASS_RING,
};

static const unsigned int quorum_classes[] = {
	CLASS_DAEMON | CLASS_HOST,
	CLASS_DAEMON | CLASS_NET | CLASS_ONE_WAY,
	CLASS_DAEMON | CLASS_ADMIN | CLASS_LOCAL,
	CLASS_ALL,
	CLASS_ALL | CLASS_TIMING | CLASS_RING,
	CLASS_DAEMON | CLASS_HOST | CLASS_PAUSE | CLASS_RING,
	CLASS_DAEMON | CLASS_NET | CLASS_MEMBERS, /* of five nodes only */
};

#define SETTINGS (sizeof(settings) / sizeof(*settings))

static const char *const mode_names[SIM_MODES] = {
	[MODE_PAIR] = "pair",
	[MODE_QUORUM3] = "quorum3",
	[MODE_QUORUM5] = "quorum5",
	[MODE_WITNESS] = "witness",
};

static const char *const rule_names[MODEL_RULES] = {
	[WITHOUT_FENCE] = "fence",
	[WITHOUT_BUMP] = "bump",
	[WITHOUT_CAS] = "cas",
	[WITHOUT_STALE] = "stale",
	[WITHOUT_RUN_START] = "run-start",
	[WITHOUT_SEQ] = "seq",
	[WITHOUT_NOW_FIRST] = "now-first",
	[WITHOUT_READ] = "read",
	[WITHOUT_FRESH] = "fresh",
	[WITHOUT_RENEW_LIVE] = "renew-live",
	[WITHOUT_LATE] = "late",
	[WITHOUT_LEASE_MAX] = "lease-max",
	[WITHOUT_LONGER] = "longer",
	[WITHOUT_NEXT] = "next",
	[WITHOUT_NEW_LEASE] = "new-lease",
	[WITHOUT_SHORTER] = "shorter",
	[WITHOUT_OWN_BEFORE] = "own-before",
	[WITHOUT_ANEW] = "anew",
	[WITHOUT_DEAF_RUN] = "deaf-run",
	[WITHOUT_LIMITED] = "limited",
	[WITHOUT_IDENTITY] = "identity",
	[WITHOUT_SETTLED] = "settled",
	[WITHOUT_ONE_VOTER] = "one-voter",
	[WITHOUT_NUMBER] = "number",
	[WITHOUT_RAISE] = "raise",
};

const char *model_rule_name(enum model_rule rule)
{
	return rule_names[rule];
}

const char *mode_name(enum sim_mode mode)
{
	return mode_names[mode];
}

void options_set_timing(struct options *o, unsigned int setting)
{
	struct err e;

	o->t = (struct timing){.interval_ns = settings[setting].interval_ns,
			       .misses = settings[setting].misses,
			       .rho_ppm = settings[setting].rho_ppm,
			       .settle_ns = settings[setting].settle_ns,
			       .members = o->mode == MODE_PAIR ? 0 : o->nodes};
	(void)timing_derive(&o->t, &e);
	o->preempt_delay_ns = 10 * o->t.g_ns;
}

void options_draw(struct options *o, enum sim_mode mode, uint64_t seed)
{
	static const uint32_t sizes[SIM_MODES] = {2, 3, 5, 3};
	struct rng r = {seed * 0x9e3779b97f4a7c15ull + mode};

	memset(o, 0, sizeof(*o));
	o->mode = mode;
	o->seed = seed;
	o->nodes = sizes[mode];
	o->witness = mode == MODE_WITNESS ? 3 : 0;
	/* A small G - L shows what a promise lacks: of a quorum every other time. */
	options_set_timing(o, mode != MODE_PAIR && rng_below(&r, 2)
				      ? SETTINGS - 1
				      : (unsigned int)rng_below(&r, SETTINGS));
	o->classes = mode == MODE_PAIR
			     ? pair_classes[rng_below(&r, 9)]
			     : quorum_classes[rng_below(&r, mode == MODE_QUORUM5 ? 7 : 6)];
	o->alone = CORE_ALONE_ALWAYS;
	if (mode == MODE_PAIR && rng_below(&r, 2))
		o->alone = rng_below(&r, 2) ? CORE_ALONE_NEVER : CORE_ALONE_GATEWAY;
	o->groups = 1 + (uint32_t)rng_below(&r, 2);
	o->drift = rng_below(&r, 4) != 0;
	o->races = rng_below(&r, 2) == 0;
	o->preempt = rng_below(&r, 4) == 0;
	o->hold_off_ns = rng_below(&r, 4) ? 0 : 20 * o->t.interval_ns;
	o->drain_ns = rng_below(&r, 2) * 20 * o->t.interval_ns;
	o->length = 200;
	o->paths = 1 + (rng_below(&r, 4) == 0);
	o->rollout = rng_below(&r, 2) ? CORE_ROLLOUT_PERMISSIVE
				      : (enum core_rollout)rng_below(&r, CORE_ROLLOUT_ENFORCE + 1);
	options_set_other(o);
}

void options_set_other(struct options *o)
{
	static const uint32_t drift_ppm[] = {1000, 10000, 100000};
	struct err e;

	o->other = o->t;
	if (o->seed & 1)
		o->other.interval_ns /= 5;
	else
		o->other.interval_ns *= 5;
	/* Bounds of clock and wire differ as well, every other time. */
	if (o->seed & 2) {
		o->other.rho_ppm = drift_ppm[o->seed / 4 % 3];
		o->other.settle_ns = o->seed & 8 ? o->t.settle_ns : 2 * o->t.settle_ns;
	}
	if (timing_derive(&o->other, &e))
		o->other.interval_ns = 0;
}

void options_print(const struct options *o, FILE *to)
{
	static const char *const alone[] = {"always", "never", "gateway"};

	(void)fprintf(to,
		      "mode %s seed %llu: T %g ms, M %u, rho %g%%, epsilon %g ms, alone %s, groups "
		      "%u, faults of classes %#x, drift %d, races %d, preempt %d, hold-off %g ms, "
		      "drain %g ms, length %u T, without %#llx\n",
		      mode_names[o->mode], (unsigned long long)o->seed,
		      (double)o->t.interval_ns / 1e6, o->t.misses, o->t.rho_ppm / 1e4,
		      (double)o->t.settle_ns / 1e6, alone[o->alone], o->groups, o->classes,
		      o->drift, o->races, o->preempt, (double)o->hold_off_ns / 1e6,
		      (double)o->drain_ns / 1e6, o->length, (unsigned long long)o->without);
}

/* No file's bound is false. */
uint32_t options_drift_ppm(const struct options *o)
{
	return o->other.interval_ns && o->other.rho_ppm < o->t.rho_ppm ? o->other.rho_ppm
								       : o->t.rho_ppm;
}

void world_init(struct sim *s, const struct options *o)
{
	memset(&s->order, 0, sizeof(*s) - offsetof(struct sim, order));
	s->now_ns = 0;
	s->o = *o;
	s->rng.s = o->seed * 0xd1342543de82ef95ull + o->mode;
	net_init(s);
	for (uint32_t n = 0; n < o->nodes; n++) {
		struct node *d = &s->node[n];
		int32_t rho = (int32_t)options_drift_ppm(o);
		int32_t ppm =
			o->drift ? (int32_t)rng_range(&s->rng, 0, 2 * (uint64_t)rho) - rho : 0;

		d->up = true;
		d->t = o->t;
		d->id = (uint8_t)(n + 1);
		d->groups = o->groups;
		d->members = o->classes & CLASS_MEMBERS ? 3 : o->nodes;
		d->nkids = 1;
		d->kids[0] = 1;
		clock_begin(&d->clock, 0, 100 * SIM_SECOND + rng_below(&s->rng, 1000 * SIM_SECOND),
			    ppm);
		queue_push(s, (struct sim_event){.kind = EV_START,
						 .at_ns = rng_below(&s->rng, 2 * o->t.interval_ns),
						 .node = (uint8_t)n,
						 .a = START_FRESH});
	}
}

static void post_outcome(struct sim *s, const struct sim_event *ev)
{
	struct node *d = &s->node[ev->node];
	struct core_event out = {.group = ev->a};

	if (ev->b != d->life)
		return;
	if (ev->kind == EV_ADDRS) {
		out.type = CORE_EV_ADDRS;
		out.addrs.there = !d->netlink_fails;
	} else if (ev->kind == EV_GATEWAY) {
		out.type = CORE_EV_GATEWAY;
		out.gateway.asked_ns = ev->c;
	} else {
		out.type = CORE_EV_PROBED;
		out.probed.found = CORE_PROBED_NOBODY;
		for (uint32_t m = 0; m < s->o.nodes; m++)
			if (m != ev->node && judge_live(s, m, ev->a) &&
			    net_arp_passes(s, ev->node, m) && net_arp_passes(s, m, ev->node))
				out.probed.found = CORE_PROBED_MEMBER;
	}
	node_post(s, ev->node, out);
}

static bool of_the_host(const struct sim_event *ev)
{
	return ev->kind == EV_FRAME || ev->kind == EV_TIMER || ev->kind == EV_WAKE ||
	       ev->kind == EV_RUN;
}

static void dispatch(struct sim *s, const struct sim_event *ev)
{
	switch ((enum sim_event_kind)ev->kind) {
	case EV_FRAME:
		net_arrive(s, ev);
		break;
	case EV_TIMER:
		kernel_timer(s, ev->node, ev->a, ev->b);
		break;
	case EV_WAKE:
	case EV_RUN:
		node_handle(s, ev);
		break;
	case EV_START:
		if (ev->b == s->node[ev->node].life)
			node_start(s, ev->node, (enum start_how)ev->a);
		break;
	case EV_ADDRS:
	case EV_PROBED:
	case EV_GATEWAY:
		post_outcome(s, ev);
		break;
	case EV_FAULT:
	case EV_FAULT_END:
		if (s->j.calm)
			break;
		if (ev->kind == EV_FAULT)
			fault_begin(s, &s->fault[ev->a]);
		else
			fault_end(s, &s->fault[ev->a]);
		break;
	case EV_HEAL:
		live_heal(s);
		break;
	case EV_CHECK:
		live_check(s, ev->a);
		break;
	}
}

static void schedule(struct sim *s)
{
	for (uint32_t i = 0; i < s->nfaults; i++) {
		const struct fault *f = &s->fault[i];

		queue_push(s, (struct sim_event){.kind = EV_FAULT, .at_ns = f->at_ns, .a = i});
		queue_push(s, (struct sim_event){.kind = EV_FAULT_END,
						 .at_ns = f->at_ns + f->for_ns,
						 .a = i});
	}
	queue_push(s,
		   (struct sim_event){.kind = EV_HEAL, .at_ns = s->o.length * s->o.t.interval_ns});
}

bool world_until(struct sim *s, uint64_t until_ns)
{
	struct sim_event ev;

	while (!s->done && !*s->j.bad && s->nheap && s->heap[0].at_ns <= until_ns &&
	       queue_pop(s, &ev)) {
		uint64_t frozen_ns = s->node[ev.node].frozen_until_ns;

		if (of_the_host(&ev) && ev.at_ns < frozen_ns) {
			ev.at_ns = frozen_ns + rng_below(&s->rng, 200000);
			queue_push(s, ev);
			continue;
		}
		s->now_ns = ev.at_ns;
		judge_tick(s);
		dispatch(s, &ev);
	}
	if (until_ns != SIM_FOREVER && !*s->j.bad)
		s->now_ns = until_ns;
	return !*s->j.bad;
}

bool world_run(struct sim *s)
{
	schedule(s);
	(void)world_until(s, SIM_FOREVER);
	s->stats.seeds++;
	s->stats.virtual_ns += s->now_ns;
	return !*s->j.bad;
}
