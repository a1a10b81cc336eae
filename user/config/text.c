/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the text of a file before it is parsed: finds what libconfuse would not notice. */
#include "config_int.h"

#include <string.h>

/* Where a character belongs, by the rules of libconfuse's scanner. */
enum place { PLAIN, LINE_COMMENT, COMMENT, DOUBLE_QUOTED, SINGLE_QUOTED };

static enum place enter(char c, char next)
{
	if (c == '#' || (c == '/' && next == '/'))
		return LINE_COMMENT;
	if (c == '/' && next == '*')
		return COMMENT;
	if (c == '"')
		return DOUBLE_QUOTED;
	return c == '\'' ? SINGLE_QUOTED : PLAIN;
}

/* The place after `*p`, which moves on over the second character of a pair. */
static enum place step(enum place place, char **p)
{
	char c = **p, next = (*p)[1];

	switch (place) {
	case PLAIN:
		place = enter(c, next);
		if (place == COMMENT)
			*(*p)++ = ' ';
		return place;
	case LINE_COMMENT:
		return c == '\n' ? PLAIN : place;
	case COMMENT:
		if (c != '*' || next != '/')
			return place;
		*(*p)++ = ' ';
		**p = ' ';
		return PLAIN;
	case DOUBLE_QUOTED:
	case SINGLE_QUOTED:
		if (c == '\\' && next && next != '\n')
			(*p)++;
		return c == (place == DOUBLE_QUOTED ? '"' : '\'') ? PLAIN : place;
	}
	return place;
}

/* How far the scan has come, and where what is still open was opened. */
struct scan {
	enum place place;
	int line, place_line;
	int braces, brace_line;
};

/* libconfuse takes the end of the file for the end of a comment and of a section. */
static const char *left_open(const struct scan *s, int *ret_line)
{
	*ret_line = s->place_line;
	switch (s->place) {
	case PLAIN:
	case LINE_COMMENT:
		*ret_line = s->brace_line;
		return s->braces > 0 ? "brace is not closed" : NULL;
	case COMMENT:
		return "comment is not closed";
	case DOUBLE_QUOTED:
	case SINGLE_QUOTED:
		return "quoted word is not closed";
	}
	return NULL;
}

static bool in_word(char c)
{
	return (unsigned char)c > ' ' && !strchr("={}()+,\"'", c);
}

/* "include" and what other formats have behind it: no word of ours, and no value stands before a brace or a quote. */
static bool includes(const char *text, const char *p)
{
	static const char word[] = "include";

	if (strncmp(p, word, sizeof(word) - 1) || (p > text && in_word(p[-1])))
		return false;
	p += sizeof(word) - 1;
	p += strspn(p, " \t");
	return *p && strchr("(\"'</", *p);
}

/* Outside quotes and comments: what libconfuse would take for something else than its writer did. */
static const char *mistaken(const char *text, const char *p)
{
	if (*p == ';')
		return "semicolon: an option ends with its line or the next blank, write none, or "
		       "quote the word";
	if (*p == '/' && (p[1] == '/' || p[1] == '*') && p > text && in_word(p[-1]))
		return "comment in the middle of a word: quote the word, or put a blank before the "
		       "comment";
	return includes(text, p) ? "include: a configuration is one file" : NULL;
}

static bool has_byte_order_mark(const char *text)
{
	return !strncmp(text, "\xef\xbb\xbf", 3) || !strncmp(text, "\xff\xfe", 2) ||
	       !strncmp(text, "\xfe\xff", 2);
}

static void count_braces(struct scan *s, char c)
{
	if (c == '{' && s->braces++ == 0)
		s->brace_line = s->line;
	if (c == '}')
		s->braces--;
}

/*
 * libconfuse counts a comment as up to three lines, and would swallow groups behind one that is not
 * closed. It gets to see none.
 */
const char *config_text_clean(char *text, size_t len, int *ret_line)
{
	struct scan s = {.place = PLAIN, .line = 1, .place_line = 1};
	const char *wrong = NULL;
	enum place last;
	char *p;

	*ret_line = 1;
	if (has_byte_order_mark(text))
		return "byte order mark: save the file as UTF-8 without one";
	for (p = text; p < text + len; p++) {
		if ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t' && *p != '\r') {
			*ret_line = s.line;
			return "control character";
		}
		if (*p == '\n')
			s.line++;
		if (s.place == PLAIN)
			wrong = mistaken(text, p);
		if (wrong) {
			*ret_line = s.line;
			return wrong;
		}
		last = s.place;
		s.place = step(last, &p);
		if (last == PLAIN)
			s.place_line = s.line;
		if (last == PLAIN && s.place == PLAIN)
			count_braces(&s, *p);
		if ((s.place == COMMENT || s.place == LINE_COMMENT) && *p != '\n')
			*p = ' ';
	}
	return left_open(&s, ret_line);
}
