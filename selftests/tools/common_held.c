/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that leave later, soonest first; of two with the same time the one that came first. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "common.h"
#include "common_held.h"

static bool sooner(const struct held_frame *a, const struct held_frame *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->serial < b->serial);
}

static void swap(struct held_frame *a, struct held_frame *b)
{
	struct held_frame t = *a;

	*a = *b;
	*b = t;
}

void held_put(struct held *h, uint64_t due_ns, uint32_t to, const uint8_t *bytes, size_t len)
{
	struct held_frame f = {.due_ns = due_ns, .serial = h->serial++, .to = to, .len = len};
	uint32_t i = h->count++;

	if (i == HELD_MAX)
		die("more than %d frames wait", HELD_MAX);
	f.bytes = malloc(len);
	if (!f.bytes)
		die("no memory for a frame");
	memcpy(f.bytes, bytes, len);
	h->heap[i] = f;
	for (; i && sooner(&h->heap[i], &h->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&h->heap[i], &h->heap[(i - 1) / 2]);
}

struct held_frame held_take(struct held *h)
{
	struct held_frame first = h->heap[0];
	uint32_t i = 0, child;

	h->heap[0] = h->heap[--h->count];
	while ((child = 2 * i + 1) < h->count) {
		child += child + 1 < h->count && sooner(&h->heap[child + 1], &h->heap[child]);
		if (!sooner(&h->heap[child], &h->heap[i]))
			break;
		swap(&h->heap[child], &h->heap[i]);
		i = child;
	}
	return first;
}
