/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how numbers, times and names of keepalived are read, and become ours. */
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

#define SECONDS_MAX 1000000

void value_seconds(struct host *h, const struct stmt *s, uint64_t *ret_us)
{
	const char *p = stmt_word(s, 1);
	uint64_t us = 0, unit = 1000000;
	bool any = false;

	for (; isdigit((unsigned char)*p) && us <= SECONDS_MAX; p++, any = true)
		us = us * 10 + (uint64_t)(*p - '0');
	us *= unit;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, any = true) {
			unit /= 10;
			us += unit * (uint64_t)(*p - '0');
		}
	if (!any || *p || us > SECONDS_MAX * UINT64_C(1000000))
		say(h, s, LOST, "'%.40s' is no number of seconds", stmt_word(s, 1));
	else
		*ret_us = us;
}

bool value_number(struct host *h, const struct stmt *s, unsigned int word, int64_t min, int64_t max,
		  int64_t *ret)
{
	const char *text = stmt_word(s, word);
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max) {
		say(h, s, LOST, "'%.40s' is not a number of %" PRId64 " to %" PRId64, text, min,
		    max);
		return false;
	}
	*ret = n;
	return true;
}

bool value_weight(struct host *h, const struct stmt *s, unsigned int first, int64_t *ret,
		  bool *ret_reverse)
{
	const char *turn = stmt_word(s, first + 1);
	int64_t weight;

	if (!value_number(h, s, first, -1000000, 1000000, &weight))
		return false;
	if (*turn && strcmp(turn, "reverse") && strcmp(turn, "noreverse") &&
	    strcmp(turn, "no_reverse"))
		say(h, s, LOST, "a word that convert does not know: '%.40s'", turn);
	*ret = weight;
	*ret_reverse = !strcmp(turn, "reverse");
	return true;
}

const char *value_time(struct host *h, uint64_t us)
{
	if (us % 1000000 == 0)
		return arena_print(h->arena, "%" PRIu64 "s", us / 1000000);
	if (us % 1000 == 0)
		return arena_print(h->arena, "%" PRIu64 "ms", us / 1000);
	return arena_print(h->arena, "%" PRIu64 "us", us);
}

const char *value_name(struct host *h, const char *text)
{
	size_t len = strlen(text);
	char *name = arena_copy(h->arena, text, len < IPT_NAME_LEN ? len : IPT_NAME_LEN - 1);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && !(strchr(".-", *p) && p > name))
			*p = p > name ? '-' : '_';
	return *name ? name : "_";
}

const char *value_line(struct host *h, const char *text)
{
	char *line = arena_copy(h->arena, text, strlen(text));

	for (char *p = line; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return line;
}

bool value_is_iface(const char *text)
{
	struct err e;

	return !strcmp(text, "lo") || !config_parse_interface(text, &e);
}

const char *value_user(struct host *h, const struct stmt *s, unsigned int word)
{
	const char *user = stmt_word(s, word);

	if (*user && strlen(user) < CONFIG_USER_LEN && !config_has_control(user))
		return user;
	say(h, s, LOST, "no name of a user");
	return NULL;
}

const char *value_host(struct host *h, const char *text)
{
	struct ipt_addr ip;
	struct addr addr;
	struct err e;
	char one[ADDR_TEXT], host[ADDR_TEXT + 4];

	if (!addr_parse(text, &ip) || addr_is_link_local(&ip))
		return NULL;
	(void)addr_text(&ip, one);
	(void)snprintf(host, sizeof(host), "%s/%u", one, addr_bits(&ip));
	return config_parse_addr(host, &addr, &e) ? NULL : arena_print(h->arena, "%s", one);
}
