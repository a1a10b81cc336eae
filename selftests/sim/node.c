/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The process of the daemon: wakes, reads the clock, reads the records, steps, carries effects out. It can be
 * stopped between any two of these, which is what real ones are.
 */
#include <string.h>
#include "judge.h"
#include "sim.h"

#define SPIN 2000 /* steps at one moment: more is a daemon that eats its CPU */

uint64_t world_local_ns(const struct sim *s, uint32_t n)
{
	return clock_local(&s->node[n].clock, s->now_ns);
}

static void run_after(struct sim *s, uint32_t n, uint64_t ns)
{
	struct node *d = &s->node[n];

	d->run_pending = true;
	queue_push(s, (struct sim_event){.kind = EV_RUN,
					 .at_ns = s->now_ns + ns,
					 .node = (uint8_t)n,
					 .a = ++d->run_gen});
}

/* Its loop has something to do: it is scheduled, soon or late. */
static void poke(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];
	uint64_t late_ns = d->late_ns ? rng_below(&s->rng, d->late_ns) : 0;

	if (!d->running || d->hung || d->phase != PHASE_IDLE || d->run_pending)
		return;
	if (s->o.races && rng_below(&s->rng, 4) == 0)
		late_ns += rng_below(&s->rng, d->t.sigma_ns / 4);
	run_after(s, n, late_ns);
}

void node_ring(struct sim *s, uint32_t n)
{
	if (s->node[n].deaf_ring)
		return; /* its own timer, or the next thing that the kernel tells, wakes it */
	s->node[n].rang = true;
	poke(s, n);
}

void node_post(struct sim *s, uint32_t n, struct core_event ev)
{
	struct node *d = &s->node[n];

	if (!d->running || ev.group >= d->core.cfg.ngroups)
		return;
	if (d->inbox_count < SIM_INBOX)
		d->inbox[d->inbox_count++] = ev;
	poke(s, n);
}

/* One event waits for the timer, at most: one that comes early puts itself off. */
static void wake_queue(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	if (d->wake_queued_ns && d->wake_queued_ns <= d->wake_ns)
		return;
	d->wake_queued_ns = d->wake_ns;
	queue_push(s, (struct sim_event){.kind = EV_WAKE,
					 .at_ns = d->wake_ns,
					 .node = (uint8_t)n,
					 .b = d->wake_ns});
}

void node_arm(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];
	uint64_t at_ns;

	if (!d->running || d->hung || d->phase != PHASE_IDLE || d->run_pending)
		return;
	at_ns = clock_true(&d->clock, core_deadline(&d->core));
	d->wake_ns = SIM_FOREVER;
	if (at_ns == SIM_FOREVER)
		return;
	if (at_ns < s->now_ns)
		at_ns = s->now_ns;
	d->wake_ns = at_ns + rng_below(&s->rng, 20000 + d->late_ns);
	wake_queue(s, n);
}

static void wake(struct sim *s, uint32_t n, uint64_t queued_ns)
{
	struct node *d = &s->node[n];

	if (d->wake_queued_ns != queued_ns)
		return;
	d->wake_queued_ns = 0;
	if (!d->running || d->hung || d->phase != PHASE_IDLE || d->run_pending)
		return;
	if (s->now_ns >= d->wake_ns)
		node_run(s, n);
	else if (d->wake_ns != SIM_FOREVER)
		wake_queue(s, n);
}

static void queue_event(struct node *d, struct core_event ev)
{
	if (d->queue_count < SIM_INBOX)
		d->queue[(d->queue_first + d->queue_count++) % SIM_INBOX] = ev;
}

static void copy_frame(const struct sim *s, uint32_t slot, uint64_t rx_ns, uint64_t *ret_ns,
		       struct beat *storage, const struct beat **ret)
{
	if (!rx_ns || rx_ns == *ret_ns)
		return;
	beat_copy(storage, &s->slot[slot].beat);
	*ret_ns = rx_ns;
	*ret = storage;
}

static void read_view(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];
	const struct kernel *k = &d->k;

	d->view.run_start_ns = k->sent_session == k->session ? k->run_start_ns : 0;
	for (uint32_t g = 0; g < s->o.groups; g++) {
		d->view.group[g].word = k->word[g];
		d->view.group[g].epoch_max = k->epoch_max[g];
		d->view.group[g].owner_epoch = k->owner_epoch[g];
	}
	for (uint32_t i = 0; i + 1 < s->o.nodes; i++) {
		struct core_peer_view *v = &d->view.peer[i];
		const struct kernel_peer *rec = &k->peer[i];

		v->last_ns = rec->last_ns;
		copy_frame(s, rec->proven, rec->proven_rx_ns, &v->proven_rx_ns, &d->proven[i],
			   &v->proven);
		copy_frame(s, rec->unproven, rec->unproven_rx_ns, &v->unproven_rx_ns,
			   &d->unproven[i], &v->unproven);
		v->hold_us_max =
			hold_longest_us(rec->hold_us_max, rec->hold_us_next, rec->hold_max_ns,
					world_local_ns(s, n), d->t.rho_ppm);
	}
}

/* True: the daemon is stopped here, and goes on at this place later. */
static bool stopped_at(struct sim *s, uint32_t n, enum stall_point point)
{
	struct node *d = &s->node[n];

	if (d->just_stalled) {
		d->just_stalled = false;
		return false;
	}
	if (d->stall_armed && d->stall_point == point) {
		d->stall_armed = false;
		d->just_stalled = true;
		trace(s, "n%u stopped inside a step for %.1f ms", n + 1, (double)d->stall_ns / 1e6);
		run_after(s, n, d->stall_ns);
		return true;
	}
	if (s->o.races && rng_below(&s->rng, 64) == 0) {
		d->just_stalled = true;
		run_after(s, n, rng_below(&s->rng, d->t.sigma_ns / 8));
		return true;
	}
	return false;
}

static bool stopped_before(struct sim *s, uint32_t n, enum core_effect_type type)
{
	enum stall_point point = STALL_STEP;

	if (type == CORE_FX_SEND)
		point = STALL_SEND;
	else if (type == CORE_FX_TAKE)
		point = STALL_TAKE;
	else if (type == CORE_FX_RENEW)
		point = STALL_RENEW;
	else if (type == CORE_FX_CLOSE)
		point = STALL_CLOSE;
	return stopped_at(s, n, point);
}

static void step(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	if (d->steps_at_ns != s->now_ns)
		d->steps = 0;
	d->steps_at_ns = s->now_ns;
	if (++d->steps > SPIN)
		judge_fail(s, "spin", "n%u makes step after step at one moment", n + 1);
	core_step(&d->core, &d->current, &d->view, &d->out);
	d->fx = 0;
	s->stats.steps++;
	for (uint32_t i = 0; i < d->out.n; i++) {
		trace_effect(s, n, &d->out.fx[i]);
		judge_effect(s, n, &d->out.fx[i]);
	}
}

static void effects(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	while (d->fx < d->out.n) {
		if (stopped_before(s, n, d->out.fx[d->fx].type))
			return;
		effect_carry_out(s, n, &d->out.fx[d->fx++]);
		if (!d->running)
			return;
	}
	d->phase = PHASE_NOW;
}

static void read_clock(struct sim *s, uint32_t n)
{
	s->node[n].current.now_ns = world_local_ns(s, n);
}

/* One of: the next event of the queue and the clock; the records and the step; the effects. */
static void advance(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	switch (d->phase) {
	case PHASE_IDLE:
		break;
	case PHASE_NOW:
		if (!d->queue_count) {
			d->phase = PHASE_IDLE;
			break;
		}
		d->current = d->queue[d->queue_first];
		d->queue_first = (d->queue_first + 1) % SIM_INBOX;
		d->queue_count--;
		read_clock(s, n);
		if (without(s, WITHOUT_NOW_FIRST))
			read_view(s, n);
		d->phase = PHASE_VIEW;
		break;
	case PHASE_VIEW:
		if (stopped_at(s, n, STALL_VIEW))
			break;
		if (without(s, WITHOUT_NOW_FIRST))
			read_clock(s, n);
		else if (d->current.type != CORE_EV_SILENT || !without(s, WITHOUT_READ))
			read_view(s, n);
		step(s, n);
		d->phase = PHASE_EFFECTS;
		break;
	case PHASE_EFFECTS:
		effects(s, n);
		break;
	}
}

void node_run(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	d->run_pending = false;
	if (d->phase == PHASE_IDLE) {
		for (uint32_t i = 0; i < d->inbox_count; i++)
			queue_event(d, d->inbox[i]);
		d->inbox_count = 0;
		d->rang = false;
		queue_event(d, (struct core_event){.type = CORE_EV_LOOK});
		d->phase = PHASE_NOW;
	}
	while (d->running && d->phase != PHASE_IDLE && !d->run_pending && !*s->j.bad)
		advance(s, n);
	if (!d->running || d->phase != PHASE_IDLE)
		return;
	for (uint32_t g = 0; g < d->core.cfg.ngroups; g++)
		d->k.drained[g] = d->core.group[g].drained;
	judge_settled(s, n);
	if (d->inbox_count || d->rang)
		poke(s, n);
	else
		node_arm(s, n);
}

void node_handle(struct sim *s, const struct sim_event *ev)
{
	struct node *d = &s->node[ev->node];

	if (ev->kind == EV_WAKE)
		wake(s, ev->node, ev->b);
	else if (d->running && !d->hung && ev->a == d->run_gen)
		node_run(s, ev->node);
}

void node_hang(struct sim *s, uint32_t n)
{
	s->node[n].hung = true;
}

void node_cont(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	d->hung = false;
	if (!d->running)
		return;
	if (d->phase != PHASE_IDLE || d->inbox_count || d->rang)
		run_after(s, n, 0);
	else
		node_arm(s, n);
}

void node_die(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	d->running = d->hung = false;
	d->life++;
	d->run_gen++;
	d->run_pending = false;
}
