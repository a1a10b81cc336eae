/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Faults and their times, chosen by coverage instead of chance, in the simulator's worlds: the daemon's own cores
 * under the judge that knows the true time. Random seeds find what is likely; this looks for what is not.
 */
#include <string.h>
#include "fuzz.h"
#include "sim.h"

#define MOST_FAULTS 24

static struct sim *world;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world = calloc(1, sizeof(*world));
	FUZZ_MUST(world);
	return 0;
}

static void read_options(struct options *o, struct fuzz_in *in)
{
	enum sim_mode mode = (enum sim_mode)fuzz_below(in, SIM_MODES);
	uint8_t how = fuzz_byte(in);

	options_draw(o, mode, fuzz_byte(in));
	options_set_timing(o, how & 3);
	o->classes = fuzz_byte(in) & CLASS_ALL;
	o->alone = mode == MODE_PAIR && how & 4 ? CORE_ALONE_NEVER : CORE_ALONE_ALWAYS;
	o->groups = how & 8 ? 2 : 1;
	o->drift = how & 16;
	o->races = how & 32;
	o->length = 120;
}

static void read_fault(struct sim *s, const struct options *o, struct fuzz_in *in, uint64_t *at_ns,
		       struct cuts *cuts)
{
	uint64_t grain_ns = o->t.interval_ns / 64;
	struct fault f = {.kind = (enum fault_kind)fuzz_below(in, FAULT_KINDS)};

	*at_ns += fuzz_bytes(in, 2) % 2048 * grain_ns;
	f.at_ns = *at_ns;
	f.for_ns = fuzz_bytes(in, 2) % 4096 * grain_ns;
	f.node = (uint8_t)fuzz_below(in, o->nodes);
	f.other = (uint8_t)((f.node + 1 + fuzz_below(in, o->nodes - 1)) % o->nodes);
	f.group = (uint8_t)fuzz_below(in, o->groups);
	f.arg = fuzz_bytes(in, 3) % 1000000;
	f.flag = fuzz_byte(in) & 1;
	if (fault_admit(o, cuts, &f))
		s->fault[s->nfaults++] = f;
}

static void tell(const struct sim *s)
{
	(void)fprintf(stderr, "BROKEN: %s: %s\n", s->j.rule, s->j.bad);
	options_print(&s->o, stderr);
	for (uint32_t i = 0; i < s->nfaults; i++)
		fault_print(s, &s->fault[i], stderr);
}

/* FUZZ_TRACE=1 with one input shows the run. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_in in = {bytes, size};
	struct cuts cuts = {0};
	struct options o;
	uint64_t at_ns = 0;

	read_options(&o, &in);
	o.trace = getenv("FUZZ_TRACE");
	world->nfaults = 0;
	while (in.left && world->nfaults < MOST_FAULTS && at_ns < o.length * o.t.interval_ns)
		read_fault(world, &o, &in, &at_ns, &cuts);
	world_init(world, &o);
	if (world_run(world))
		return 0;
	tell(world);
	abort();
}
