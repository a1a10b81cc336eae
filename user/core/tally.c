/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How late is late: from what no lease notices to what ends one. */
#include "tally.h"

static const struct {
	uint64_t ns;
	const char *text; /* in seconds */
} bounds[IPT_LATE_BUCKETS] = {
	{50000, "5e-05"},   {100000, "0.0001"},	 {250000, "0.00025"}, {500000, "0.0005"},
	{1000000, "0.001"}, {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},
	{50000000, "0.05"}, {250000000, "0.25"}, {1000000000, "1.0"}, {UINT64_MAX, "+Inf"},
};

uint64_t tally_bound_ns(uint32_t bucket)
{
	return bounds[bucket].ns;
}

const char *tally_bound_text(uint32_t bucket)
{
	return bounds[bucket].text;
}

uint32_t tally_bucket(uint64_t late_ns)
{
	uint32_t i = 0;

	while (late_ns > bounds[i].ns)
		i++;
	return i;
}
