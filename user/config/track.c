/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the programs that the configuration names: checks and hooks, each a path and its arguments. */
#include "config_int.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000000ull
#define S (1000 * MS)
#define INTERVAL_MIN_NS (10 * MS)
#define INTERVAL_MAX_NS (3600 * S)
#define TIMEOUT_MIN_NS (1 * MS)
#define WEIGHT_MAX 253 /* from the lowest priority to the highest */
#define IN_A_ROW_MAX 100

static int read_user(const struct config_section *s, const char *name, struct config_command *ret)
{
	struct config_word w = config_word(s, "user", 0);

	if (!w.text)
		return 0;
	if (!ret->argv[0])
		return config_file_error(s->file, w.line, "user '%s': there is no %s to run as it",
					 w.text, name);
	if (!*w.text || strlen(w.text) >= sizeof(ret->user) || config_has_control(w.text))
		return config_file_error(s->file, w.line,
					 "user '%s': a name has 1 to %zu characters", w.text,
					 sizeof(ret->user) - 1);
	(void)snprintf(ret->user, sizeof(ret->user), "%s", w.text);
	ret->user_line = w.line;
	return 0;
}

int config_read_command(const struct config_section *s, const char *name,
			struct config_command *ret)
{
	uint32_t n = config_word_count(s, name), i;
	struct config_word w = config_word(s, name, 0);

	if (w.text && w.text[0] != '/')
		return config_file_error(s->file, w.line, "%s '%s': not an absolute path", name,
					 w.text);
	for (i = 0; i < n; i++) {
		w = config_word(s, name, i);
		if (i == CONFIG_MAX_ARGS)
			return config_file_error(s->file, w.line, "%s '%s': more than %d words",
						 name, w.text, CONFIG_MAX_ARGS);
		if (config_has_control(w.text))
			return config_file_error(s->file, w.line, "%s '%s': control character",
						 name, w.text);
		ret->argv[i] = strdup(w.text);
		if (!ret->argv[i])
			return config_file_error(s->file, w.line, "out of memory");
	}
	ret->line = config_word(s, name, 0).line;
	return read_user(s, name, ret);
}

static int check_times(const struct config_section *s, const struct config_track *t)
{
	struct config_word interval = config_word(s, "interval", 0);
	struct config_word timeout = config_word(s, "timeout", 0);

	if (t->interval_ns < INTERVAL_MIN_NS || t->interval_ns > INTERVAL_MAX_NS)
		return config_file_error(s->file, interval.line,
					 "interval '%s': not from 10ms to 60min", interval.text);
	if (t->timeout_ns < TIMEOUT_MIN_NS)
		return config_file_error(s->file, timeout.line, "timeout '%s': less than 1ms",
					 timeout.text);
	/* One run of a check at a time: the next would find the last still running. */
	if (t->timeout_ns > t->interval_ns)
		return config_file_error(s->file, timeout.line,
					 "timeout '%s': longer than the interval", timeout.text);
	return 0;
}

/* `t` belongs to the caller's struct from the first moment, so that a failure leaks nothing. */
static int read_track(const struct config_section *s, struct config_track *t)
{
	uint32_t initial = INITIAL_WAIT;
	struct err e;
	int err;

	*t = (struct config_track){.interval_ns = S, .rise = 1, .fall = 1, .line = s->line};
	if (config_check_name("track", s->title, &e))
		return config_file_error(s->file, s->line, "%s", e.text);
	(void)snprintf(t->name, sizeof(t->name), "%s", s->title);
	err = config_read_command(s, "script", &t->script);
	if (!err && !t->script.argv[0])
		err = config_file_error(s->file, s->line, "track '%s': script is not set",
					s->title);
	if (!err)
		err = config_get_time(s, "interval", &t->interval_ns);
	t->timeout_ns = t->interval_ns;
	if (!err)
		err = config_get_time(s, "timeout", &t->timeout_ns);
	if (!err)
		err = check_times(s, t);
	if (!err)
		err = config_get_signed(s, "weight", WEIGHT_MAX, &t->weight);
	if (!err)
		err = config_get_number(s, "rise", 1, IN_A_ROW_MAX, &t->rise);
	if (!err)
		err = config_get_number(s, "fall", 1, IN_A_ROW_MAX, &t->fall);
	if (!err)
		err = config_get_choice(s, "initial", words_initial, &initial);
	t->initial = initial;
	return err;
}

int config_read_tracks(const struct config_section *root, struct config *c)
{
	unsigned int n = config_section_count(root, "track"), i;
	struct config_section s;
	int err;

	for (i = 0; i < n; i++) {
		config_section_get(root, "track", i, &s);
		if (i == CONFIG_MAX_TRACKS)
			return config_file_error(s.file, s.line, "track '%s': more than %d tracks",
						 s.title, CONFIG_MAX_TRACKS);
		c->ntracks = i + 1;
		err = read_track(&s, &c->tracks[i]);
		if (err)
			return err;
	}
	return 0;
}
