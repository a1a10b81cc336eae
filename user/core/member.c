/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who votes with us while the members change, one voter at a time (protocol 8). */
#include "core_int.h"

/* With whom we vote still, as we say. */
uint32_t core_prev_told(const struct core *c)
{
	return c->cfg.prev_over ? 0 : c->cfg.cfg_prev;
}

/* The same members, or the ones before of either: one voter more or less. */
bool core_compatible(const struct core *c, const struct core_peer *p)
{
	uint32_t prev = core_prev_told(c);

	if (p->cfg_hash == c->cfg.cfg_hash)
		return true;
	return (prev && p->cfg_hash == prev) || (p->cfg_prev && p->cfg_prev == c->cfg.cfg_hash);
}

/*
 * Does a vote of this peer count for us? Not if it has our members, but comes from others than we: it votes with those still,
 * and they know nothing of ours.
 */
bool core_counts(const struct core *c, const struct core_peer *p)
{
	return core_compatible(c, p) &&
	       (p->cfg_hash != c->cfg.cfg_hash || !p->cfg_prev || p->cfg_prev == c->cfg.cfg_prev);
}

/* May we stand? Who has neither settled nor comes from somewhere votes, and owns nothing. */
bool core_member_stands(const struct core *c)
{
	return !c->cfg.quorum || c->cfg.cfg_settled || c->cfg.cfg_prev;
}

/* More than half of all members; of a pair both. */
unsigned int core_majority(const struct core *c)
{
	return (c->cfg.npeers + 1u) / 2 + 1;
}

/*
 * Do all that are heard name our members, and are those that do a majority? `last`: only who votes with no others any more;
 * else also a majority of the members before.
 */
static bool agree(const struct step *s, bool last)
{
	const struct core *c = s->c;
	unsigned int all = 1, before = 1;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (!core_proven(c, p, s->now_ns)) {
			if (core_heard(c, p, s->now_ns))
				return false;
			continue;
		}
		if (p->cfg_hash != c->cfg.cfg_hash)
			return false;
		if (last && p->cfg_prev)
			continue;
		all++;
		before += c->cfg.peer_node[i] != c->cfg.prev_not;
	}
	return all >= core_majority(c) && (last || !c->cfg.cfg_prev || before >= c->cfg.prev_votes);
}

/* A promise that was given to a member of the set before ends within that. */
static uint64_t promises_end_ns(const struct core *c)
{
	uint64_t g_ns = c->cfg.t.g_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		g_ns = core_max(g_ns, c->peer[i].g_ns);
	return c->agree_ns + g_ns;
}

static void tell(struct step *s)
{
	struct core_effect *fx = core_emit(s, CORE_FX_MEMBERS, 0);

	fx->members.prev = s->c->cfg.cfg_prev;
	fx->members.prev_over = s->c->cfg.prev_over;
	fx->members.settled = s->c->cfg.cfg_settled;
}

/*
 * After a change of members we still vote with the set before as well. We stop when, for as long as a promise to one of
 * that set may run, majorities of both sets have had our set and nobody that is heard has had another. The change is
 * settled when a majority has stopped so; then the next change may begin. Until it is settled we own nothing without a
 * majority of both sets.
 */
void core_members(struct step *s)
{
	struct core *c = s->c;

	if (c->cfg.cfg_settled)
		return;
	if (!agree(s, false))
		c->agree_ns = 0;
	else if (!c->agree_ns)
		c->agree_ns = s->now_ns;
	if (!c->agree_ns)
		return;
	if (c->cfg.cfg_prev && !c->cfg.prev_over) {
		if (s->now_ns < promises_end_ns(c))
			return;
		c->cfg.prev_over = true;
		tell(s);
	}
	if (!agree(s, true))
		return;
	c->cfg.cfg_settled = true;
	c->cfg.cfg_prev = 0;
	c->cfg.prev_over = false;
	tell(s);
}

uint64_t core_members_deadline(const struct core *c, uint64_t now_ns)
{
	uint64_t when = CORE_NEVER;

	if (core_prev_told(c) && c->agree_ns)
		core_sooner(&when, promises_end_ns(c), now_ns);
	return when;
}
