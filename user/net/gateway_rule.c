/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The open question to the gateway, and what its answer proves. */
#include "gateway_rule.h"

#define LATEST_D 4 /* that many D after its question no answer comes any more */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* After what time without an answer the question has got lost: nothing is known of a gateway that has not answered yet. */
static uint64_t patience_ns(const struct gateway_asked *g, uint64_t d_ns)
{
	uint64_t usual_ns = later(d_ns / 2, 4 * g->round_ns);

	return g->round_ns && usual_ns < LATEST_D * d_ns ? usual_ns : LATEST_D * d_ns;
}

bool gateway_may_ask(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns)
{
	/* What was known before a pause may be true no more. */
	if (now_ns - g->newest_ns > LATEST_D * d_ns)
		*g = (struct gateway_asked){.newest_ns = g->newest_ns};
	if (g->open_ns && now_ns - g->open_ns < patience_ns(g, d_ns))
		return false;
	return true;
}

void gateway_note_asked(struct gateway_asked *g, uint64_t now_ns)
{
	g->open_ns = now_ns;
	g->newest_ns = now_ns;
}

uint64_t gateway_note_answer(struct gateway_asked *g, uint64_t now_ns, bool slept)
{
	uint64_t asked_ns = g->open_ns;

	g->open_ns = 0;
	/* A second answer to it, or one that comes too late; or it is us who are slow. */
	if (asked_ns && !slept)
		g->round_ns = later(now_ns - asked_ns, g->round_ns - g->round_ns / 8);
	return asked_ns;
}

uint64_t gateway_wait_ns(const struct gateway_asked *g, uint64_t usual_ns)
{
	return later(usual_ns, 2 * g->round_ns);
}
