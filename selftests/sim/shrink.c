/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes a failing run smaller: fewer faults, a plainer world, as long as the same rule still breaks. */
#include <string.h>
#include "sim.h"

/* Runs with what `s` holds now; true if that breaks `rule`. */
static bool breaks(struct sim *s, const struct options *o, const char *rule)
{
	world_init(s, o);
	return !world_run(s) && !strcmp(s->j.rule, rule);
}

static void drop_faults(struct sim *s, const struct options *o, const char *rule)
{
	for (uint32_t i = s->nfaults; i-- > 0;) {
		struct fault kept = s->fault[i];

		memmove(&s->fault[i], &s->fault[i + 1], (s->nfaults - i - 1) * sizeof(kept));
		s->nfaults--;
		if (breaks(s, o, rule))
			continue;
		memmove(&s->fault[i + 1], &s->fault[i], (s->nfaults - i) * sizeof(kept));
		s->fault[i] = kept;
		s->nfaults++;
	}
}

/* Each simplification that is kept makes the trace easier to read. */
static void plainer(struct sim *s, struct options *o, const char *rule)
{
	struct options tries[] = {*o, *o, *o};

	tries[0].groups = 1;
	for (unsigned int i = 0; i < 3; i++) {
		tries[i].groups = o->groups;
		tries[i].drift = o->drift;
		tries[i].races = o->races;
		if (i == 0)
			tries[i].groups = 1;
		else if (i == 1)
			tries[i].drift = false;
		else
			tries[i].races = false;
		if (breaks(s, &tries[i], rule))
			*o = tries[i];
	}
}

void shrink(struct sim *s)
{
	struct options o = s->o;
	char rule[sizeof(s->j.rule)];
	uint32_t before;

	memcpy(rule, s->j.rule, sizeof(rule));
	o.trace = false;
	plainer(s, &o, rule);
	do {
		before = s->nfaults;
		drop_faults(s, &o, rule);
	} while (s->nfaults < before);
	plainer(s, &o, rule);
	drop_faults(s, &o, rule);
	o.trace = true;
	options_print(&o, stdout);
	for (uint32_t i = 0; i < s->nfaults; i++)
		fault_print(s, &s->fault[i], stdout);
	(void)breaks(s, &o, rule);
}
