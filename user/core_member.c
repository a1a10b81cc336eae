/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who votes with us while the members change, one voter at a time (protocol 2.5b). */
#include "core_int.h"

/* The same members, or one voter more or less: two such sets have no majorities that do not meet. */
bool core_compatible(const struct core *c, const struct core_peer *p)
{
	if (!RULE(COMPATIBLE) || p->cfg_hash == c->cfg.cfg_hash)
		return true;
	return (c->cfg.cfg_prev && p->cfg_hash == c->cfg.cfg_prev) ||
	       (p->cfg_prev && p->cfg_prev == c->cfg.cfg_hash);
}

/* More than half of all members; of a pair both. */
unsigned int core_majority(const struct core *c)
{
	return (c->cfg.npeers + 1u) / 2 + 1;
}

/* Do all that are heard name our members, and how many with us? 0: they do not. `last`: none votes with others still. */
static unsigned int agreeing(const struct step *s, bool last)
{
	const struct core *c = s->c;
	unsigned int n = 1;

	for (uint32_t i = 0; i < c->cfg.npeers; i++) {
		const struct core_peer *p = &c->peer[i];

		if (!core_proven(c, p, s->now_ns)) {
			if (core_heard(c, p, s->now_ns))
				return 0;
			continue;
		}
		if (p->cfg_hash != c->cfg.cfg_hash)
			return 0;
		n += !last || !p->cfg_prev;
	}
	return n;
}

/* A promise that was given to a member of the set before ends within that. */
static uint64_t promises_end_ns(const struct core *c)
{
	uint64_t g_ns = c->cfg.t.g_ns;

	for (uint32_t i = 0; i < c->cfg.npeers; i++)
		g_ns = core_max(g_ns, c->peer[i].g_ns);
	return RULE(PREV_WAITS) ? c->agree_ns + g_ns : 0;
}

static void tell(struct step *s)
{
	struct core_effect *fx = core_emit(s, CORE_FX_MEMBERS, 0);

	fx->cfg_prev = s->c->cfg.cfg_prev;
	fx->ok = s->c->cfg.cfg_settled;
}

/*
 * The set before is forgotten when a majority has ours and nobody that is heard another, for as long as what was promised
 * to a member of that one may run. The change is settled, and the next one may begin, when a majority has forgotten it.
 */
void core_members(struct step *s)
{
	struct core *c = s->c;

	if (c->cfg.cfg_settled)
		return;
	if (agreeing(s, false) < core_majority(c))
		c->agree_ns = 0;
	else if (!c->agree_ns)
		c->agree_ns = s->now_ns;
	if (!c->agree_ns)
		return;
	if (c->cfg.cfg_prev) {
		if (s->now_ns < promises_end_ns(c))
			return;
		c->cfg.cfg_prev = 0;
		tell(s);
	}
	if (agreeing(s, true) < core_majority(c))
		return;
	c->cfg.cfg_settled = true;
	tell(s);
}

uint64_t core_members_deadline(const struct core *c, uint64_t now_ns)
{
	uint64_t when = CORE_NEVER;

	if (c->cfg.cfg_prev && c->agree_ns)
		core_sooner(&when, promises_end_ns(c), now_ns);
	return when;
}
