/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory of one conversion, all of it freed at once. */
#ifndef IPT_CONVERT_ARENA_H
#define IPT_CONVERT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroed. Never NULL: without memory the program ends, as nothing has been written yet. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_copy(struct arena *a, const char *text, size_t len);
__attribute__((format(printf, 2, 3))) char *arena_print(struct arena *a, const char *fmt, ...);

#endif
