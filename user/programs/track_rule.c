/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rise and fall, weights and their sum. */
#include "track_rule.h"

bool track_judge(struct track_verdict *v, const struct config_track *t, bool ok)
{
	if (ok != v->failed) {
		v->against = 0;
		return false;
	}
	v->against++;
	if (v->against < (ok ? t->rise : t->fall))
		return false;
	v->failed = !ok;
	v->against = 0;
	return true;
}

struct track_sum track_sum(const struct config *cfg, const struct config_group *g,
			   const struct track_verdict *verdict, uint8_t base)
{
	struct track_sum sum = {.ok = true};
	int priority = base;

	for (uint32_t i = 0; i < g->ntracks; i++) {
		bool failed = verdict[g->track[i]].failed;
		int weight = cfg->tracks[g->track[i]].weight;

		sum.failed += failed;
		if (failed && !weight)
			sum.ok = false;
		if (failed ? weight < 0 : weight > 0)
			priority += weight;
	}
	if (priority < 1)
		priority = 1;
	if (priority > 254)
		priority = 254;
	sum.priority = (uint8_t)priority;
	return sum;
}
