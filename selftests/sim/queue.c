/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens when: a binary heap in true time. */
#include "sim.h"

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

void queue_push(struct sim *s, struct sim_event ev)
{
	uint32_t i = s->nheap;

	if (ev.at_ns == SIM_FOREVER)
		return;
	if (s->nheap == SIM_HEAP) {
		judge_fail(s, "sim", "more than %d events are waiting", SIM_HEAP);
		return;
	}
	ev.order = s->order++;
	s->nheap++;
	while (i && before(&ev, &s->heap[(i - 1) / 2])) {
		s->heap[i] = s->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->heap[i] = ev;
}

bool queue_pop(struct sim *s, struct sim_event *ret)
{
	struct sim_event last;
	uint32_t i = 0, child;

	if (!s->nheap)
		return false;
	*ret = s->heap[0];
	last = s->heap[--s->nheap];
	while ((child = 2 * i + 1) < s->nheap) {
		if (child + 1 < s->nheap && before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &last))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
	return true;
}
