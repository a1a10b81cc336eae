/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the grammar: libconfuse turns the text into words, this file remembers the line of each. */
#include "config_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/slurp.h"
#include "base/utf8.h"

#define FILE_LIMIT (16u << 20)
/*
 * libconfuse does not tell where a section began. It parses the default of a list option when the
 * section is made, with the line of the opening brace: this option is there to be seen then. Its name
 * holds libconfuse's path separator, so no file can set it.
 */
#define OPENED "|opened"

/* The lines of the values of one option. */
struct mark {
	const cfg_opt_t *opt;
	int *lines;
	unsigned int n, room;
};

struct config_file {
	char *path;
	cfg_t *cfg;
	struct mark *marks;
	unsigned int nmarks, room;
	struct err *e;
	bool failed; /* the first error is the one to report */
};

/* libconfuse's callbacks carry no argument of ours, and its scanner is one per process anyway. */
static struct config_file *reading;

static int word_seen(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result);

#define WORD(name) CFG_STR_CB(name, NULL, CFGF_NODEFAULT, word_seen)
#define WORDS(name) CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, word_seen)
#define SECTION_START CFG_STR_LIST_CB(OPENED, "{x}", CFGF_NONE, word_seen)

static cfg_opt_t heartbeat_opts[] = {
	SECTION_START, WORD("interval"), WORD("misses"),  WORD("drift"), WORD("settle"),
	WORD("port"),  WORD("key-file"), WORD("rollout"), CFG_END(),
};
static cfg_opt_t peer_opts[] = {SECTION_START,	WORD("address"),  WORDS("addresses"),
				WORD("source"), WORDS("sources"), WORD("hops"),
				WORD("id"),	WORD("witness"),  CFG_END()};
static cfg_opt_t track_opts[] = {
	SECTION_START, WORDS("script"), WORD("interval"), WORD("timeout"), WORD("weight"),
	WORD("rise"),  WORD("fall"),	WORD("user"),	  WORD("initial"), CFG_END(),
};
static cfg_opt_t group_opts[] = {
	SECTION_START,	 WORD("interface"),	WORD("mode"),	    WORDS("addresses"),
	WORD("address"), WORD("prefix"),	WORD("refresh"),    WORD("priority"),
	WORD("preempt"), WORD("preempt-delay"), WORD("burst"),	    WORD("drain"),
	WORDS("routes"), WORDS("rules"),	WORDS("track"),	    WORDS("notify"),
	WORD("user"),	 WORD("relinquish"),	WORD("lease-only"), CFG_END(),
};
static cfg_opt_t root_opts[] = {
	WORD("node"),
	WORD("id"),
	WORD("realtime"),
	WORD("quorum"),
	WORD("witness"),
	WORD("alone"),
	WORD("gateway"),
	WORD("hold-off"),
	CFG_SEC("heartbeat", heartbeat_opts, CFGF_MULTI),
	CFG_SEC("peer", peer_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_SEC("track", track_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_SEC("group", group_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_END(),
};

static int set_error(const struct config_file *f, int line, const char *fmt, va_list ap)
{
	char place[16] = "";
	size_t n;

	if (line)
		(void)snprintf(place, sizeof(place), ":%d", line);
	n = (size_t)snprintf(f->e->text, sizeof(f->e->text), "%s%s: ", f->path, place);
	if (n < sizeof(f->e->text))
		(void)vsnprintf(f->e->text + n, sizeof(f->e->text) - n, fmt, ap);
	/* The text quotes the file, and an error is one line whatever stands there. */
	utf8_plain(f->e->text);
	return -EINVAL;
}

int config_file_error(const struct config_file *f, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)set_error(f, line, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void syntax_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	if (!reading->failed)
		(void)set_error(reading, cfg->line, fmt, ap);
	/* The parser knows what it met; how it came there we can guess. */
	if (!reading->failed && strstr(reading->e->text, "unexpected token ','"))
		(void)strncat(reading->e->text,
			      ": a list stands in braces, a decimal point is a '.'",
			      sizeof(reading->e->text) - strlen(reading->e->text) - 1);
	reading->failed = true;
}

static int refuse_word(cfg_t *cfg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	syntax_error(cfg, fmt, ap);
	va_end(ap);
	return -1;
}

/* Doubles an array when it is full. */
static int make_room(void **array, size_t size, unsigned int used, unsigned int *room)
{
	unsigned int more = *room ? 2 * *room : 8;
	void *p;

	if (used < *room)
		return 0;
	p = reallocarray(*array, more, size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*room = more;
	return 0;
}

/* Searched backwards: a long list asks for the same mark again and again. */
static struct mark *mark_find(struct config_file *f, const cfg_opt_t *opt)
{
	unsigned int i;

	for (i = f->nmarks; i--;)
		if (f->marks[i].opt == opt)
			return &f->marks[i];
	return NULL;
}

static struct mark *mark_make(struct config_file *f, const cfg_opt_t *opt)
{
	struct mark *m = mark_find(f, opt);

	if (m)
		return m;
	if (make_room((void **)&f->marks, sizeof(*f->marks), f->nmarks, &f->room))
		return NULL;
	m = &f->marks[f->nmarks++];
	*m = (struct mark){.opt = opt};
	return m;
}

static bool option_of(const cfg_t *cfg, const cfg_opt_t *opt)
{
	const cfg_opt_t *o;

	for (o = cfg->opts; o->name; o++)
		if (o == opt)
			return true;
	return false;
}

/* Called by libconfuse for every value, before it stores it. */
static int word_seen(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct mark *m;

	/* "section|option" reaches into another section: not part of our grammar. */
	if (!option_of(cfg, opt))
		return refuse_word(cfg, "no such option '%s'", opt->name);
	if (strstr(value, CONFIG_PLACEHOLDER))
		return refuse_word(cfg,
				   "%s '%s': a placeholder that convert has left: write what "
				   "belongs there",
				   opt->name, value);
	m = mark_make(reading, opt);
	if (!m || make_room((void **)&m->lines, sizeof(*m->lines), m->n, &m->room))
		return refuse_word(cfg, "out of memory");
	if (m->n >= opt->nvalues)
		return refuse_word(cfg, "'%s' is set again: it was set in line %d", opt->name,
				   m->lines[0]);
	m->lines[m->n++] = cfg->line;
	*(const char **)result = value;
	return 0;
}

static int parse_text(struct config_file *f, char *text, size_t len)
{
	const char *wrong;
	int err = 0, line;
	FILE *fp;

	wrong = config_text_clean(text, len, &line);
	if (wrong)
		return config_file_error(f, line, "%s", wrong);
	if (!len)
		return 0;
	fp = fmemopen(text, len, "r");
	if (!fp)
		return config_file_error(f, 1, "%s", strerror(errno));
	if (cfg_parse_fp(f->cfg, fp) != CFG_SUCCESS) {
		err = -EINVAL;
		if (!f->failed)
			(void)config_file_error(f, f->cfg->line, "syntax error");
	}
	(void)fclose(fp);
	return err;
}

static int open_and_parse(struct config_file *f)
{
	char *text = NULL;
	size_t len = 0;
	int fd, err;

	/* Never wait for a writer, should the path be a FIFO. */
	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(f->e, -errno, "%s: %s", f->path, strerror(errno));
	err = slurp(f->path, fd, FILE_LIMIT, &text, &len, f->e);
	(void)close(fd);
	if (err)
		return err;
	reading = f;
	f->cfg = cfg_init(root_opts, CFGF_NONE);
	if (f->cfg) {
		(void)cfg_set_error_function(f->cfg, syntax_error);
		err = parse_text(f, text, len);
	} else {
		err = err_set(f->e, -ENOMEM, "%s: out of memory", f->path);
	}
	reading = NULL;
	free(text);
	return err;
}

int config_file_read(struct config_file **ret, const char *path, struct err *e)
{
	struct config_file *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return err_set(e, -ENOMEM, "%s: out of memory", path);
	f->e = e;
	f->path = strdup(path);
	err = f->path ? open_and_parse(f) : err_set(e, -ENOMEM, "%s: out of memory", path);
	if (err) {
		config_file_free(f);
		return err;
	}
	*ret = f;
	return 0;
}

void config_file_free(struct config_file *f)
{
	unsigned int i;

	for (i = 0; i < f->nmarks; i++)
		free(f->marks[i].lines);
	free(f->marks);
	if (f->cfg)
		(void)cfg_free(f->cfg);
	free(f->path);
	free(f);
}

void config_file_root(struct config_file *f, struct config_section *ret)
{
	*ret = (struct config_section){.file = f, .cfg = f->cfg, .line = 1};
}

unsigned int config_section_count(const struct config_section *s, const char *name)
{
	return cfg_size(s->cfg, name);
}

void config_section_get(const struct config_section *s, const char *name, unsigned int index,
			struct config_section *ret)
{
	cfg_t *cfg = cfg_getnsec(s->cfg, name, index);

	/* OPENED is the first option of every section. */
	*ret = (struct config_section){.file = s->file,
				       .cfg = cfg,
				       .title = cfg_title(cfg),
				       .line = mark_find(s->file, cfg->opts)->lines[0]};
}

unsigned int config_word_count(const struct config_section *s, const char *name)
{
	return cfg_size(s->cfg, name);
}

struct config_word config_word(const struct config_section *s, const char *name, unsigned int index)
{
	cfg_opt_t *opt = s->cfg ? cfg_getopt(s->cfg, name) : NULL;

	if (!opt || index >= cfg_opt_size(opt))
		return (struct config_word){.text = NULL, .line = s->line};
	return (struct config_word){.text = cfg_opt_getnstr(opt, index),
				    .line = mark_find(s->file, opt)->lines[index]};
}
