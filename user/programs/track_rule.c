/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rise and fall, weights and their sum. */
#include "track_rule.h"

struct track_verdict track_initial(const struct config_track *t)
{
	return (struct track_verdict){.failed = t->initial == INITIAL_FAIL,
				      .waits = t->initial == INITIAL_WAIT};
}

bool track_judge(struct track_verdict *v, const struct config_track *t, bool ok)
{
	if (v->waits) {
		*v = (struct track_verdict){.failed = !ok};
		return true;
	}
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
		bool failed = verdict[g->track[i]].failed, waits = verdict[g->track[i]].waits;
		int weight = cfg->tracks[g->track[i]].weight;

		sum.failed += failed;
		sum.waits = sum.waits || waits;
		if (failed && !weight)
			sum.ok = false;
		if (!waits && (failed ? weight < 0 : weight > 0))
			priority += weight;
	}
	if (priority < 1)
		priority = 1;
	if (priority > 254)
		priority = 254;
	sum.priority = (uint8_t)priority;
	return sum;
}
