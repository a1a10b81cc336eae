/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how what keepalived runs is run here. */
#include "join.h"

#include <string.h>
#include "say.h"
#include "value.h"

bool join_needs_shell(const char *line)
{
	char quote = 0;

	for (; *line; line++) {
		if (quote)
			quote = *line == quote ? 0 : quote;
		else if (*line == '\'' || *line == '"')
			quote = *line;
		else if (strchr("|&;<>()$`*?[\\", *line))
			return true;
	}
	return false;
}

/* Words between blanks; quotes hold blanks. Returns how many, or more than `room`. */
static unsigned int split(struct host *h, const char *line, const char **words, unsigned int room)
{
	char *out = arena_alloc(h->arena, strlen(line) + 2), quote = 0;
	unsigned int n = 0;

	for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
		if (n == room)
			return n + 1;
		words[n++] = out;
		for (; *line && (quote || !strchr(" \t", *line)); line++) {
			if (quote ? *line == quote : *line == '\'' || *line == '"')
				quote = quote ? 0 : *line;
			else
				*out++ = *line;
		}
		*out++ = '\0';
	}
	return n;
}

const char *join_command(struct host *h, const char *line, bool reverse, const char **ret)
{
	unsigned int n;

	if (config_has_control(line))
		return "control character";
	memset(ret, 0, (CONFIG_MAX_ARGS + 1) * sizeof(*ret));
	n = split(h, line, ret + 1, CONFIG_MAX_ARGS - 1);
	if (!n)
		return "it names no program";
	if (reverse || join_needs_shell(line) || n >= CONFIG_MAX_ARGS) {
		memset(ret, 0, (CONFIG_MAX_ARGS + 1) * sizeof(*ret));
		ret[0] = "/bin/sh";
		ret[1] = "-c";
		ret[2] = reverse ? arena_print(h->arena, "! { %s; }", line) : line;
	} else if (*ret[1] == '/') {
		memmove(ret, ret + 1, CONFIG_MAX_ARGS * sizeof(*ret));
	} else {
		/* keepalived looks along its PATH. */
		ret[0] = "/usr/bin/env";
	}
	return NULL;
}

/* In a shell's line, one word whatever it holds. */
static const char *quoted(struct host *h, const char *text)
{
	char *out = arena_alloc(h->arena, 4 * strlen(text) + 3), *to = stpcpy(out, "'");

	for (; *text; text++) {
		if (*text == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
	}
	*to = '\'';
	return out;
}

/* What is run in one state: first what is for it alone. */
static const char *in_state(struct host *h, const struct instance *i, enum hook_kind kind,
			    const char *word)
{
	const char *line = NULL, *one;

	for (const struct notify *n = i->notify; n; n = n->next)
		if (n->kind == kind)
			line = arena_print(h->arena, "%s%s%s", line ? line : "", line ? "; " : "",
					   n->command);
	for (const struct notify *n = i->notify; n; n = n->next) {
		if (n->kind != HOOK_ANY)
			continue;
		one = arena_print(h->arena, "%s %s %s %s %s", n->command, n->what,
				  quoted(h, n->name), word, n->priority);
		line = arena_print(h->arena, "%s%s%s", line ? line : "", line ? "; " : "", one);
	}
	return line;
}

/* False: it is left out. */
static bool look(struct host *h, const struct notify *n, const char **user)
{
	if (config_has_control(n->command)) {
		say(h, n->stmt, LOST, "control character");
		return false;
	}
	if (n->user && *user && strcmp(n->user, *user))
		say(h, n->stmt, CHANGED, "runs as %s: a group has one user for all it calls",
		    *user);
	else if (join_needs_shell(n->command))
		say(h, n->stmt, CHANGED,
		    "notify: a shell reads it, which keepalived does without since 1.3");
	else
		say(h, n->stmt, KEPT, "notify, by a shell that tells the state as keepalived does");
	if (n->user && !*user)
		*user = n->user;
	return true;
}

const char *join_notify(struct host *h, const struct instance *i, const char **ret_user)
{
	static const struct {
		const char *ours, *theirs;
		enum hook_kind kind;
	} states[] = {{"owner", "MASTER", HOOK_MASTER},
		      {"standby", "BACKUP", HOOK_BACKUP},
		      {"fault", "FAULT", HOOK_FAULT}};
	const char *line = NULL, *one;
	struct instance kept = {0};
	struct notify *copy;

	*ret_user = NULL;
	for (const struct notify *n = i->notify; n; n = n->next) {
		if (!look(h, n, ret_user))
			continue;
		copy = arena_alloc(h->arena, sizeof(*copy));
		*copy = *n;
		copy->next = NULL;
		APPEND(kept.notify, copy);
	}
	for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
		one = in_state(h, &kept, states[s].kind, states[s].theirs);
		if (one)
			line = arena_print(h->arena, "%s %s) %s;;", line ? line : "case $2 in",
					   states[s].ours, one);
	}
	if (!*ret_user)
		*ret_user = h->script_user;
	return line ? arena_print(h->arena, "%s esac", line) : NULL;
}
