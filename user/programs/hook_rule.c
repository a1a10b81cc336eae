/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Order, bound, and what may be left out. */
#include "hook_rule.h"

#include <string.h>

static void forget(struct hook_queue *q, uint32_t i)
{
	q->n--;
	memmove(&q->call[i], &q->call[i + 1], (q->n - i) * sizeof(*q->call));
}

static bool obsolete(const struct hook_queue *q, uint32_t i)
{
	for (uint32_t k = i + 1; k < q->n; k++)
		if (q->call[k].group == q->call[i].group)
			return true;
	return false;
}

static void make_room(struct hook_queue *q)
{
	uint32_t i = 0;

	while (!obsolete(q, i))
		i++;
	forget(q, i);
	q->skipped++;
}

bool hook_queue_put(struct hook_queue *q, const struct hook_call *call)
{
	if (q->last[call->group] && !strcmp(q->last[call->group], call->state))
		return false;
	if (q->n == HOOK_QUEUE)
		make_room(q);
	q->last[call->group] = call->state;
	q->call[q->n++] = *call;
	return true;
}

bool hook_queue_get(struct hook_queue *q, struct hook_call *ret)
{
	if (!q->n)
		return false;
	*ret = q->call[0];
	forget(q, 0);
	return true;
}

void hook_queue_newest(struct hook_queue *q)
{
	for (uint32_t i = q->n; i-- > 0;)
		if (obsolete(q, i))
			forget(q, i);
}

uint32_t hook_queue_skipped(struct hook_queue *q)
{
	uint32_t skipped = q->skipped;

	q->skipped = 0;
	return skipped;
}
