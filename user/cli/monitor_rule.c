/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What members of the monitoring group may ask for: commands that read, with options that only choose what is shown. */
#include <string.h>
#include "monitor_rule.h"

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

bool monitor_words(char *bytes, size_t len, char *ret[MONITOR_WORDS + 1])
{
	static const char *const commands[] = {"status", "metrics", "events", NULL};
	static const char *const alone[] = {"--json", "--text", NULL};
	static const char *const valued[] = {"--instance", "--last", NULL};
	unsigned int n = 0;

	if (!len || bytes[len - 1])
		return false;
	for (size_t at = 0; at < len; at += strlen(bytes + at) + 1) {
		if (n == MONITOR_WORDS)
			return false;
		ret[n++] = bytes + at;
	}
	ret[n] = NULL;
	if (!is_one_of(ret[0], commands))
		return false;
	for (unsigned int i = 1; i < n; i++) {
		if (is_one_of(ret[i], valued) && i + 1 < n && ret[i + 1][0] != '-')
			i++;
		else if (!is_one_of(ret[i], alone) && strncmp(ret[i], "--instance=", 11))
			return false;
	}
	return true;
}
