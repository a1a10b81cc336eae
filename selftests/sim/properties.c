/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What must never happen, judged on true time: S1 to S9 of the verification plan (protocol 2, protocol 11). */
#include "judge.h"

#include <stdarg.h>
#include <string.h>
#include "core/core_int.h"
#include "sim.h"

void judge_fail(struct sim *s, const char *rule, const char *format, ...)
{
	va_list args;

	if (*s->j.bad)
		return;
	va_start(args, format);
	(void)vsnprintf(s->j.bad, sizeof(s->j.bad), format, args);
	va_end(args);
	(void)snprintf(s->j.rule, sizeof(s->j.rule), "%s", rule);
	trace(s, "%s BROKEN: %s", rule, s->j.bad);
}

bool judge_live(const struct sim *s, uint32_t n, uint32_t g)
{
	const struct gate_track *t = &s->j.gate[n][g];

	return t->live && s->now_ns < t->until_ns;
}

static void ended(struct gate_track *t, uint64_t at_ns)
{
	t->live = false;
	t->closed_ns = at_ns;
	if (t->epoch > t->dead_epoch)
		t->dead_epoch = t->epoch;
}

/* A gate may have ended by itself since it was looked at. */
static void expire(struct sim *s, struct gate_track *t)
{
	if (t->live && t->until_ns <= s->now_ns)
		ended(t, t->until_ns);
}

static uint64_t slow(const struct sim *s, uint64_t ns)
{
	return ns * 1000000 / (1000000 - s->o.t.rho_ppm);
}

static uint64_t fast(const struct sim *s, uint64_t ns)
{
	return ns * 1000000 / (1000000 + s->o.t.rho_ppm);
}

/* The times that count for what is left of the gates of `n`: a file that was read since has not extended them. */
static const struct timing *times_of(const struct sim *s, uint32_t n)
{
	return s->j.t[n].interval_ns ? &s->j.t[n] : &s->node[n].t;
}

/*
 * Protocol 2: `n` of a pair opens while `m` is live. The promise allows that only if n has heard nothing for G and m
 * nothing for D, or the lease with which m went on alone after such a silence still runs.
 */
static bool deaf_to_each_other(const struct sim *s, uint32_t n, uint32_t m)
{
	uint64_t n_heard = s->j.heard_ns[n][m], m_heard = s->j.heard_ns[m][n];
	const struct timing *t = times_of(s, m);
	uint64_t lease_ns = s->o.classes & (CLASS_ADMIN | CLASS_TIMING) ? t->x_ns : t->lease_ns;

	if (n_heard && s->now_ns - n_heard < fast(s, s->node[n].t.g_ns))
		return false;
	return s->now_ns - m_heard >= fast(s, t->d_ns) ||
	       s->now_ns - s->j.again_ns[m][n] <= slow(s, lease_ns);
}

/* alone = gateway: heartbeats alone were cut, so the probe before the claim must have found the other. */
static bool should_have_probed(const struct sim *s, uint32_t n, uint32_t m, uint32_t g)
{
	const struct timing *t = &s->o.t;
	uint64_t span_ns = slow(s, 3 * t->interval_ns + 2 * (t->c_ns + t->g_ns));

	return s->o.alone == CORE_ALONE_GATEWAY && s->disturbed_ns + span_ns < s->now_ns &&
	       s->j.gate[m][g].opened_ns + span_ns < s->now_ns && !s->link[n][m].cut &&
	       !s->link[m][n].cut && !s->link[n][m].loss_ppm && !s->node[n].link_down &&
	       !s->node[m].link_down;
}

static void overlap(struct sim *s, uint32_t n, uint32_t m, uint32_t g, bool now)
{
	const char *how = now ? "while the gate of" : "within epsilon of the end of the gate of";

	if (s->o.mode != MODE_PAIR) {
		judge_fail(s, "S1", "n%u owns group %u %s n%u", n + 1, g, how, m + 1);
		return;
	}
	if (s->o.alone == CORE_ALONE_NEVER || !(s->o.classes & CLASS_NET) ||
	    !deaf_to_each_other(s, n, m))
		judge_fail(s, "S2", "n%u owns group %u %s n%u", n + 1, g, how, m + 1);
	if (now && should_have_probed(s, n, m, g))
		judge_fail(s, "S2", "n%u owns group %u, for which n%u answers ARP", n + 1, g,
			   m + 1);
	s->stats.duals++;
	s->j.dual_since_ns[g] = s->now_ns;
	trace(s, "two owners, as a cut in both directions allows");
}

static void check_epochs(struct sim *s, uint32_t n, uint32_t g, uint64_t epoch)
{
	struct judge *j = &s->j;
	/* A pair has no third who knows; what was not proven to it raises no epoch. */
	uint64_t last = s->o.mode == MODE_PAIR ? j->known_epoch[n][g] : j->last_epoch[g];

	if (epoch <= j->gate[n][g].dead_epoch)
		judge_fail(s, "S8",
			   "n%u opens group %u again under epoch %llx, which has ended at %llx",
			   n + 1, g, (unsigned long long)epoch,
			   (unsigned long long)j->gate[n][g].dead_epoch);
	if (!j->memory_lost && epoch <= last)
		judge_fail(s, "S5", "n%u owns group %u under epoch %llx after %llx", n + 1, g,
			   (unsigned long long)epoch, (unsigned long long)last);
	j->last_epoch[g] = epoch;
}

/* P8, P11: "I hold nothing" is said epsilon after the gate has closed, not before. */
static void check_truth(struct sim *s, uint32_t n, uint32_t g, uint8_t state)
{
	struct gate_track *t = &s->j.gate[n][g];

	if (state != HB_BACKUP && state != HB_FAULT && state != HB_RELEASE)
		return;
	expire(s, t);
	if (t->live || (t->closed_ns && t->closed_ns + s->node[n].t.settle_ns > s->now_ns))
		judge_fail(s, "P8", "n%u says that it does not hold group %u, and its gate %s",
			   n + 1, g, t->live ? "is live" : "was live a moment ago");
}

void judge_left(struct sim *s, uint32_t n, const struct beat *b)
{
	s->j.signs[n] = b->key_id;
	for (uint32_t g = 0; g < b->ngroups; g++) {
		check_truth(s, n, g, b->group[g].state);
		if (b->group[g].state != HB_CAND || b->group[g].epoch == s->j.cand_epoch[n][g])
			continue;
		s->j.cand_epoch[n][g] = b->group[g].epoch;
		s->j.cand_ns[n][g] = world_local_ns(s, n);
	}
}

/* P6: announced before it is made; of a pair for C, unless the owner itself has named the successor. */
static void check_announced(struct sim *s, uint32_t n, uint32_t g, uint64_t epoch)
{
	const struct judge *j = &s->j;
	const struct core_group *own = &s->node[n].core.group[g];
	bool named = own->why == CORE_R_NAMED || own->named_node == n + 1;

	if (s->o.mode != MODE_PAIR || s->node[n].phase == PHASE_IDLE)
		return;
	if (j->cand_epoch[n][g] != epoch)
		judge_fail(s, "P6", "n%u opens group %u under epoch %llx, never announced", n + 1,
			   g, (unsigned long long)epoch);
	else if (!named && world_local_ns(s, n) - j->cand_ns[n][g] < s->node[n].t.c_ns)
		judge_fail(s, "P6", "n%u opens group %u after %.3f ms of candidacy", n + 1, g,
			   (double)(world_local_ns(s, n) - j->cand_ns[n][g]) / 1e6);
}

/* S6: its own words and the others' would carry a lease of this node now. */
static bool has_majority(const struct sim *s, uint32_t n, uint32_t g)
{
	const struct node *d = &s->node[n];
	enum hb_state state = d->core.group[g].state;

	if (!d->up || !d->running || (state != HB_OWNER && state != HB_CAND))
		return false;
	return core_claim_reach_ns(&d->core, g, world_local_ns(s, n)) > world_local_ns(s, n);
}

static void check_majorities(struct sim *s, uint32_t n, uint32_t g)
{
	for (uint32_t m = 0; m < s->o.nodes && s->o.mode != MODE_PAIR; m++)
		if (m != n && has_majority(s, m, g))
			judge_fail(s, "S6", "n%u owns group %u while n%u has a majority", n + 1, g,
				   m + 1);
}

static void opened(struct sim *s, uint32_t n, uint32_t g, uint64_t epoch)
{
	struct judge *j = &s->j;

	s->stats.claims++;
	if (j->last_owner[g] != n + 1)
		s->stats.moves++;
	if (j->still)
		judge_fail(s, j->handover[g].active ? "V3" : "V2",
			   "n%u takes group %u for no reason", n + 1, g);
	check_epochs(s, n, g, epoch);
	check_announced(s, n, g, epoch);
	check_majorities(s, n, g);
	for (uint32_t m = 0; m < s->o.nodes; m++) {
		struct gate_track *t = &j->gate[m][g];

		if (m == n)
			continue;
		expire(s, t);
		if (t->live || (t->closed_ns && t->closed_ns + s->o.t.settle_ns > s->now_ns))
			overlap(s, n, m, g, t->live);
	}
	j->last_owner[g] = (uint8_t)(n + 1);
}

void judge_gate(struct sim *s, uint32_t n, uint32_t g)
{
	const struct kernel *k = &s->node[n].k;
	struct gate_track *t = &s->j.gate[n][g];
	uint64_t epoch = k->binding[g][lease_slot(k->word[g])];
	bool live = s->node[n].up && lease_live(k->word[g], world_local_ns(s, n));

	expire(s, t);
	if (t->live && (!live || epoch != t->epoch))
		ended(t, s->now_ns);
	if (live && !t->live) {
		opened(s, n, g, epoch);
		t->opened_ns = s->now_ns;
		trace(s, "n%u group %u: gate open, epoch %llx", n + 1, g,
		      (unsigned long long)epoch);
	}
	if (live && k->word[g] != t->word) {
		t->word = k->word[g];
		s->j.t[n] = s->node[n].t;
	}
	t->live = live;
	t->epoch = live ? epoch : t->epoch;
	t->until_ns = live ? clock_true(&s->node[n].clock, lease_deadline_ns(k->word[g])) : 0;
	s->j.must_close[n][g] = s->j.must_close[n][g] && live;
}

/* Two owners end with the first owner's frame that was sent since and passes, either way (S2). */
static void end_of_two(struct sim *s, uint32_t at, uint32_t from, uint32_t g, const struct slot *f)
{
	const struct beat_group *bg = &f->beat.group[g];

	if (!s->j.dual_since_ns[g] || f->left_ns < s->j.dual_since_ns[g] || bg->state != HB_OWNER)
		return;
	if (!judge_live(s, at, g) || !judge_live(s, from, g))
		return;
	if (bg->epoch > s->j.gate[at][g].epoch)
		judge_fail(s, "S2", "n%u has heard the owner n%u of a higher epoch and goes on",
			   at + 1, from + 1);
	s->j.must_close[at][g] = true;
}

/*
 * Protocol 5.3: `from` has proved nothing for so long that what claims nothing is no sign of life. Counted here by true
 * time and by the judge's own record, so that a kernel part that gives up too early is seen.
 */
static bool says_nothing(struct sim *s, uint32_t at, uint32_t from, const struct beat *b,
			 bool proven)
{
	uint64_t *since_ns = &s->j.unproven_ns[at][from];

	if (proven)
		*since_ns = 0;
	else if (!*since_ns)
		*since_ns = s->now_ns;
	return !proven && !kernel_claims(b) &&
	       unproven_spent(*since_ns, *since_ns + slow(s, s->now_ns - *since_ns),
			      fast(s, s->node[at].t.g_ns));
}

void judge_heard(struct sim *s, uint32_t at, uint32_t from, const struct slot *f, bool proven)
{
	if (says_nothing(s, at, from, &f->beat, proven))
		return;
	if (s->now_ns - s->j.heard_ns[at][from] >= fast(s, times_of(s, at)->d_ns))
		s->j.again_ns[at][from] = s->now_ns;
	s->j.heard_ns[at][from] = s->now_ns;
	if (proven && f->left_ns < s->j.sent_ns[at][from])
		judge_fail(s, "S7", "n%u accepts a frame of n%u that is older than the newest",
			   at + 1, from + 1);
	if (proven)
		s->j.sent_ns[at][from] = f->left_ns;
	for (uint32_t g = 0; proven && g < f->beat.ngroups && g < s->node[at].groups; g++) {
		const struct beat_group *bg = &f->beat.group[g];

		if ((bg->state == HB_CAND || bg->state == HB_OWNER || bg->state == HB_RELEASE) &&
		    bg->epoch > s->j.known_epoch[at][g])
			s->j.known_epoch[at][g] = bg->epoch;
		end_of_two(s, at, from, g, f);
	}
}

void judge_settled(struct sim *s, uint32_t n)
{
	for (uint32_t g = 0; g < s->o.groups && !s->node[n].rang; g++) {
		uint32_t live = 0;

		if (!s->j.must_close[n][g])
			continue;
		s->j.must_close[n][g] = false;
		for (uint32_t m = 0; m < s->o.nodes; m++)
			live += judge_live(s, m, g);
		if (judge_live(s, n, g) && live > 1)
			judge_fail(s, "S2",
				   "n%u has heard of another owner, has looked, and goes on",
				   n + 1);
	}
}

/* Until when somebody serves what arrives for the group, a live gate or a drain. */
static uint64_t accepted_until_ns(const struct sim *s, uint32_t g)
{
	uint64_t until_ns = 0;

	for (uint32_t n = 0; n < s->o.nodes; n++) {
		const struct node *d = &s->node[n];
		uint64_t drain_ns = clock_true(&d->clock, d->k.drain_ns[g]);

		if (judge_live(s, n, g) && s->j.gate[n][g].until_ns > until_ns)
			until_ns = s->j.gate[n][g].until_ns;
		if (d->up && drain_ns > until_ns && drain_ns > s->now_ns)
			until_ns = drain_ns;
	}
	return until_ns ? until_ns : s->now_ns;
}

static void handover_look(struct sim *s, uint32_t g)
{
	struct handover *h = &s->j.handover[g];
	uint64_t most_ns = 3 * s->o.t.interval_ns + 2 * slow(s, s->o.t.closed_ns);

	if (s->o.drain_ns && s->now_ns > h->accepted_until_ns)
		judge_fail(s, "S9", "nobody serves group %u from %.3f ms on, in a handover", g,
			   (double)(h->accepted_until_ns - h->since_ns) / 1e6);
	h->accepted_until_ns = accepted_until_ns(s, g);
	for (uint32_t n = 0; n < s->o.nodes; n++)
		if (n != h->from && judge_live(s, n, g)) {
			if (n + 1 != h->to)
				judge_fail(s, "V3", "n%u takes group %u, which was given to n%u",
					   n + 1, g, h->to);
			h->active = false;
			s->stats.handovers++;
			return;
		}
	if (s->now_ns > h->since_ns + slow(s, most_ns))
		judge_fail(s, "V3", "a handover of group %u takes more than %.1f ms", g,
			   (double)(s->now_ns - h->since_ns) / 1e6);
}

void judge_tick(struct sim *s)
{
	for (uint32_t g = 0; g < s->o.groups; g++)
		if (s->j.handover[g].active)
			handover_look(s, g);
}

void judge_effect(struct sim *s, uint32_t n, const struct core_effect *fx)
{
	struct handover *h = &s->j.handover[fx->group];

	if (fx->type != CORE_FX_STATE)
		return;
	if (fx->state.reason == CORE_R_LAPSED)
		s->stats.lapses++;
	if (fx->state.from != HB_OWNER || fx->state.to != HB_RELEASE || !s->j.handing)
		return;
	*h = (struct handover){.active = true, .from = (uint8_t)n, .since_ns = s->now_ns};
	h->to = s->node[n].core.group[fx->group].release_to;
	h->accepted_until_ns = accepted_until_ns(s, fx->group);
}
