/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What another file does: other times, keys, groups, members; and the same one, read again. */
#include <string.h>
#include "core/core_int.h"
#include "inject.h"

/* Reads its configuration again: the same process, the same records. */
static void reload(struct sim *s, uint32_t n)
{
	if (!s->node[n].running || s->node[n].hung)
		return;
	node_die(s, n);
	node_start(s, n, START_ADOPT);
}

static void reload_now(struct sim *s, const struct fault *f)
{
	reload(s, f->node);
}

/* A file that differs in what all must agree on: a new daemon, which adopts nothing. */
static void differ(struct sim *s, const struct fault *f)
{
	s->node[f->node].other_config = !s->node[f->node].other_config;
	node_die(s, f->node);
	node_start(s, f->node, START_FRESH);
}

static void retime(struct sim *s, uint32_t n, const struct timing *t)
{
	struct node *d = &s->node[n];

	if (!d->up || d->hung)
		return;
	trace(s, "n%u reads a file with T %.1f ms", n + 1, (double)t->interval_ns / 1e6);
	d->t = *t;
	if (!d->running)
		return;
	node_die(s, n);
	node_start(s, n, START_ADOPT);
}

static void timing(struct sim *s, const struct fault *f)
{
	const struct node *d = &s->node[f->node];
	bool usual = d->t.interval_ns == s->o.t.interval_ns && d->t.rho_ppm == s->o.t.rho_ppm;

	if (s->o.other.interval_ns)
		retime(s, f->node, usual ? &s->o.other : &s->o.t);
}

static bool shares_a_key(const struct node *a, const struct node *b)
{
	for (uint32_t i = 0; i < a->nkids; i++)
		for (uint32_t k = 0; k < b->nkids; k++)
			if (a->kids[i] == b->kids[k])
				return true;
	return false;
}

/* With a rollout that does not ask what others can verify: do they? Else its operator has cut one direction. */
static bool is_verified(const struct sim *s, const struct node *from, const struct node *to)
{
	bool lowest = s->o.rollout == CORE_ROLLOUT_RECEIVE_ONLY;
	struct node signs = {.kids = {from->kids[0]}, .nkids = 1};

	if (s->o.rollout == CORE_ROLLOUT_PERMISSIVE)
		return shares_a_key(from, to);
	for (uint32_t i = 1; i < from->nkids; i++)
		if (lowest == (from->kids[i] < signs.kids[0]))
			signs.kids[0] = from->kids[i];
	return shares_a_key(&signs, to);
}

static bool has_key(const struct node *d, uint8_t kid)
{
	return !kid || d->kids[0] == kid || (d->nkids == 2 && d->kids[1] == kid);
}

/*
 * Make before break: of a pair that is not to be blinded by its operator, each has at any time the key that the other signs
 * with now, and if the other chooses by what it hears, one of the keys that it may choose.
 */
static void keys(struct sim *s, const struct fault *f)
{
	static const uint8_t sets[][2] = {{1, 0}, {1, 2}, {2, 0}, {2, 1}};
	struct node *d = &s->node[f->node], had = *d;

	memcpy(d->kids, sets[f->arg % 4], 2);
	d->nkids = d->kids[1] ? 2 : 1;
	if (s->o.mode == MODE_PAIR && !(s->o.classes & CLASS_NET) &&
	    !(is_verified(s, d, &s->node[!f->node]) && is_verified(s, &s->node[!f->node], d) &&
	      has_key(d, s->j.signs[!f->node]))) {
		memcpy(d->kids, had.kids, sizeof(d->kids));
		d->nkids = had.nkids;
	}
	reload(s, f->node);
}

/* The last group goes, or comes back; what goes is released first, and closed at the latest by the next process. */
static void groups(struct sim *s, const struct fault *f)
{
	struct node *d = &s->node[f->node];

	if (s->o.groups < 2 || !d->running || d->hung)
		return;
	node_die(s, f->node);
	d->groups = d->groups == s->o.groups ? s->o.groups - 1 : s->o.groups;
	if (d->groups < s->o.groups && d->k.word[d->groups] >= LEASE_GEN_LIMIT)
		kernel_close(s, f->node, d->groups);
	/* It says nothing before that is proven. */
	queue_push(s, (struct sim_event){.kind = EV_START,
					 .at_ns = s->now_ns + 2 * d->t.closed_ns,
					 .node = f->node,
					 .a = START_ADOPT,
					 .b = d->life});
}

/* Protocol 8, as the daemon asks before it reads such a file. */
static bool may_change(const struct sim *s, uint32_t n, uint32_t members)
{
	const struct node *d = &s->node[n];
	const struct core *c = &d->core;

	if (!c->cfg.cfg_settled && !without(s, WITHOUT_SETTLED))
		return false;
	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		if (core_heard(c, &c->peer[i], world_local_ns(s, n)) &&
		    c->peer[i].cfg_hash != c->cfg.cfg_hash &&
		    c->peer[i].cfg_hash != node_hash(s, n, members))
			return false;
	return true;
}

/* A member that is added is started when another one has it in its file, or is about to. */
static void join(struct sim *s, uint32_t n)
{
	for (uint32_t m = 0; m < s->o.nodes; m++) {
		const struct node *d = &s->node[m];

		if (!d->running || (d->members != n + 1 && d->members != n))
			continue;
		if (d->members == n && !d->core.cfg.cfg_settled)
			continue;
		trace(s, "n%u joins a set of %u", n + 1, n + 1);
		s->node[n].members = without(s, WITHOUT_ONE_VOTER) ? s->o.nodes : n + 1;
		s->j.memory_lost = true;
		node_start(s, n, START_FRESH);
		return;
	}
}

static void change(struct sim *s, uint32_t n, uint32_t members)
{
	struct node *d = &s->node[n];

	if (!may_change(s, n, members))
		return;
	trace(s, "n%u reads a file with %u members", n + 1, members);
	node_die(s, n);
	if (n >= members)
		kernel_boot(s, n); /* it is no member any more: detach */
	d->members = members;
	node_start(s, n, START_ADOPT);
}

static void members(struct sim *s, const struct fault *f)
{
	const struct node *d = &s->node[f->node];
	uint32_t step = without(s, WITHOUT_ONE_VOTER) ? 2 : 1;

	if (!d->up || d->hung)
		return;
	if (f->node >= d->members)
		join(s, f->node);
	else if (!d->running)
		return;
	else if (f->flag && d->members + step <= s->o.nodes)
		change(s, f->node, d->members + step);
	else if (!f->flag && d->members >= 3 + step)
		change(s, f->node, d->members - step);
}

const struct act acts_of_files[FAULT_KINDS] = {
	[FAULT_RELOAD] = {reload_now, NULL}, [FAULT_DIFFER] = {differ, differ},
	[FAULT_KEYS] = {keys, NULL},	     [FAULT_TIMING] = {timing, NULL},
	[FAULT_GROUPS] = {groups, NULL},     [FAULT_MEMBERS] = {members, NULL},
};
