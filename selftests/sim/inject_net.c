/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What faults do to the wire when they begin and when they end. */
#include "inject.h"

static void cut(struct sim *s, uint32_t a, uint32_t b, int by)
{
	s->link[a][b].cut += (uint32_t)by;
}

static void isolate(struct sim *s, uint32_t n, int by)
{
	for (uint32_t m = 0; m < s->o.nodes; m++) {
		cut(s, n, m, by);
		cut(s, m, n, by);
	}
}

static void lose(struct sim *s, uint32_t ppm)
{
	for (uint32_t a = 0; a < s->o.nodes; a++)
		for (uint32_t b = 0; b < s->o.nodes; b++)
			s->link[a][b].loss_ppm = ppm;
}

static void cut_one(struct sim *s, const struct fault *f)
{
	cut(s, f->node, f->other, 1);
}

static void cut_one_end(struct sim *s, const struct fault *f)
{
	cut(s, f->node, f->other, -1);
}

static void cut_both(struct sim *s, const struct fault *f)
{
	cut(s, f->node, f->other, 1);
	cut(s, f->other, f->node, 1);
}

static void cut_both_end(struct sim *s, const struct fault *f)
{
	cut(s, f->node, f->other, -1);
	cut(s, f->other, f->node, -1);
}

static void cut_all(struct sim *s, const struct fault *f)
{
	isolate(s, f->node, 1);
}

static void cut_all_end(struct sim *s, const struct fault *f)
{
	isolate(s, f->node, -1);
}

static void beats_cut(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].beats_cut++;
	s->link[f->other][f->node].beats_cut += f->flag;
}

static void beats_cut_end(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].beats_cut--;
	s->link[f->other][f->node].beats_cut -= f->flag;
}

static void loss(struct sim *s, const struct fault *f)
{
	lose(s, (uint32_t)f->arg);
}

static void loss_end(struct sim *s, const struct fault *f)
{
	(void)f;
	lose(s, 0);
}

static void delay(struct sim *s, const struct fault *f)
{
	s->delay_ns = f->arg * 30 * s->o.t.interval_ns / 1000000;
}

static void delay_end(struct sim *s, const struct fault *f)
{
	(void)f;
	s->delay_ns = 0;
}

static void duplicate(struct sim *s, const struct fault *f)
{
	s->duplicate_ppm = (uint32_t)f->arg;
}

static void duplicate_end(struct sim *s, const struct fault *f)
{
	(void)f;
	s->duplicate_ppm = 0;
}

static void replay(struct sim *s, const struct fault *f)
{
	s->replay_ppm = (uint32_t)f->arg / 2;
}

static void replay_end(struct sim *s, const struct fault *f)
{
	(void)f;
	s->replay_ppm = 0;
}

static void forge(struct sim *s, const struct fault *f)
{
	s->forge_ppm = (uint32_t)f->arg / 2;
}

static void forge_end(struct sim *s, const struct fault *f)
{
	(void)f;
	s->forge_ppm = 0;
}

static void path_cut(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].half_cut++;
}

static void path_cut_end(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].half_cut--;
}

static void slow_link(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].slow_from_ns = s->now_ns ? s->now_ns : 1;
	s->link[f->node][f->other].slow_ppm = f->arg;
}

static void slow_link_end(struct sim *s, const struct fault *f)
{
	s->link[f->node][f->other].slow_from_ns = 0;
}

const struct act acts_of_net[FAULT_KINDS] = {
	[FAULT_CUT] = {cut_one, cut_one_end},
	[FAULT_CUT_BOTH] = {cut_both, cut_both_end},
	[FAULT_ISOLATE] = {cut_all, cut_all_end},
	[FAULT_BEATS_CUT] = {beats_cut, beats_cut_end},
	[FAULT_LOSS] = {loss, loss_end},
	[FAULT_DELAY] = {delay, delay_end},
	[FAULT_DUPLICATE] = {duplicate, duplicate_end},
	[FAULT_REPLAY] = {replay, replay_end},
	[FAULT_FORGE] = {forge, forge_end},
	[FAULT_PATH] = {path_cut, path_cut_end},
	[FAULT_SLOW] = {slow_link, slow_link_end},
};
