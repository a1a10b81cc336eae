/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns a line of virtual_ipaddress. */
#include "read.h"

#include <arpa/inet.h>
#include <string.h>
#include "say.h"

/* "ADDRESS", "ADDRESS/LENGTH", "ADDRESS/255.255.0.0". */
static const char *with_length(struct host *h, const char *text)
{
	const char *slash = strchr(text, '/');
	struct in_addr mask;
	int len;

	if (!slash)
		return arena_print(h->arena, "%s/%d", text, strchr(text, ':') ? 128 : 32);
	if (inet_pton(AF_INET, slash + 1, &mask) != 1)
		return text;
	len = __builtin_popcount(mask.s_addr);
	if (ntohl(mask.s_addr) != (len ? UINT32_MAX << (32 - len) : 0))
		return text;
	return arena_print(h->arena, "%.*s/%d", (int)(slash - text), text, len);
}

/* Words behind the address that have one behind them, and those that have none. */
static bool has_value(const char *word)
{
	static const char *const words[] = {"dev",  "label",	     "scope",  "brd",  "broadcast",
					    "peer", "preferred_lft", "metric", "proto"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static void take_option(struct host *h, struct vip *v, const char *word, const char *value)
{
	if (!strcmp(word, "dev"))
		v->dev = value;
	else if (!strcmp(word, "label"))
		v->label = value;
	else if (!strcmp(word, "scope"))
		v->scope = value;
	else if (!strcmp(word, "brd") || !strcmp(word, "broadcast"))
		say(h, v->stmt, CHANGED,
		    "%s: the broadcast address is the one that follows from the length", word);
	else if (!strcmp(word, "no_track"))
		say(h, v->stmt, CHANGED, "no_track: what is taken off is put there again");
	else if (!strcmp(word, "preferred_lft") || !strcmp(word, "-nodad") ||
		 !strcmp(word, "nodad") || !strcmp(word, "home") || !strcmp(word, "noprefixroute"))
		say(h, v->stmt, CHANGED, "%s: an address goes there as prefix of the group says",
		    word);
	else if (!strcmp(word, "use_vmac"))
		say(h, v->stmt, LOST, "use_vmac: no virtual MAC address");
	else
		say(h, v->stmt, LOST, "a word that convert does not know: '%.40s'", word);
}

/* Those that an address can have here, by name or by the kernel's number. */
static const char *known_scope(const char *word)
{
	static const char *const scopes[][2] = {{"global", "0"}, {"link", "253"}, {"host", "254"}};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (!strcmp(word, scopes[i][0]) || !strcmp(word, scopes[i][1]))
			return scopes[i][0];
	return NULL;
}

static void take_scope(struct host *h, struct vip *v)
{
	const char *scope = known_scope(v->scope);

	if (!ipt_addr_is_v4(&v->addr.ip)) {
		say(h, v->stmt, NEEDLESS, "scope: that of IPv6 follows from the address");
		scope = NULL;
	} else if (scope) {
		say(h, v->stmt, KEPT, "scope %s", scope);
	} else {
		say(h, v->stmt, LOST, "scope '%.40s' is none of global, link, host", v->scope);
	}
	v->scope = scope;
}

static void take_vip(struct host *h, struct instance *into, struct vip *v)
{
	APPEND(into->vips, v);
	if (v->label && !ipt_addr_is_v4(&v->addr.ip)) {
		say(h, v->stmt, LOST, "label: IPv6 has none");
		v->label = NULL;
	}
	if (v->scope)
		take_scope(h, v);
	say(h, v->stmt, KEPT, "address %s", v->text);
}

void read_vip(struct host *h, struct instance *into, const struct stmt *s)
{
	struct vip *v = arena_alloc(h->arena, sizeof(*v));
	struct err e;

	*v = (struct vip){.stmt = s, .text = with_length(h, stmt_word(s, 0))};
	for (unsigned int i = 1; i < s->nwords; i++) {
		const char *word = s->words[i];

		take_option(h, v, word, has_value(word) ? stmt_word(s, ++i) : "");
	}
	if (s->block)
		say(h, s, LOST, "a block where an address is expected");
	if (config_parse_addr(v->text, &v->addr, &e))
		say(h, s, LOST, "%s", e.text);
	else if (vips_have(into->vips, &v->addr.ip))
		say(h, s, NEEDLESS, "it is in this group already");
	else
		take_vip(h, into, v);
}
