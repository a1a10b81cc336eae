/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how a line falls into words, and lines into blocks. */
#include "tree.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define DEPTH_MAX 32
#define STMTS_MAX 20000
#define BLANKS " \t\r\n\f\v"

enum kind { END, OPEN, CLOSE };

void tree_init(struct tree *t, struct arena *arena)
{
	*t = (struct tree){.arena = arena};
	t->at = &t->root;
}

const char *stmt_word(const struct stmt *s, unsigned int i)
{
	return i < s->nwords ? s->words[i] : "";
}

static unsigned int digits(const char **p, unsigned int base, unsigned int most)
{
	unsigned int value = 0, n;

	for (n = 0; n < most && isxdigit((unsigned char)**p); n++, (*p)++) {
		unsigned int digit = isdigit((unsigned char)**p)
					     ? (unsigned int)(**p - '0')
					     : (unsigned int)(tolower(**p) - 'a') + 10;

		if (digit >= base)
			break;
		value = value * base + digit;
	}
	return value;
}

/* What stands behind a backslash in quotes; `*p` moves over it. */
static char escaped(const char **p)
{
	static const char from[] = "abEfnrtv", to[] = "\a\b\033\f\n\r\t\v";
	char c = *(*p)++;
	const char *known = strchr(from, c);

	if (known && c)
		return to[known - from];
	if (c == 'x')
		return (char)digits(p, 16, 2);
	if (c >= '0' && c <= '7') {
		(*p)--;
		return (char)digits(p, 8, 3);
	}
	return c;
}

/* A word with its quotes taken away into `out`, which has room. False: a quote is not closed. */
static bool take_word(const char **p, char *out, bool *quoted)
{
	char quote = 0, c;

	*quoted = false;
	while (**p && (quote || !strchr(BLANKS, **p))) {
		c = *(*p)++;
		if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			*quoted = true;
		} else if (quote && c == quote) {
			quote = 0;
		} else if (quote && c == '\\' && **p) {
			c = escaped(p);
			/* What a NUL hides would be gone unsaid. */
			*out++ = c ? c : '?';
		} else {
			*out++ = c;
		}
	}
	*out = '\0';
	return !quote;
}

static int fail(const char *file, int line, const char *what, struct err *e)
{
	return err_set(e, -EINVAL, "%s:%d: %s", file, line, what);
}

static int add_word(struct tree *t, const char *file, int line, const char *word, bool first,
		    struct err *e)
{
	struct stmt *s = t->last;
	char **words;

	if (first) {
		if (t->nstmts++ == STMTS_MAX)
			return fail(file, line, "too many statements", e);
		s = arena_alloc(t->arena, sizeof(*s));
		*s = (struct stmt){.file = file, .line = line, .parent = t->at};
		if (t->at->last_child)
			t->at->last_child->next = s;
		else
			t->at->child = s;
		t->at->last_child = s;
		t->last = s;
	}
	/* A power of two is full. */
	if (!(s->nwords & (s->nwords - 1))) {
		words = arena_alloc(t->arena, (s->nwords ? 2 * s->nwords : 1) * sizeof(*words));
		if (s->nwords)
			memcpy(words, s->words, s->nwords * sizeof(*words));
		s->words = words;
	}
	s->words[s->nwords++] = arena_copy(t->arena, word, strlen(word));
	return 0;
}

static int open_block(struct tree *t, const char *file, int line, struct err *e)
{
	if (!t->last || t->last->block)
		return fail(file, line, "this brace opens nothing", e);
	if (t->depth++ == DEPTH_MAX)
		return fail(file, line, "blocks too deep", e);
	t->last->block = true;
	t->at = t->last;
	t->last = NULL;
	return 0;
}

static int close_block(struct tree *t, const char *file, int line, struct err *e)
{
	if (!t->at->parent)
		return fail(file, line, "this brace closes nothing", e);
	t->depth--;
	t->at = t->at->parent;
	t->last = NULL;
	return 0;
}

/* "virtual_ipaddress{" and "10.0.0.1}" are a word and a brace; "${X}", which nobody has defined, is a word. */
static enum kind split_brace(char *word, bool quoted)
{
	size_t len = strlen(word);
	char end = len ? word[len - 1] : 0;

	if (quoted || (end != '{' && end != '}'))
		return END;
	if (end == '{' && len > 1 && word[len - 2] == '$')
		return END;
	if (end == '}' && memchr(word, '{', len))
		return END;
	word[len - 1] = '\0';
	return end == '{' ? OPEN : CLOSE;
}

int tree_line(struct tree *t, const char *file, int line, const char *text, struct err *e)
{
	char *word = arena_alloc(t->arena, strlen(text) + 2);
	bool first = true, quoted;
	enum kind brace;
	int err = 0;

	for (text += strspn(text, BLANKS); *text && !err; text += strspn(text, BLANKS)) {
		if (*text == '{' || *text == '}') {
			brace = *text++ == '{' ? OPEN : CLOSE;
			word[0] = '\0';
			quoted = false;
		} else {
			if (!take_word(&text, word, &quoted))
				return fail(file, line, "quoted word is not closed", e);
			brace = split_brace(word, quoted);
		}
		if (*word || quoted) {
			err = add_word(t, file, line, word, first, e);
			first = false;
		}
		if (!err && brace != END) {
			err = brace == OPEN ? open_block(t, file, line, e)
					    : close_block(t, file, line, e);
			first = true;
		}
	}
	return err;
}

int tree_end(const struct tree *t, struct err *e)
{
	return t->at->parent ? fail(t->at->file, t->at->line, "brace is not closed", e) : 0;
}
