/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP, the egress program and the timers, rule by rule as in bpf/; the rules that they share come from judge.h. */
#include "kernel.h"

#include <string.h>
#include "judge.h"
#include "sim.h"

#define MAX_LATE 2

/* A frame on its way through the checks. */
struct arrival {
	const struct slot *frame;
	const struct beat *beat;
	struct kernel_peer *rec;
	uint64_t now_ns, echo_session, echo_ts_ns;
	uint32_t n, peer, slot;
	bool proven, established, life, fences;
};

static struct kernel *kernel_of(struct sim *s, uint32_t n)
{
	return &s->node[n].k;
}

bool kernel_swap(struct sim *s, uint32_t n, uint32_t g, uint64_t expect, uint64_t word)
{
	struct kernel *k = kernel_of(s, n);

	if (k->word[g] != expect)
		return false;
	k->word[g] = word;
	judge_gate(s, n, g);
	return true;
}

void kernel_close(struct sim *s, uint32_t n, uint32_t g)
{
	struct kernel *k = kernel_of(s, n);

	(void)kernel_swap(s, n, g, k->word[g], lease_generation(++k->generation[g]));
}

static uint64_t limit_ns(const struct sim *s, uint32_t n, const struct kernel_peer *rec,
			 bool silent)
{
	const struct timing *t = &s->node[n].t;
	uint64_t ours_us = judge_hold_us(t->lease_ns, t->rho_ppm, t->settle_ns);
	uint64_t g_ns = judge_g_of_hold_ns(rec->hold_us_max > ours_us ? rec->hold_us_max : ours_us,
					   t->rho_ppm);

	return silent ? g_ns : g_ns - t->c_ns;
}

/* One event waits for each timer, at most: it is put off as long as frames come. */
static void timer_queue(struct sim *s, uint32_t n, uint32_t peer)
{
	struct kernel_timer *t = &kernel_of(s, n)->timer[peer];

	if (t->queued_ns && t->queued_ns <= t->fires_ns)
		return;
	t->queued_ns = t->fires_ns;
	queue_push(s, (struct sim_event){.kind = EV_TIMER,
					 .at_ns = t->fires_ns,
					 .node = (uint8_t)n,
					 .a = peer,
					 .b = t->fires_ns});
}

static void timer_start(struct sim *s, uint32_t n, uint32_t peer, uint64_t due_ns)
{
	struct kernel_timer *t = &kernel_of(s, n)->timer[peer];
	uint64_t at_ns = clock_true(&s->node[n].clock, due_ns);

	t->due_ns = due_ns;
	t->armed = true;
	t->fires_ns = (at_ns > s->now_ns ? at_ns : s->now_ns) + rng_below(&s->rng, 20000) +
		      s->node[n].late_ns / 4;
	timer_queue(s, n, peer);
}

static void timer_arm(struct sim *s, const struct arrival *a)
{
	struct kernel_timer *t = &kernel_of(s, a->n)->timer[a->peer];

	t->silent = false;
	t->looks = 0;
	timer_start(s, a->n, a->peer, a->now_ns + limit_ns(s, a->n, a->rec, false));
}

void kernel_timers_again(struct sim *s, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < s->o.nodes; i++)
		if (kernel_of(s, n)->timer[i].armed)
			timer_start(s, n, i, kernel_of(s, n)->timer[i].due_ns);
}

static void timer_verdict(struct sim *s, uint32_t n, uint32_t peer, uint64_t now_ns)
{
	struct kernel_timer *t = &kernel_of(s, n)->timer[peer];
	const struct kernel_peer *rec = &kernel_of(s, n)->peer[peer];
	uint64_t due_ns = rec->last_ns + limit_ns(s, n, rec, true);

	if (!s->node[n].deaf_ring)
		node_post(s, n,
			  (struct core_event){.type = CORE_EV_SILENT,
					      .silent.at_ns = now_ns,
					      .silent.peer = peer,
					      .silent.whole = t->silent});
	t->looks = 0;
	s->node[n].verdicts++;
	if (t->silent)
		return;
	t->silent = true;
	timer_start(s, n, peer, due_ns > now_ns ? due_ns : now_ns);
}

static void timer_look(struct sim *s, uint32_t n, uint32_t peer)
{
	struct kernel_timer *t = &kernel_of(s, n)->timer[peer];
	const struct kernel_peer *rec = &kernel_of(s, n)->peer[peer];
	uint64_t now_ns = world_local_ns(s, n), t_ns = s->node[n].t.interval_ns;

	t->armed = false;
	if (!peer_silent(rec->last_ns, now_ns, limit_ns(s, n, rec, t->silent))) {
		t->silent = false;
		t->looks = 0;
		timer_start(s, n, peer, rec->last_ns + limit_ns(s, n, rec, false));
	} else if (look_late(t->due_ns, now_ns, t_ns / 2) && t->looks < MAX_LATE &&
		   !without(s, WITHOUT_LATE)) {
		t->looks++;
		timer_start(s, n, peer, now_ns + t_ns);
	} else {
		timer_verdict(s, n, peer, now_ns);
	}
}

void kernel_timer(struct sim *s, uint32_t n, uint32_t peer, uint64_t queued_ns)
{
	struct kernel_timer *t = &kernel_of(s, n)->timer[peer];

	if (t->queued_ns != queued_ns)
		return;
	t->queued_ns = 0;
	if (t->armed && s->now_ns >= t->fires_ns)
		timer_look(s, n, peer);
	else if (t->armed)
		timer_queue(s, n, peer);
}

static void raise_to(uint64_t *word, uint64_t value)
{
	if (value > *word)
		*word = value;
}

/* One group of a frame: epochs first, then the gate (P10), and every frame spoils a claim (P6). */
static void walk_group(struct sim *s, const struct arrival *a, uint32_t g)
{
	const struct beat_group *bg = &a->beat->group[g];
	struct kernel *k = kernel_of(s, a->n);
	uint64_t owner_epoch = 0;
	bool live = lease_live(k->word[g], a->now_ns);

	if (a->proven) {
		if (bg->state == HB_CAND || bg->state == HB_OWNER || bg->state == HB_RELEASE)
			raise_to(&k->epoch_max[g], bg->epoch);
		if (bg->state == HB_OWNER) {
			raise_to(&k->owner_epoch[g], bg->epoch);
			owner_epoch = bg->epoch;
		}
	} else if (a->fences && (bg->state == HB_CAND || bg->state == HB_OWNER)) {
		owner_epoch = UINT64_MAX;
	}
	if (live &&
	    (owner_epoch <= k->binding[g][lease_slot(k->word[g])] || without(s, WITHOUT_FENCE)))
		return;
	if (!live && without(s, WITHOUT_BUMP))
		return;
	if (live)
		trace(s, "n%u fenced in XDP, group %u", a->n + 1, g);
	kernel_close(s, a->n, g);
}

static void frame_keep(struct sim *s, uint32_t *at, uint32_t slot)
{
	net_put(s, *at);
	*at = slot;
	s->slot[slot].refs++;
}

static bool newer(const struct sim *s, const struct arrival *a)
{
	if (a->beat->session == a->rec->session)
		return seq_newer(a->beat->seq, a->rec->last_seq) || without(s, WITHOUT_SEQ);
	if (without(s, WITHOUT_FRESH))
		return true;
	return a->now_ns - a->echo_ts_ns <= s->node[a->n].t.f_ns &&
	       a->echo_ts_ns > a->rec->session_ns;
}

/* `longer`: of an unproven frame, which proves no shorter one. */
static void record_hold(struct sim *s, struct arrival *a, bool longer)
{
	const struct timing *t = &s->node[a->n].t;
	struct kernel_peer *rec = a->rec;
	uint32_t hold_us =
		judge_hold_said_us(a->beat->hold_us, a->beat->lease_us, t->rho_ppm, t->settle_ns);

	if (longer && without(s, WITHOUT_LONGER))
		return;
	if (without(s, WITHOUT_LEASE_MAX))
		rec->hold_us_max = 0;
	if (without(s, WITHOUT_SHORTER) && !rec->hold_us_next)
		rec->hold_us_next = 1;
	hold_note(&rec->hold_us_max, &rec->hold_us_next, &rec->hold_max_ns, hold_us, a->now_ns,
		  t->rho_ppm, !longer);
	if (without(s, WITHOUT_NEXT))
		rec->hold_us_next = hold_us;
}

static void record_proven(struct sim *s, struct arrival *a)
{
	struct kernel_peer *rec = a->rec;

	a->life = true;
	rec->unproven_ns = 0;
	if (a->beat->session != rec->session) {
		kernel_forget(rec, a->now_ns);
		rec->session = a->beat->session;
		rec->session_ns = a->now_ns;
	}
	rec->last_seq = a->beat->seq;
	rec->proven_rx_ns = a->now_ns;
	frame_keep(s, &rec->proven, a->slot);
	raise_to(&rec->last_ns, a->now_ns);
	record_hold(s, a, false);
}

/* `keep`: the daemon sees the frame, if it comes no faster than it may, and answers it; else it is life and no more. */
static enum verdict record_unproven(struct sim *s, struct arrival *a, bool keep)
{
	struct kernel_peer *rec = a->rec;
	bool spent = unproven_spent(rec->unproven_ns, a->now_ns, limit_ns(s, a->n, rec, true));
	bool admitted;

	a->proven = false;
	if (!kernel_once(rec, a->beat, a->now_ns))
		return HB_REFUSED;
	admitted = kernel_admits(rec, a->now_ns, s->node[a->n].t.interval_ns);
	s->node[a->n].limited += !admitted;
	if (!admitted && without(s, WITHOUT_LIMITED))
		return HB_HELLO;
	if (!rec->unproven_ns)
		rec->unproven_ns = a->now_ns;
	a->life = kernel_claims(a->beat) || !spent;
	a->fences = spent && s->o.mode == MODE_PAIR;
	if (a->life)
		raise_to(&rec->last_ns, a->now_ns);
	if (keep)
		record_hold(s, a, true);
	if (!keep || !admitted)
		return HB_HELLO;
	rec->unproven_rx_ns = a->now_ns;
	frame_keep(s, &rec->unproven, a->slot);
	return HB_HELLO;
}

static bool key_known(const struct sim *s, uint32_t n, uint8_t kid)
{
	const struct node *node = &s->node[n];

	for (uint32_t i = 0; i < node->nkids; i++)
		if (node->kids[i] == kid)
			return true;
	return false;
}

/* Does it say what no member can say? */
static bool beyond_bounds(const struct sim *s, const struct arrival *a)
{
	const struct beat *b = a->beat;

	for (uint32_t g = 0; g < b->ngroups; g++)
		if (kernel_far(&s->node[a->n].k, g, b->group[g].epoch) ||
		    kernel_far(&s->node[a->n].k, g, b->group[g].promise_epoch))
			return true;
	return times_too_far(b->lease_us, b->interval_us, b->hold_us);
}

static enum verdict arrival_judge(struct sim *s, struct arrival *a)
{
	const struct kernel *k = kernel_of(s, a->n);

	for (uint32_t i = 0; i < a->beat->npeers; i++)
		if (a->beat->peer[i].node == s->node[a->n].id) {
			a->echo_session = a->beat->peer[i].session;
			a->echo_ts_ns = a->beat->peer[i].echo_ts_ns;
		}
	a->proven = k->session && a->echo_session == k->session;
	a->established = a->proven && a->beat->session == a->rec->session;
	if (a->established && !newer(s, a))
		return HB_REFUSED;
	if (a->frame->forged || !key_known(s, a->n, a->beat->key_id))
		return HB_REFUSED;
	/* Not the number of the host whose address it comes from: somebody's file is a copy. Life, and no more. */
	if (a->beat->node != a->frame->from + 1u || s->node[a->n].id != a->n + 1)
		return without(s, WITHOUT_IDENTITY) ? HB_REFUSED : record_unproven(s, a, false);
	if (a->beat->key_id < k->key_min || beyond_bounds(s, a))
		return record_unproven(s, a, false);
	if (!a->proven)
		return record_unproven(s, a, true);
	if (a->echo_ts_ns > a->now_ns)
		return HB_REFUSED;
	if (newer(s, a)) {
		record_proven(s, a);
		return HB_ACCEPTED;
	}
	return a->established ? HB_REFUSED : record_unproven(s, a, true);
}

/* S7: a refused frame changes nothing, one that proves nothing no gate that is live. */
static void check_unchanged(struct sim *s, const struct arrival *a, const struct kernel *before,
			    enum verdict verdict)
{
	const struct kernel *k = kernel_of(s, a->n);

	if (verdict == HB_REFUSED && memcmp(before, k, sizeof(*k)))
		judge_fail(s, "S7", "a refused frame changed n%u", a->n + 1);
	for (uint32_t g = 0; verdict == HB_HELLO && !a->fences && g < s->o.groups; g++)
		if (lease_live(before->word[g], a->now_ns) && before->word[g] != k->word[g])
			judge_fail(s, "S7", "an unproven frame closed a gate of n%u", a->n + 1);
}

enum verdict kernel_receive(struct sim *s, uint32_t n, uint32_t from, uint32_t slot)
{
	struct kernel *k = kernel_of(s, n), before;
	struct arrival a = {.frame = &s->slot[slot],
			    .beat = &s->slot[slot].beat,
			    .now_ns = world_local_ns(s, n),
			    .n = n,
			    .peer = peer_index(n, from),
			    .slot = slot};
	enum verdict verdict;

	memcpy(&before, k, sizeof(before));
	a.rec = &k->peer[a.peer];
	verdict = arrival_judge(s, &a);
	if (a.life) {
		for (uint32_t g = 0; g < a.beat->ngroups && g < s->node[n].groups; g++)
			walk_group(s, &a, g);
		timer_arm(s, &a);
	}
	check_unchanged(s, &a, &before, verdict);
	return verdict;
}

bool kernel_leaves(struct sim *s, uint32_t n, const struct beat *b)
{
	struct kernel *k = kernel_of(s, n);
	uint64_t now_ns = world_local_ns(s, n), t_ns = s->node[n].t.interval_ns;

	if (b->session != k->session)
		return false;
	if (look_late(b->ts_ns, now_ns, t_ns) && !without(s, WITHOUT_STALE))
		return false;
	kernel_run(s, n, b);
	k->sent_session = b->session;
	k->sent_ns = now_ns;
	k->sent_seq = b->seq;
	raise_to(&k->reach_ns, b->ts_ns + b->lease_us * 1000ull);
	return true;
}

void kernel_boot(struct sim *s, uint32_t n)
{
	struct kernel *k = kernel_of(s, n);

	for (uint32_t i = 0; i + 1 < s->o.nodes; i++) {
		net_put(s, k->peer[i].proven);
		net_put(s, k->peer[i].unproven);
		k->peer[i] = (struct kernel_peer){.proven = SIM_NO_SLOT, .unproven = SIM_NO_SLOT};
		k->timer[i] = (struct kernel_timer){0};
	}
	for (uint32_t g = 0; g < s->o.groups; g++) {
		k->word[g] = k->generation[g] = k->epoch_max[g] = k->owner_epoch[g] = 0;
		k->promise[g] = (struct core_promise){0};
		k->drain_ns[g] = k->binding[g][0] = k->binding[g][1] = 0;
		k->drained[g] = false;
		judge_gate(s, n, g);
	}
	k->session = k->sent_session = k->sent_ns = k->run_start_ns = k->sent_seq = k->reach_ns = 0;
	k->t = (struct timing){0};
	k->key_min = 0;
}
