/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that leave later, soonest first; of two with the same time the one that came first. */
#ifndef TOOLS_COMMON_HELD_H
#define TOOLS_COMMON_HELD_H

#include <stddef.h>
#include <stdint.h>

#define HELD_MAX 65536

struct held_frame {
	uint64_t due_ns, serial;
	uint32_t to;
	size_t len;
	uint8_t *bytes; /* the taker frees it */
};

struct held {
	struct held_frame heap[HELD_MAX];
	uint32_t count;
	uint64_t serial;
};

void held_put(struct held *h, uint64_t due_ns, uint32_t to, const uint8_t *bytes, size_t len);
/* Only if h->count > 0; the next one is h->heap[0]. */
struct held_frame held_take(struct held *h);

#endif
