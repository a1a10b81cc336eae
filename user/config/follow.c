/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns which members may follow which (protocol 8): majorities of two sets must meet while both are in use. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* How two sets differ; NULL: no such member. */
struct change {
	unsigned int voters; /* that are in one set only, or vote otherwise */
	const struct ipt_member *other, *last; /* the last but one of them, and the last */
	const struct ipt_member *renumbered; /* as it is in the new set */
	uint8_t number; /* what that one had */
};

static void put_member(struct ipt_member *m, const char *name, uint8_t node, bool witness)
{
	*m = (struct ipt_member){.node = node, .witness = witness};
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
}

void config_members(const struct config *c, struct ipt_self *ret)
{
	memset(ret->member, 0, sizeof(ret->member));
	put_member(&ret->member[0], c->node, c->id, c->witness);
	for (uint32_t i = 0; i < c->npeers; i++)
		put_member(&ret->member[1 + i], c->peers[i].name, c->peers[i].id,
			   c->peers[i].witness);
	ret->cfg_hash = c->cfg_hash;
	ret->flags =
		(uint8_t)((c->quorum ? IPT_SELF_QUORUM : 0) | (c->witness ? IPT_SELF_WITNESS : 0) |
			  (!c->quorum && c->alone == ALONE_NEVER ? IPT_SELF_NEVER : 0));
}

static const struct ipt_member *find_member(const struct ipt_self *in, const struct ipt_member *m)
{
	for (unsigned int i = 0; i < HB_MAX_NODES; i++)
		if (in->member[i].node && !strncmp(in->member[i].name, m->name, IPT_NAME_LEN))
			return &in->member[i];
	return NULL;
}

static void note_voter(struct change *ch, const struct ipt_member *m)
{
	ch->voters++;
	ch->other = ch->last;
	ch->last = m;
}

static void compare(const struct ipt_self *old, const struct ipt_self *new, struct change *ret)
{
	*ret = (struct change){0};
	for (unsigned int i = 0; i < HB_MAX_NODES; i++)
		if (old->member[i].node && !find_member(new, &old->member[i]))
			note_voter(ret, &old->member[i]);
	for (unsigned int i = 0; i < HB_MAX_NODES; i++) {
		const struct ipt_member *m = &new->member[i], *was = find_member(old, m);

		if (!m->node)
			continue;
		if (!was || was->witness != m->witness)
			note_voter(ret, m);
		if (was && was->node != m->node) {
			ret->renumbered = m;
			ret->number = was->node;
		}
	}
}

/* Of its two members each owns without the other's vote: no majority of other members can count on meeting it. */
static bool goes_on_alone(const struct ipt_self *s)
{
	return !(s->flags & (IPT_SELF_QUORUM | IPT_SELF_NEVER));
}

static bool is_pair(const struct ipt_self *s)
{
	return !(s->flags & IPT_SELF_QUORUM);
}

/* A member's own line, or, of one that the file has no more, the mode's. */
static int line_of(const struct config *c, const struct ipt_member *m)
{
	for (uint32_t i = 0; i < c->npeers; i++)
		if (!strcmp(c->peers[i].name, m->name))
			return c->peers[i].line;
	return c->mode_line;
}

static const char *role_of(const struct config *c, const struct ipt_member *m)
{
	return strcmp(c->node, m->name) ? "peer" : "node";
}

__attribute__((format(printf, 5, 6))) static int refuse(struct err *e, const char *path,
							const struct config *c,
							const struct ipt_member *m, const char *fmt,
							...)
{
	int line = m ? line_of(c, m) : c->mode_line;
	size_t n = (size_t)snprintf(e->text, sizeof(e->text), "%s:%d: ", path, line);
	va_list ap;

	va_start(ap, fmt);
	if (n < sizeof(e->text))
		(void)vsnprintf(e->text + n, sizeof(e->text) - n, fmt, ap);
	va_end(ap);
	return -EBUSY;
}

static int refuse_number(struct err *e, const char *path, const struct config *c,
			 const struct change *ch)
{
	const struct ipt_member *m = ch->renumbered;

	return refuse(e, path, c, m,
		      "%s '%s': its number would be %u and is %u. Where id is not written it is "
		      "the rank of the name: write id = %u for it, and id = N for every member, as "
		      "they run now",
		      role_of(c, m), m->name, m->node, ch->number, ch->number);
}

static int refuse_second(struct err *e, const char *path, const struct config *c,
			 const struct change *ch)
{
	return refuse(e, path, c, ch->last,
		      "%s '%s': members change one voter at a time, and '%s' is another change: "
		      "give all members a file with one of the two, reload each of them, then the "
		      "other",
		      role_of(c, ch->last), ch->last->name, ch->other->name);
}

/* What can be said of the two sets alone. */
static int check_sets(const struct ipt_self *old, const struct ipt_self *new,
		      const struct config *c, const char *path, const struct change *ch,
		      struct err *e)
{
	bool pairs = is_pair(old) && is_pair(new);

	if (!pairs && (goes_on_alone(old) || goes_on_alone(new)))
		return refuse(e, path, c, NULL,
			      "quorum '%s': a pair that goes on alone cannot meet a majority: set "
			      "alone = \"never\" on both first, and reload them",
			      c->quorum ? "true" : "false");
	if (!pairs && ch->renumbered)
		return refuse_number(e, path, c, ch);
	if (!pairs && ch->voters > 1)
		return refuse_second(e, path, c, ch);
	if (goes_on_alone(old) || old->flags & IPT_SELF_SETTLED)
		return 0;
	return refuse(e, path, c, ch->last,
		      "the members that run now have not settled: a majority of them must have one "
		      "and the same file, and hear each other; then try again");
}

static unsigned int count_members(const struct ipt_self *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < HB_MAX_NODES; i++)
		n += s->member[i].node != 0;
	return n;
}

/* Number of the one that is not in the old set; 0: none. */
static uint8_t added_voter(const struct ipt_self *old, const struct ipt_self *new)
{
	for (unsigned int i = 0; i < HB_MAX_NODES; i++)
		if (new->member[i].node && !find_member(old, &new->member[i]))
			return new->member[i].node;
	return 0;
}

int config_follow(const struct ipt_self *self, const struct config *next, const char *path,
		  struct config_follow *ret, struct err *e)
{
	struct ipt_self new = {0};
	struct change ch;

	*ret = (struct config_follow){.goes_on = true};
	if (!self->session)
		return 0;
	if (self->cfg_hash == next->cfg_hash) {
		ret->cfg_prev = self->cfg_prev;
		ret->prev_votes = self->prev_votes;
		ret->prev_not = self->prev_not;
		ret->prev_over = self->flags & IPT_SELF_PREV_OVER;
		ret->settled = self->flags & IPT_SELF_SETTLED;
		return 0;
	}
	config_members(next, &new);
	compare(self, &new, &ch);
	ret->goes_on = ch.voters <= 1 && !ch.renumbered;
	/* Back to the members that it has never ceased to vote with: as if it had not gone. */
	if (self->cfg_prev && self->cfg_prev == next->cfg_hash &&
	    !(self->flags & IPT_SELF_PREV_OVER))
		return 0;
	if (ret->goes_on) {
		ret->cfg_prev = self->cfg_hash;
		ret->prev_votes = (uint8_t)(count_members(self) / 2 + 1);
		ret->prev_not = added_voter(self, &new);
	}
	ret->guarded = !goes_on_alone(self);
	return check_sets(self, &new, next, path, &ch, e);
}
