/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the results of `track` scripts come to: a verdict for each, a fault and a priority for each group. Pure. */
#ifndef IPT_TRACK_RULE_H
#define IPT_TRACK_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include "config/config.h"

/* All zero: good, until results say otherwise. */
struct track_verdict {
	bool failed;
	bool waits; /* for its first result, which is the verdict */
	uint32_t against; /* results in a row that contradict it */
};

struct track_sum {
	bool ok; /* no track of weight 0 fails */
	bool waits; /* some have no result yet */
	uint8_t priority; /* 1..254 */
	uint32_t failed; /* tracks */
};

/* What a check counts as whose results nobody knows. */
struct track_verdict track_initial(const struct config_track *t);

/* One more result. True: the verdict has changed. */
bool track_judge(struct track_verdict *v, const struct config_track *t, bool ok);

/* `verdict`: of all tracks of the configuration; `base`: the group's priority without them. */
struct track_sum track_sum(const struct config *cfg, const struct config_group *g,
			   const struct track_verdict *verdict, uint8_t base);

#endif
