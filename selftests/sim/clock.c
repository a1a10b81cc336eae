/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From true time to a node's and back; a change of rate starts a new straight line. */
#include "clock.h"

static uint64_t rate_of(int32_t ppm)
{
	return (uint64_t)((1000000 + (int64_t)ppm) * (1ll << 32) / 1000000);
}

void clock_begin(struct clock *c, uint64_t true_ns, uint64_t local_ns, int32_t ppm)
{
	*c = (struct clock){.true_ns = true_ns, .local_ns = local_ns, .rate = rate_of(ppm)};
}

void clock_set_rate(struct clock *c, uint64_t true_ns, int32_t ppm)
{
	clock_begin(c, true_ns, clock_local(c, true_ns), ppm);
}

uint64_t clock_local(const struct clock *c, uint64_t true_ns)
{
	return c->local_ns + (uint64_t)((unsigned __int128)(true_ns - c->true_ns) * c->rate >> 32);
}

uint64_t clock_true(const struct clock *c, uint64_t local_ns)
{
	uint64_t t;

	if (local_ns == UINT64_MAX)
		return UINT64_MAX;
	if (local_ns <= c->local_ns)
		return c->true_ns;
	t = c->true_ns +
	    (uint64_t)((double)(local_ns - c->local_ns) * 4294967296.0 / (double)c->rate);
	while (t > c->true_ns && clock_local(c, t - 1) >= local_ns)
		t--;
	while (clock_local(c, t) < local_ns)
		t++;
	return t;
}
