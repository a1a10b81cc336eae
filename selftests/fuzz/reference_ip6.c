/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What should happen to an IPv6 frame where no IPv6 address floats: nothing, but for one that hides what it is. */
#include "reference.h"

#define MOST_HEADERS 16

static bool is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

bool reference_hides(const struct ref_frame *f)
{
	const uint8_t *b = f->r->bytes;
	size_t at = f->at + 40;
	uint8_t next;

	if (at > f->r->len)
		return false;
	next = b[f->at + 6];
	for (unsigned int n = 0; is_extension(next); n++) {
		uint8_t now = next;

		if (n == MOST_HEADERS)
			return true;
		if (at + 4 > f->r->len)
			return false;
		next = b[at];
		if (now == 44 && ref_be16(b + at + 2) >= 8)
			return false; /* what is behind is no header */
		at += now == 44 ? 8u : now == 51 ? (b[at + 1] + 2u) * 4 : (b[at + 1] + 1u) * 8;
	}
	return false;
}
