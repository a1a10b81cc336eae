/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Open questions to the gateway, and what their answers prove. */
#include "gateway_rule.h"

#define LATEST_D 4 /* that many D after its question no answer comes any more */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void be_quiet(struct gateway_asked *g, uint64_t wait_ns)
{
	g->quiet_until_ns = later(g->quiet_until_ns, g->newest_ns + wait_ns);
}

bool gateway_may_ask(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns)
{
	/* Unanswered for as long as an answer is good for: lost, or late. */
	if (!g->quiet_until_ns && g->n && (g->n == GATEWAY_OPEN || now_ns - g->open_ns[0] >= d_ns))
		be_quiet(g, g->round_ns ? d_ns : LATEST_D * d_ns);
	if (now_ns < g->quiet_until_ns)
		return false;
	if (g->quiet_until_ns)
		g->n = 0;
	g->quiet_until_ns = 0;
	return true;
}

void gateway_note_asked(struct gateway_asked *g, uint64_t now_ns)
{
	if (g->n < GATEWAY_OPEN)
		g->open_ns[g->n++] = now_ns;
	g->newest_ns = now_ns;
}

uint64_t gateway_note_answer(struct gateway_asked *g, uint64_t now_ns, uint64_t d_ns, bool slept)
{
	uint64_t asked_ns = g->open_ns[0], round_ns = now_ns - asked_ns;

	if (!g->n)
		return 0;
	g->n--;
	for (unsigned int i = 0; i < g->n; i++)
		g->open_ns[i] = g->open_ns[i + 1];
	/* Then it is us who are slow. */
	if (slept)
		return asked_ns;
	if (round_ns < d_ns)
		g->round_ns = later(round_ns, g->round_ns - g->round_ns / 8);
	else
		be_quiet(g, d_ns + (round_ns < LATEST_D * d_ns ? round_ns : LATEST_D * d_ns));
	return asked_ns;
}

uint64_t gateway_wait_ns(const struct gateway_asked *g, uint64_t usual_ns)
{
	return later(usual_ns, 2 * g->round_ns);
}
