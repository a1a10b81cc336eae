/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which faults a seed draws, and when. */
#include "sim.h"

static const struct {
	const char *name;
	unsigned int classes; /* drawn if one of these is on */
	uint32_t most; /* duration, in tenths of T */
} kinds[FAULT_KINDS] = {
	[FAULT_HANG] = {"hang", CLASS_DAEMON, 300},
	[FAULT_KILL] = {"kill", CLASS_DAEMON, 200},
	[FAULT_STOP] = {"stop", CLASS_ADMIN, 200},
	[FAULT_STALL] = {"stall", CLASS_DAEMON, 200},
	[FAULT_LATE] = {"late", CLASS_DAEMON, 400},
	[FAULT_CUT] = {"cut", CLASS_ONE_WAY, 500},
	[FAULT_CUT_BOTH] = {"cut-both", CLASS_NET, 400},
	[FAULT_ISOLATE] = {"isolate", CLASS_NET, 400},
	[FAULT_BEATS_CUT] = {"beats-cut", CLASS_NET, 300},
	[FAULT_LOSS] = {"loss", CLASS_NET, 500},
	[FAULT_DELAY] = {"delay", CLASS_NET, 300},
	[FAULT_DUPLICATE] = {"duplicate", CLASS_NET, 500},
	[FAULT_REPLAY] = {"replay", CLASS_NET, 500},
	[FAULT_FORGE] = {"forge", CLASS_DAEMON | CLASS_NET, 500},
	[FAULT_REBOOT] = {"reboot", CLASS_HOST, 300},
	[FAULT_FREEZE] = {"freeze", CLASS_HOST, 120},
	[FAULT_RATE] = {"rate", CLASS_HOST | CLASS_DAEMON, 0},
	[FAULT_TAKE] = {"take", CLASS_ADMIN, 0},
	[FAULT_RELEASE] = {"release", CLASS_ADMIN, 0},
	[FAULT_DRAIN] = {"drain", CLASS_ADMIN, 300},
	[FAULT_PRIORITY] = {"priority", CLASS_ADMIN, 0},
	[FAULT_UPGRADE] = {"upgrade", CLASS_ADMIN, 0},
	[FAULT_RELOAD] = {"reload", CLASS_ADMIN, 0},
	[FAULT_DIFFER] = {"differ", CLASS_ADMIN, 200},
	[FAULT_KEYS] = {"keys", CLASS_ADMIN, 0},
	[FAULT_LINK] = {"link", CLASS_LOCAL, 300},
	[FAULT_TRACK] = {"track", CLASS_LOCAL, 300},
	[FAULT_NETLINK] = {"netlink", CLASS_LOCAL, 300},
	[FAULT_GATEWAY] = {"gateway", CLASS_LOCAL, 500},
	[FAULT_EGRESS] = {"egress", CLASS_ONE_WAY | CLASS_LOCAL, 200},
	[FAULT_TIMING] = {"timing", CLASS_TIMING, 0},
	[FAULT_PAUSE] = {"pause", CLASS_PAUSE, 200},
	[FAULT_RING] = {"ring", CLASS_RING, 300},
	[FAULT_SWAP] = {"swap", CLASS_RING, 300},
	[FAULT_SLOW] = {"slow", CLASS_RING, 200},
	[FAULT_PATH] = {"path", CLASS_ONE_WAY | CLASS_NET, 500},
	[FAULT_GROUPS] = {"groups", CLASS_ADMIN, 0},
	[FAULT_MEMBERS] = {"members", CLASS_MEMBERS, 0},
	[FAULT_DEAF] = {"deaf", CLASS_LOCAL, 300},
};

const char *fault_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

void fault_print(const struct sim *s, const struct fault *f, FILE *to)
{
	(void)s;
	(void)fprintf(to, "%10.3f ms %-9s n%u", (double)f->at_ns / 1e6, kinds[f->kind].name,
		      f->node + 1);
	if (f->kind == FAULT_CUT || f->kind == FAULT_CUT_BOTH || f->kind == FAULT_BEATS_CUT ||
	    f->kind == FAULT_RELEASE || f->kind == FAULT_SLOW)
		(void)fprintf(to, " n%u", f->other + 1);
	(void)fprintf(to, " group %u for %.3f ms, arg %llu%s\n", f->group, (double)f->for_ns / 1e6,
		      (unsigned long long)f->arg, f->flag ? ", flag" : "");
}

/* What cuts a pair in both directions at once: the link that carries both; and a host without XDP hears nothing and says
 * nothing, that is the rule. */
static bool blinds_a_pair(enum fault_kind kind)
{
	return kind == FAULT_LINK || kind == FAULT_DEAF;
}

static bool may_be_drawn(const struct options *o, enum fault_kind kind)
{
	if (!(kinds[kind].classes & o->classes))
		return false;
	if (o->mode == MODE_PAIR && !(o->classes & CLASS_NET) && blinds_a_pair(kind))
		return false;
	if (kind == FAULT_PATH && o->paths < 2)
		return false;
	return kind != FAULT_EGRESS || (o->classes & (CLASS_ONE_WAY | CLASS_NET));
}

static enum fault_kind draw_kind(struct rng *r, const struct options *o)
{
	for (;;) {
		enum fault_kind kind = (enum fault_kind)rng_below(r, FAULT_KINDS);

		if (may_be_drawn(o, kind))
			return kind;
	}
}

/*
 * A pair that is to see one-way cuts only: opposite directions lie so far apart that a frame passes in between, else
 * they are one cut both ways (protocol 2). What is delayed or held up by a stop counts to the cut.
 */
static void keep_apart(const struct options *o, struct cuts *last, struct fault *f)
{
	uint64_t peace_ns = 6 * o->t.interval_ns + o->t.g_ns, from_ns = last->end_ns;

	if (o->mode != MODE_PAIR || o->classes & CLASS_NET)
		return;
	if (f->kind != FAULT_CUT && f->kind != FAULT_EGRESS)
		return;
	if (last->any && last->from != f->node)
		from_ns += peace_ns;
	if (last->any && f->at_ns < from_ns)
		f->at_ns = from_ns;
	last->end_ns = f->at_ns + f->for_ns;
	last->from = f->node;
	last->any = true;
}

static uint64_t draw_arg(struct rng *r, enum fault_kind kind)
{
	if (kind == FAULT_LOSS)
		return rng_range(r, 1, 80) * 10000;
	if (kind == FAULT_STALL)
		return rng_below(r, STALL_POINTS);
	return rng_below(r, 1000000);
}

static void draw_one(struct rng *r, const struct options *o, struct fault *f, uint64_t at_ns)
{
	uint64_t tenth_ns = o->t.interval_ns / 10;

	*f = (struct fault){.kind = draw_kind(r, o), .at_ns = at_ns};
	f->arg = draw_arg(r, f->kind);
	f->node = (uint8_t)rng_below(r, o->nodes);
	f->other = (uint8_t)((f->node + 1 + rng_below(r, o->nodes - 1)) % o->nodes);
	f->group = (uint8_t)rng_below(r, o->groups);
	f->flag = rng_below(r, 2);
	/* Short ones as often as long ones: the trouble is at the edges. */
	f->for_ns = rng_below(r, rng_below(r, kinds[f->kind].most + 1) + 1) * tenth_ns +
		    rng_below(r, tenth_ns);
}

bool fault_admit(const struct options *o, struct cuts *last, struct fault *f)
{
	uint64_t most_ns = kinds[f->kind].most * (o->t.interval_ns / 10);

	if (!may_be_drawn(o, f->kind))
		return false;
	f->for_ns = most_ns ? f->for_ns % most_ns : 0;
	if (f->kind == FAULT_LOSS)
		f->arg = 10000 + f->arg % 800000;
	if (f->kind == FAULT_STALL)
		f->arg %= STALL_POINTS;
	keep_apart(o, last, f);
	return true;
}

void fault_draw(struct sim *s)
{
	struct rng r = {s->o.seed * 0xa0761d6478bd642full + s->o.mode};
	uint64_t end_ns = s->o.length * s->o.t.interval_ns;
	uint64_t at_ns = rng_below(&r, 3) ? 60 * s->o.t.interval_ns : 0;
	uint64_t gap_ns = (end_ns - at_ns) / (2 + rng_below(&r, 30));
	struct cuts cuts = {0};

	s->nfaults = 0;
	while (s->nfaults < SIM_FAULTS && at_ns < end_ns) {
		struct fault *f = &s->fault[s->nfaults++];

		draw_one(&r, &s->o, f, at_ns);
		keep_apart(&s->o, &cuts, f);
		/* Trouble comes in heaps: that is when two rules must hold at once. */
		at_ns += rng_below(&r, rng_below(&r, 3) ? 2 * gap_ns : 2 * s->o.t.interval_ns);
	}
}
