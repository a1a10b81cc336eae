/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decides when which announcement may leave; neither sends nor reads a clock. */
#include "announce_rule.h"

#define SECOND_NS 1000000000ull

/* One beyond 1 s: a Linux neighbour keeps a fresh entry locked for that long against other forms. */
static const uint64_t round_ms[PACE_ROUNDS] = {0, 20, 100, 500, 1100, 2200};

uint64_t pace_round_ns(uint32_t round)
{
	return round_ms[round] * 1000000;
}

static bool bursting(const struct pace *p)
{
	return p->round < p->rounds;
}

/* Of one round. */
static uint64_t burst_frames(const struct pace *p)
{
	return (uint64_t)p->forms * p->addrs;
}

void pace_begin(struct pace *p, uint64_t now_ns)
{
	p->begin_ns = now_ns;
	p->due_ns = now_ns;
	p->done = 0;
	p->round = 0;
}

bool pace_again(struct pace *p, uint64_t now_ns)
{
	/* A long round that starts over and over would never reach its last addresses. */
	if (now_ns - p->begin_ns < PACE_AGAIN_NS || (bursting(p) && p->round == 0))
		return false;
	pace_begin(p, now_ns);
	return true;
}

uint64_t pace_load_mpps(const struct pace *p)
{
	return p->refresh_ns ? p->addrs * 1000 * SECOND_NS / p->refresh_ns : 0;
}

uint64_t pace_refresh_takes_ns(const struct pace *p, uint64_t load_mpps)
{
	uint64_t most_mpps = PACE_REFRESH_PPS * 1000;

	if (load_mpps <= most_mpps)
		return p->refresh_ns;
	/* In thousandths: nanoseconds times load would not fit. */
	return p->refresh_ns / 1000 * (load_mpps / (most_mpps / 1000));
}

/* Time that one refreshed address is worth. */
static uint64_t refresh_gap_ns(const struct pace *p, uint64_t load_mpps)
{
	uint64_t gap_ns = pace_refresh_takes_ns(p, load_mpps) / p->addrs;

	return gap_ns ? gap_ns : 1;
}

static struct pace_step step_of(enum pace_what what, uint64_t first, uint64_t left, uint64_t most)
{
	struct pace_step step = {.what = what, .first = first};

	step.frames = (uint32_t)(left < most ? left : most);
	return step;
}

static struct pace_step idle_until(uint64_t next_ns)
{
	struct pace_step step = {.what = PACE_IDLE, .next_ns = next_ns};

	return step;
}

struct pace_step pace_next(const struct pace *p, uint64_t now_ns, uint32_t chunk,
			   uint64_t load_mpps)
{
	uint64_t left = burst_frames(p) - p->done, gap_ns;

	if (p->addrs == 0 || (!bursting(p) && p->refresh_ns == 0))
		return idle_until(PACE_NEVER);
	if (now_ns < p->due_ns)
		return idle_until(p->due_ns);
	if (bursting(p) && p->done < PACE_HEAD)
		return step_of(PACE_BURST, p->done, left, PACE_HEAD - p->done);
	if (bursting(p))
		return step_of(PACE_BURST, p->done, left, chunk);
	gap_ns = refresh_gap_ns(p, load_mpps);
	return step_of(PACE_REFRESH, p->done, p->addrs - p->done,
		       (PACE_REFRESH_TICK_NS + gap_ns - 1) / gap_ns);
}

/* Time on the wire that `sent` frames cost, so that a round keeps to its rate after its head. */
static uint64_t burst_cost_ns(const struct pace *p, uint32_t sent)
{
	return (uint64_t)sent * SECOND_NS / (p->burst_pps ? p->burst_pps : 1);
}

static void end_round(struct pace *p, uint64_t now_ns)
{
	uint64_t due_ns;

	p->done = 0;
	p->round++;
	/* Rounds that a long one has outlasted are made up for by a single one. */
	while (p->round + 1 < p->rounds && p->begin_ns + pace_round_ns(p->round + 1) <= now_ns)
		p->round++;
	if (!bursting(p))
		return;
	due_ns = p->begin_ns + pace_round_ns(p->round);
	if (due_ns > p->due_ns)
		p->due_ns = due_ns;
}

static void sent_burst(struct pace *p, uint32_t sent, uint64_t now_ns, uint64_t load_mpps)
{
	bool head = p->done < PACE_HEAD;

	p->done += sent;
	p->due_ns = now_ns;
	/* The head is free, so that a small group is never paced; the rest pays for it. */
	if (!head || p->done >= PACE_HEAD)
		p->due_ns += burst_cost_ns(p, sent);
	if (p->done < burst_frames(p))
		return;
	end_round(p, now_ns);
	if (!bursting(p) && p->refresh_ns)
		p->due_ns = now_ns + refresh_gap_ns(p, load_mpps);
}

void pace_sent(struct pace *p, const struct pace_step *step, uint32_t sent, uint64_t now_ns,
	       uint64_t load_mpps)
{
	switch (step->what) {
	case PACE_IDLE:
		return;
	case PACE_BURST:
		sent_burst(p, sent, now_ns, load_mpps);
		break;
	case PACE_REFRESH:
		p->done = (p->done + sent) % p->addrs;
		/* From when it was due, not from now: lateness must not add up. */
		p->due_ns += refresh_gap_ns(p, load_mpps) * sent;
		if (p->due_ns < now_ns)
			p->due_ns = now_ns;
		break;
	}
	if (sent < step->frames && p->due_ns < now_ns + PACE_RETRY_NS)
		p->due_ns = now_ns + PACE_RETRY_NS;
}
