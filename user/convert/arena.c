/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the memory of a conversion. */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	max_align_t bytes[];
};

struct arena {
	struct piece *pieces;
};

static void *must(void *memory)
{
	if (memory)
		return memory;
	(void)fputs("ip-takeover-ctl: out of memory\n", stderr);
	exit(1);
}

struct arena *arena_new(void)
{
	return must(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *a)
{
	struct piece *piece, *next;

	for (piece = a->pieces; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct piece *piece = must(calloc(1, sizeof(*piece) + size));

	piece->next = a->pieces;
	a->pieces = piece;
	return piece->bytes;
}

char *arena_copy(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_print(struct arena *a, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena_alloc(a, (size_t)(len < 0 ? 0 : len) + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)(len < 0 ? 0 : len) + 1, fmt, ap);
	va_end(ap);
	return text;
}
