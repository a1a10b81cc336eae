/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Members that do not agree wait for each other without a word: what nobody claims, nobody can be asked about. */
#include "differ.h"

#include <stdio.h>

static const struct beat_group *said_of(const struct beat *b, uint16_t wire_id)
{
	for (uint32_t i = 0; i < b->ngroups; i++)
		if (b->group[i].group == wire_id)
			return &b->group[i];
	return NULL;
}

/* While members change, those that vote with each other have different ones for a while: nobody waits. */
static bool other_members(const struct differ_ours *ours, const struct beat *said)
{
	return said->cfg_hash != ours->cfg_hash &&
	       !(ours->cfg_prev && said->cfg_hash == ours->cfg_prev) &&
	       !(said->cfg_prev && said->cfg_prev == ours->cfg_hash);
}

void differ_find(const struct differ_ours *ours, const struct beat *said, struct differ *ret)
{
	uint32_t shared = 0;

	*ret = (struct differ){.bits[DIFFER_MEMBERS] = other_members(ours, said)};
	for (uint32_t i = 0; i < ours->ngroups; i++) {
		const struct beat_group *theirs = said_of(said, ours->group[i].wire_id);
		uint8_t mark = ours->group[i].addr_mark;

		shared += theirs != NULL;
		if (!theirs)
			ret->bits[DIFFER_MISSING] |= 1ull << i;
		else if (theirs->addr_mark && mark && theirs->addr_mark != mark)
			ret->bits[DIFFER_ADDRESSES] |= 1ull << i;
	}
	if (ours->ngroups && said->ngroups > shared)
		ret->more = said->ngroups - shared;
	ret->bits[DIFFER_MORE] = ret->more != 0;
}

bool differ_is_of_group(enum differ_kind kind)
{
	return kind == DIFFER_MISSING || kind == DIFFER_ADDRESSES;
}

void differ_text(enum differ_kind kind, const char *peer, char *text, size_t size)
{
	static const char *const texts[] = {
		[DIFFER_MEMBERS] = ("has another mode, or other names, numbers or witnesses, in "
				    "its configuration: nothing new is claimed"),
		[DIFFER_MISSING] = "does not have this group: it neither votes on it nor takes it",
		[DIFFER_ADDRESSES] = "has other addresses in this group",
		[DIFFER_MORE] = "has groups that this configuration lacks",
	};

	(void)snprintf(text, size, "%s %s", peer, texts[kind]);
}

void differ_news(struct differ_told *t, const struct differ *now, struct differ *begun,
		 struct differ *ended)
{
	for (unsigned int i = 0; i < DIFFER_KINDS; i++) {
		begun->bits[i] = now->bits[i] & t->seen[i] & ~t->told[i];
		ended->bits[i] = t->told[i] & ~now->bits[i];
		t->seen[i] = now->bits[i];
		t->told[i] = (t->told[i] | begun->bits[i]) & now->bits[i];
	}
}
