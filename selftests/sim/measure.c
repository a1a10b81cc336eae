/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures, not verdicts: how long a crash lasts, what constant loss costs; protocol 10 has what to compare with. */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

#define CRASHES 400
#define LOSS_NS (600 * SIM_SECOND)

static const struct {
	uint64_t interval_ns, settle_ns;
	uint32_t misses, rho_ppm;
} shapes[] = {
	{50 * SIM_MS, 5 * SIM_MS, 7, 100000}, {20 * SIM_MS, 5 * SIM_MS, 7, 100000},
	{50 * SIM_MS, SIM_MS, 7, 1000},	      {10 * SIM_MS, SIM_MS / 5, 5, 1000},
	{SIM_MS, SIM_MS / 5, 5, 1000},
};

static uint32_t owner(const struct sim *s)
{
	for (uint32_t n = 0; n < s->o.nodes; n++)
		if (judge_live(s, n, 0))
			return n;
	return SIM_NODES;
}

static void stage(struct sim *s, enum sim_mode mode, unsigned int shape, uint64_t seed)
{
	struct options o;

	options_draw(&o, mode, seed);
	o.t = (struct timing){.interval_ns = shapes[shape].interval_ns,
			      .misses = shapes[shape].misses,
			      .rho_ppm = shapes[shape].rho_ppm,
			      .settle_ns = shapes[shape].settle_ns,
			      .members = mode == MODE_PAIR ? 0 : o.nodes};
	(void)timing_derive(&o.t, &(struct err){0});
	o.classes = CLASS_NET;
	o.groups = 1;
	o.alone = CORE_ALONE_ALWAYS;
	o.preempt = o.races = false;
	o.drift = true;
	o.hold_off_ns = o.drain_ns = 0;
	s->nfaults = 0;
	memset(&s->stats, 0, sizeof(s->stats));
	world_init(s, &o);
	/* Past the boot wait, at any phase of the beats. */
	(void)world_until(s, 6 * SIM_SECOND + rng_below(&s->rng, o.t.interval_ns));
}

static int by_size(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* The owner's host dies, its memory with it: how long until another's gate is open? */
static void crashes(struct sim *s, enum sim_mode mode, unsigned int shape)
{
	static uint64_t took_ns[CRASHES];
	uint64_t n = 0;

	for (uint64_t seed = 1; seed <= CRASHES; seed++) {
		uint64_t from_ns;

		stage(s, mode, shape, seed);
		if (owner(s) == SIM_NODES)
			continue;
		from_ns = s->now_ns;
		fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = (uint8_t)owner(s)});
		while (owner(s) == SIM_NODES && s->nheap && s->now_ns < from_ns + 10 * SIM_SECOND)
			(void)world_until(s, s->heap[0].at_ns);
		took_ns[n++] = s->now_ns - from_ns;
	}
	qsort(took_ns, n, sizeof(*took_ns), by_size);
	(void)printf("# crash %-8s %4g x %u rho %4g%%: p50 %8.3f ms, max %8.3f ms of %llu\n",
		     mode_name(mode), (double)shapes[shape].interval_ns / 1e6, shapes[shape].misses,
		     shapes[shape].rho_ppm / 1e4, (double)took_ns[n / 2] / 1e6,
		     (double)took_ns[n - 1] / 1e6, (unsigned long long)n);
}

static void losses(struct sim *s, enum sim_mode mode, unsigned int shape, uint32_t percent)
{
	uint64_t moves;

	stage(s, mode, shape, percent);
	for (uint32_t a = 0; a < s->o.nodes; a++)
		for (uint32_t b = 0; b < s->o.nodes; b++)
			s->link[a][b].loss_ppm = percent * 10000;
	moves = s->stats.moves;
	s->stats.lapses = 0;
	(void)world_until(s, s->now_ns + 6 * LOSS_NS);
	(void)printf("# loss %2u%% %-8s %4g x %u rho %4g%%: %llu lapses, %llu role changes in an "
		     "hour%s%s\n",
		     percent, mode_name(mode), (double)shapes[shape].interval_ns / 1e6,
		     shapes[shape].misses, shapes[shape].rho_ppm / 1e4,
		     (unsigned long long)s->stats.lapses,
		     (unsigned long long)(s->stats.moves - moves), *s->j.bad ? ": " : "", s->j.bad);
}

/* V2: nothing changes in a million intervals of peace. */
static int peace(struct sim *s, enum sim_mode mode)
{
	uint64_t claims, lapses;

	stage(s, mode, 0, 1);
	claims = s->stats.claims;
	lapses = s->stats.lapses;
	(void)world_until(s, s->now_ns + 1000000 * s->o.t.interval_ns);
	(void)printf("# peace %-8s %.1f h: %llu changes\n", mode_name(mode),
		     (double)s->now_ns / 3.6e12,
		     (unsigned long long)(s->stats.claims - claims + s->stats.lapses - lapses));
	return s->stats.claims != claims || s->stats.lapses != lapses || *s->j.bad;
}

int measure(struct sim *s, bool only_peace)
{
	int bad = peace(s, MODE_PAIR) + peace(s, MODE_QUORUM3);

	if (only_peace)
		return bad;
	for (unsigned int shape = 0; shape < sizeof(shapes) / sizeof(*shapes); shape++) {
		crashes(s, MODE_PAIR, shape);
		crashes(s, MODE_QUORUM3, shape);
	}
	for (unsigned int shape = 0; shape < sizeof(shapes) / sizeof(*shapes); shape++)
		for (uint32_t percent = 1; percent <= 20; percent *= percent < 5 ? 5 : 4) {
			losses(s, MODE_PAIR, shape, percent);
			losses(s, MODE_QUORUM3, shape, percent);
		}
	return bad;
}
