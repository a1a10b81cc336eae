/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the way from files to lines that hold words alone. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/slurp.h"
#include "params.h"

#define FILE_LIMIT (4u << 20)
#define FILES_MAX 256
#define DEPTH_MAX 32
#define SPENT_MAX (8u << 20)
#define ROUNDS_MAX 10000
#define BLANKS " \t\r\n\f\v"

static int line_text(struct lines *l, char *text);

static int fail(const struct lines *l, const char *what, const char *word)
{
	return err_set(l->e, -EINVAL, "%s:%d: %s%.200s", l->file, l->line, what, word);
}

/* Cuts a comment off: from # or ! to the end, anywhere but in quotes. */
static void cut_comment(char *text)
{
	char quote = 0, *p;

	for (p = text; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '#' || *p == '!')
			break;
	}
	*p = '\0';
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static int id_seen(struct lines *l, const char *name, size_t len)
{
	for (unsigned int i = 0; i < l->ids->n; i++)
		if (!strncmp(l->ids->name[i], name, len) && !l->ids->name[i][len])
			return 0;
	if (l->ids->n == LINES_IDS_MAX)
		return fail(l, "too many names behind @", "");
	l->ids->name[l->ids->n++] = arena_copy(l->arena, name, len);
	return 0;
}

/* "@NAME REST", "@^NAME REST": is REST for this host? */
static int conditional(struct lines *l, char *text)
{
	bool not = text[1] == '^';
	const char *name = text + 1 + not ;
	size_t len = strcspn(name, BLANKS);
	bool same = l->id && !strncmp(l->id, name, len) && !l->id[len];

	if (!len)
		return fail(l, "no name behind @", "");
	if (id_seen(l, name, len))
		return -EINVAL;
	return same != not ? line_text(l, text + 1 + not +len) : 0;
}

/* START, STEP and END of "(NAME, [START, [STEP,]] END)", spelled as strtol() reads them. */
static bool sequence_numbers(const char *text, long *start, long *step, long *end)
{
	long number[3];
	int n = 0;
	char *stop;

	for (; n < 3; n++) {
		number[n] = strtol(text, &stop, 0);
		if (stop == text || number[n] > 1000000000 || number[n] < -1000000000)
			return false;
		text = stop + strspn(stop, " \t");
		if (*text++ != ',')
			break;
	}
	if (n == 3 || text[-1] != ')' || *text)
		return false;
	*end = number[n];
	*start = n ? number[0] : (*end > 0 ? 1 : -1);
	*step = n == 2 ? number[1] : (*end < *start ? -1 : 1);
	return *step != 0;
}

/* "~SEQ(NAME, ...) REST", "~SEQx(...) REST": REST again and again. */
static int sequence(struct lines *l, const char *text)
{
	bool hex = text[4] == 'x';
	const char *name = text + 5 + hex, *close = strchr(text, ')'), *comma;
	long start, step, end, rounds = 0;
	size_t len;
	int err = 0;

	name += strspn(name, " \t");
	len = strcspn(name, ", \t)");
	comma = name + len + strspn(name + len, " \t");
	if (!close || !len || *comma != ',' ||
	    !sequence_numbers(arena_copy(l->arena, comma + 1, (size_t)(close - comma)), &start,
			      &step, &end))
		return fail(l, "not a sequence as ~SEQ(NAME, START, STEP, END): ", text);
	for (; !err && (step > 0 ? start <= end : start >= end); start += step) {
		if (rounds++ == ROUNDS_MAX)
			return fail(l, "a sequence of more than 10000: ", text);
		params_set(l, name, len, arena_print(l->arena, hex ? "%lx" : "%ld", start));
		err = line_text(l, arena_print(l->arena, "%s", close + 1));
	}
	return err;
}

/* Each line of a parameter's value for itself. */
static int line_parts(struct lines *l, char *text)
{
	char *next;
	int err = 0;

	for (; text && !err; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		err = line_text(l, text);
	}
	return err;
}

/* One line, comments taken away; lines that were joined by a backslash have '\n' between them. */
static int line_text(struct lines *l, char *text)
{
	char *replaced;
	int err;

	text = trim(text);
	l->spent += strlen(text) + 16;
	if (l->spent > SPENT_MAX)
		return fail(l, "parameters make more of this than fits", "");
	if (*text == '@')
		return conditional(l, text);
	if (params_define(l, text))
		return 0;
	if (!strncmp(text, "~SEQ(", 5) || !strncmp(text, "~SEQx(", 6))
		return sequence(l, text);
	replaced = params_replace(l, text);
	if (!replaced && !strchr(text, '\n'))
		return tree_line(l->tree, l->file, l->line, text, l->e);
	if (l->depth++ == DEPTH_MAX)
		return fail(l, "parameters that stand for each other: ", text);
	err = line_parts(l, replaced ? replaced : text);
	l->depth--;
	return err;
}

static void not_there(struct lines *l, const char *pattern)
{
	struct lines_missing *m = arena_alloc(l->arena, sizeof(*m));

	*m = (struct lines_missing){l->missing, l->file, arena_print(l->arena, "%s", pattern),
				    l->line};
	l->missing = m;
}

/* Relative to the file that says it. */
static int include(struct lines *l, const char *pattern)
{
	const char *file = l->file, *slash = strrchr(l->file, '/'), *full = pattern;
	int line = l->line, err = 0;
	glob_t found;

	if (!l->includes)
		return fail(l, "no include here: ", pattern);
	if (*pattern != '/' && slash)
		full = arena_print(l->arena, "%.*s/%s", (int)(slash - file), file, pattern);
	if (glob(full, GLOB_BRACE, NULL, &found)) {
		not_there(l, pattern);
		return 0;
	}
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = lines_file(l, arena_print(l->arena, "%s", found.gl_pathv[i]));
	globfree(&found);
	l->file = file;
	l->line = line;
	return err;
}

/* "include FILE", and its variants by what is checked. */
static const char *included(const char *text)
{
	size_t len = strcspn(text, BLANKS);

	if (strncmp(text, "include", 7) || (len != 7 && !(len == 8 && strchr("rmwba", text[7]))))
		return NULL;
	text += len + strspn(text + len, BLANKS);
	return *text ? text : NULL;
}

/* Joins the lines that follow a backslash to `text`; `*rest` moves over them. */
static char *joined(struct lines *l, char *text, char **rest)
{
	size_t len = strlen(text);
	char *next, *more;

	while (len && text[len - 1] == '\\' && *rest) {
		next = strchr(*rest, '\n');
		if (next)
			*next++ = '\0';
		cut_comment(*rest);
		more = trim(*rest);
		*rest = next;
		l->line++;
		/* An empty line ends nothing. */
		if (!*more)
			continue;
		text[len - 1] = '\0';
		text = arena_print(l->arena, "%s\n%s", text, more);
		len = strlen(text);
		l->spent += len;
		if (l->spent > SPENT_MAX)
			break;
	}
	if (len && text[len - 1] == '\\')
		text[len - 1] = '\0';
	return text;
}

static int check_text(struct lines *l, const char *text, size_t len)
{
	l->line = 1;
	for (const char *p = text; p < text + len; p++) {
		if (*p == '\n')
			l->line++;
		if ((unsigned char)*p < ' ' && !strchr("\t\n\r\f\v", *p))
			return fail(l, "control character", "");
		if (!*p)
			return fail(l, "not a text file", "");
	}
	return 0;
}

int lines_text(struct lines *l, const char *name, char *text, size_t len)
{
	char *next, *here;
	const char *pattern;
	int err;

	l->file = name;
	err = check_text(l, text, len);
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	for (l->line = 1; text && !err; text = next, l->line++) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		cut_comment(text);
		here = trim(text);
		pattern = included(here);
		if (pattern)
			err = include(l, pattern);
		else if (*here)
			err = line_text(l, joined(l, here, &next));
	}
	return err;
}

int lines_file(struct lines *l, const char *path)
{
	const char *from = l->file;
	size_t len = 0;
	char *text;
	int fd, err;

	if (l->files++ == FILES_MAX)
		return fail(l, "more files than fit, or one that includes itself: ", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && from)
		return fail(l, strerror(errno), arena_print(l->arena, ": '%s'", path));
	if (fd < 0)
		return err_set(l->e, -errno, "%s: %s", path, strerror(errno));
	err = slurp(path, fd, FILE_LIMIT, &text, &len, l->e);
	(void)close(fd);
	if (err)
		return err;
	err = lines_text(l, arena_print(l->arena, "%s", path), arena_copy(l->arena, text, len),
			 len);
	free(text);
	return err;
}
