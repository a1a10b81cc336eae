/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the report. */
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

static const char *const words[VERDICTS] = {
	[KEPT] = "kept",       [CHANGED] = "changed", [NEEDLESS] = "not needed",
	[MISSING] = "fill in", [LOST] = "lost",
};

static void add(struct host *h, const char *file, int line, enum verdict verdict,
		const char *quoted, const char *fmt, va_list ap)
{
	struct said *said = arena_alloc(h->arena, sizeof(*said));
	char why[512];

	(void)vsnprintf(why, sizeof(why), fmt, ap);
	*said = (struct said){.file = file, .line = line, .verdict = verdict, .seq = h->nsaid++};
	said->text = arena_print(h->arena, "%s%s%s", quoted, *quoted ? ": " : "", why);
	/* It quotes the file, and stays one line. */
	utf8_plain((char *)said->text);
	said->next = h->said;
	h->said = said;
	h->count[verdict]++;
}

void say(struct host *h, const struct stmt *s, enum verdict verdict, const char *fmt, ...)
{
	char quoted[80] = "";
	size_t len = 0;
	va_list ap;

	for (unsigned int i = 0; i < s->nwords && len < sizeof(quoted); i++)
		len += (size_t)snprintf(quoted + len, sizeof(quoted) - len, "%s%s", i ? " " : "",
					s->words[i]);
	if (len >= sizeof(quoted))
		memcpy(quoted + sizeof(quoted) - 4, "...", 4);
	va_start(ap, fmt);
	add(h, s->file, s->line, verdict, quoted, fmt, ap);
	va_end(ap);
}

void say_word(struct host *h, const struct stmt *s, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(h, s->file, s->line, verdict, stmt_word(s, 0), fmt, ap);
	va_end(ap);
}

void say_host(struct host *h, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(h, h->file, 0, verdict, "", fmt, ap);
	va_end(ap);
}

static int by_line(const void *a, const void *b)
{
	const struct said *x = *(const struct said *const *)a, *y = *(const struct said *const *)b;
	int order = strcmp(x->file, y->file);

	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

void say_print(const struct host *h, FILE *f)
{
	const struct said **all = arena_alloc(h->arena, (h->nsaid + 1) * sizeof(struct said *));
	const struct said *said;
	unsigned int n = 0;

	for (said = h->said; said; said = said->next)
		all[n++] = said;
	qsort(all, n, sizeof(*all), by_line);
	for (unsigned int i = 0; i < n; i++)
		if (all[i]->line)
			(void)fprintf(f, "%s:%d: %s: %s\n", all[i]->file, all[i]->line,
				      words[all[i]->verdict], all[i]->text);
		else
			(void)fprintf(f, "%s: %s: %s\n", all[i]->file, words[all[i]->verdict],
				      all[i]->text);
	(void)fprintf(f, "%s: %s.conf:", h->file, h->name);
	for (unsigned int v = 0; v < VERDICTS; v++)
		(void)fprintf(f, "%s %u %s", v ? "," : "", h->count[v], words[v]);
	(void)fputc('\n', f);
}
