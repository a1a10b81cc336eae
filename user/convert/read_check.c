/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns vrrp_script, track_process and track_file, and the lines that name them. */
#include "read.h"

#include <string.h>
#include "known.h"
#include "say.h"
#include "value.h"

/* Of a process: what is looked for, before it is a command. */
struct process {
	struct check *check;
	const char *name;
	int64_t at_least, at_most;
	bool full;
};

/* The words behind the first as one line: quotes were taken away, those within them stand. */
static const char *rest(struct host *h, const struct stmt *s)
{
	const char *line = stmt_word(s, 1);

	for (unsigned int i = 2; i < s->nwords; i++)
		line = arena_print(h->arena, "%s %s", line, s->words[i]);
	return value_line(h, line);
}

static void script(struct host *h, void *into, const struct stmt *s)
{
	struct check *c = into;

	c->command = rest(h, s);
	/* How it is kept is said where it is turned into words. */
	c->line = s;
	if (!*c->command)
		say(h, s, LOST, "no program behind it");
}

static void interval(struct host *h, void *into, const struct stmt *s)
{
	struct check *c = into;

	value_seconds(h, s, &c->interval_us);
	if (c->interval_us)
		say(h, s, KEPT, "interval");
}

static void timeout(struct host *h, void *into, const struct stmt *s)
{
	struct check *c = into;

	value_seconds(h, s, &c->timeout_us);
	if (c->timeout_us)
		say(h, s, KEPT, "timeout");
}

static void weight(struct host *h, void *into, const struct stmt *s)
{
	struct check *c = into;

	if (value_weight(h, s, 1, &c->weight, &c->reverse))
		say(h, s, KEPT, "weight");
}

static void rise(struct host *h, void *into, const struct stmt *s)
{
	if (value_number(h, s, 1, 1, 1000, &((struct check *)into)->rise))
		say(h, s, KEPT, "rise");
}

static void fall(struct host *h, void *into, const struct stmt *s)
{
	if (value_number(h, s, 1, 1, 1000, &((struct check *)into)->fall))
		say(h, s, KEPT, "fall");
}

static void user(struct host *h, void *into, const struct stmt *s)
{
	const char *name = value_user(h, s, 1);

	((struct check *)into)->user = name;
	if (!name)
		return;
	say(h, s, s->nwords > 2 ? CHANGED : KEPT, "user%s",
	    s->nwords > 2 ? ", with the groups of that user" : "");
}

static void init_fail(struct host *h, void *into, const struct stmt *s)
{
	((struct check *)into)->init_fail = true;
	say(h, s, KEPT, "initial = fail");
}

static void process(struct host *h, void *into, const struct stmt *s)
{
	struct process *p = into;

	p->name = rest(h, s);
	if (s->nwords > 2)
		p->full = true;
	say(h, s, *p->name ? CHANGED : LOST,
	    "a check that runs pgrep once a second: keepalived hears of processes from the kernel");
}

static void full_command(struct host *h, void *into, const struct stmt *s)
{
	((struct process *)into)->full = true;
	say(h, s, KEPT, "pgrep -f");
}

static void param_match(struct host *h, void *into, const struct stmt *s)
{
	((struct process *)into)->full = true;
	say(h, s, CHANGED, "pgrep -f looks for the whole line");
}

static void quorum(struct host *h, void *into, const struct stmt *s)
{
	if (value_number(h, s, 1, 0, 65535, &((struct process *)into)->at_least))
		say(h, s, KEPT, "as many processes as pgrep -c counts");
}

static void quorum_max(struct host *h, void *into, const struct stmt *s)
{
	if (value_number(h, s, 1, 0, 65535, &((struct process *)into)->at_most))
		say(h, s, KEPT, "as many processes as pgrep -c counts");
}

static void process_weight(struct host *h, void *into, const struct stmt *s)
{
	weight(h, ((struct process *)into)->check, s);
}

/* Each character for itself, within the shell's single quotes. */
static const char *pattern(struct host *h, const char *name)
{
	char *out = arena_alloc(h->arena, 4 * strlen(name) + 1), *to = out;

	for (; *name; name++) {
		if (strchr(".[]*+?^$(){}|\\", *name))
			*to++ = '\\';
		/* Out of the quotes, and in again. */
		if (*name == '\'')
			to = stpcpy(to, "'\\'");
		*to++ = *name;
	}
	return out;
}

static void read_process(struct host *h, struct check *c, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"process", process},
		{"full_command", full_command},
		{"param_match", param_match},
		{"quorum", quorum},
		{"quorum_max", quorum_max},
		{"weight", process_weight},
		{0},
	};
	struct process p = {.check = c, .at_least = 1, .at_most = -1};

	c->weight = 1;
	known_read(h, &p, s, PROCESS, readers);
	if (!p.name || !*p.name)
		return;
	/* The kernel keeps the first 15 characters of a process's name. */
	if (!p.full && strlen(p.name) > 15)
		p.name = arena_copy(h->arena, p.name, 15);
	c->command =
		arena_print(h->arena, "pgrep%s -x '%s'", p.full ? " -f" : "", pattern(h, p.name));
	if (p.at_least != 1 || p.at_most >= 0)
		c->command =
			arena_print(h->arena,
				    "n=$(pgrep -c%s -x '%s'); [ $n -ge %lld ] && [ $n -le %lld ]",
				    p.full ? "f" : "", pattern(h, p.name), (long long)p.at_least,
				    p.at_most < 0 ? 1000000ll : (long long)p.at_most);
}

static void file(struct host *h, void *into, const struct stmt *s)
{
	((struct check *)into)->command = rest(h, s);
	say(h, s, KEPT, "a check that reads it once a second");
}

static void init_file(struct host *h, void *into, const struct stmt *s)
{
	(void)into;
	say(h, s, LOST, "the file must be there: systemd-tmpfiles can make it");
}

static void read_file(struct host *h, struct check *c, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"file", file},
		{"weight", weight},
		{"init_file", init_file},
		{0},
	};
	const char *path;

	c->weight = 1;
	known_read(h, c, s, PROCESS, readers);
	path = c->command;
	if (path && *path)
		c->command = arena_print(h->arena, "read v <'%s' && [ \"$v\" -eq 0 ]", path);
	if (path && strchr(path, '\''))
		c->command = NULL;
}

void read_check(struct host *h, void *unused, const struct stmt *s)
{
	static const struct known_reader readers[] = {
		{"script", script}, {"interval", interval},   {"timeout", timeout},
		{"weight", weight}, {"rise", rise},	      {"fall", fall},
		{"user", user},	    {"init_fail", init_fail}, {0},
	};
	struct check *c = arena_alloc(h->arena, sizeof(*c));

	(void)unused;
	*c = (struct check){.stmt = s, .line = s, .name = stmt_word(s, 1), .rise = 1, .fall = 1};
	if (!*c->name) {
		say(h, s, LOST, "it has no name");
		return;
	}
	if (!strcmp(stmt_word(s, 0), "vrrp_script"))
		known_read(h, c, s, SCRIPT, readers);
	else if (strstr(stmt_word(s, 0), "process"))
		read_process(h, c, s);
	else
		read_file(h, c, s);
	c->kind = !strcmp(stmt_word(s, 0), "vrrp_script") ? CHECK_SCRIPT
		  : strstr(stmt_word(s, 0), "process")	  ? CHECK_PROCESS
							  : CHECK_FILE;
	if (!c->command || !*c->command)
		say(h, s, LOST, "it has nothing to run");
	else
		APPEND(h->checks, c);
}

static enum check_kind kind_of(const char *word)
{
	if (!strcmp(word, "track_script"))
		return CHECK_SCRIPT;
	if (!strcmp(word, "track_interface"))
		return CHECK_IFACE;
	return !strcmp(word, "track_process") ? CHECK_PROCESS : CHECK_FILE;
}

void read_track(struct host *h, void *into, const struct stmt *block)
{
	enum check_kind kind = kind_of(stmt_word(block, 0));
	struct instance *i = into;
	struct ref *ref;

	for (const struct stmt *s = block->child; s; s = s->next) {
		ref = arena_alloc(h->arena, sizeof(*ref));
		*ref = (struct ref){.stmt = s, .kind = kind, .name = stmt_word(s, 0)};
		if (!strcmp(stmt_word(s, 1), "weight"))
			ref->has_weight = value_weight(h, s, 2, &ref->weight, &ref->reverse);
		else if (s->nwords > 1)
			say(h, s, LOST, "a word that convert does not know: '%.40s'",
			    stmt_word(s, 1));
		APPEND(i->refs, ref);
	}
}
