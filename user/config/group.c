/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the groups of the configuration: what each of them consists of and how it behaves. */
#include "config_int.h"
#include "words.h"

#include <errno.h>
#include <string.h>
#include "core/frame.h"

#define NS_PER_S 1000000000ull
#define REFRESH_MIN_NS (NS_PER_S / 10)
#define REFRESH_END_NS (15 * NS_PER_S) /* I8: Linux may forget a neighbour after 15 s */
#define BURST_MAX 1000000
#define PREEMPT_DELAY_NS (60 * NS_PER_S)
#define PREEMPT_DELAY_MAX_NS (86400 * NS_PER_S)
#define DRAIN_NS (2 * NS_PER_S)
#define DRAIN_MAX_NS (5 * NS_PER_S)

static int read_addresses(const struct config_section *s, struct config_group *g)
{
	uint32_t words = config_word_count(s, "addresses"), i;
	struct config_word w = config_word(s, "addresses", 0);
	int err = 0;

	if (words && g->lease_only)
		return config_file_error(s->file, w.line,
					 "group '%s': lease-only, but it has addresses", s->title);
	if (g->lease_only)
		return 0;
	if (words == 0)
		return config_file_error(s->file, s->line,
					 "group '%s': no addresses; one that is to have none says "
					 "lease-only = true",
					 s->title);
	for (i = 0; i < words && !err; i++)
		err = config_get_place(s, i, g);
	if (!err && g->address != ADDRESS_NONE && g->naddrs > CONFIG_MAX_KERNEL_ADDRESSES)
		err = config_file_error(
			s->file, w.line,
			"group '%s': %u addresses, but address = \"%s\" takes at most %d: use "
			"address = \"none\" and one route, ip route add local PREFIX dev lo",
			s->title, g->naddrs, words_address(g->address),
			CONFIG_MAX_KERNEL_ADDRESSES);
	return err ? err : config_check_own_interface(s, g);
}

static int read_refresh(const struct config_section *s, struct config_group *g)
{
	struct config_word w = config_word(s, "refresh", 0);
	int err = config_get_time(s, "refresh", &g->refresh_ns);

	if (err)
		return err;
	if (g->refresh_ns && (g->refresh_ns < REFRESH_MIN_NS || g->refresh_ns >= REFRESH_END_NS))
		return config_file_error(s->file, w.line,
					 "refresh '%s': neither 0s (off) nor from 100ms to below "
					 "15s "
					 "(I8: neighbours may forget an address after 15 s)",
					 w.text);
	return 0;
}

/* I8: what comes back after an outage must have shown that it stays. */
static int read_preempt(const struct config_section *s, const struct timing *t,
			struct config_group *g)
{
	struct config_word w = config_word(s, "preempt-delay", 0);
	int err = config_get_bool(s, "preempt", &g->preempt);

	g->preempt_delay_ns = 10 * t->g_ns > PREEMPT_DELAY_NS ? 10 * t->g_ns : PREEMPT_DELAY_NS;
	if (!err)
		err = config_get_time(s, "preempt-delay", &g->preempt_delay_ns);
	if (err || !w.text)
		return err;
	if (g->preempt_delay_ns < 10 * t->g_ns)
		return config_file_error(s->file, w.line,
					 "preempt-delay '%s': less than 10 G = %.6g ms (I8: an "
					 "outage must not repeat itself)",
					 w.text, (double)(10 * t->g_ns) / 1e6);
	if (g->preempt_delay_ns > PREEMPT_DELAY_MAX_NS)
		return config_file_error(s->file, w.line, "preempt-delay '%s': more than a day",
					 w.text);
	return 0;
}

static int read_drain(const struct config_section *s, struct config_group *g)
{
	struct config_word w = config_word(s, "drain", 0);
	int err = config_get_time(s, "drain", &g->drain_ns);

	if (!err && g->drain_ns > DRAIN_MAX_NS)
		err = config_file_error(s->file, w.line, "drain '%s': more than 5s", w.text);
	return err;
}

static int find_track(const struct config *c, const char *name, uint32_t *ret)
{
	uint32_t i;

	for (i = 0; i < c->ntracks; i++) {
		if (strcmp(c->tracks[i].name, name) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return -ENOENT;
}

static int read_group_tracks(const struct config_section *s, const struct config *c,
			     struct config_group *g)
{
	uint32_t n = config_word_count(s, "track"), i, j, track;
	struct config_word w;

	for (i = 0; i < n; i++) {
		w = config_word(s, "track", i);
		if (find_track(c, w.text, &track))
			return config_file_error(s->file, w.line,
						 "track '%s': there is no section of that name",
						 w.text);
		for (j = 0; j < i; j++)
			if (g->track[j] == track)
				return config_file_error(s->file, w.line,
							 "track '%s': twice in group '%s'", w.text,
							 s->title);
		g->track[i] = track;
		g->ntracks = i + 1;
	}
	return 0;
}

static int read_options(const struct config_section *s, const struct config *c,
			struct config_group *g)
{
	uint32_t address = g->address, priority = g->priority, relinquish = g->relinquish,
		 mode = g->mode, prefix = g->prefix;
	int err = config_read_interface(s, g);

	if (!err)
		err = config_get_choice(s, "mode", words_mode, &mode);
	if (!err)
		err = config_get_choice(s, "address", words_address, &address);
	if (!err)
		err = config_get_choice(s, "prefix", words_prefix, &prefix);
	if (!err)
		err = read_refresh(s, g);
	if (!err)
		err = config_get_number(s, "priority", 1, 254, &priority);
	if (!err)
		err = config_get_number(s, "burst", 1, BURST_MAX, &g->burst_pps);
	if (!err)
		err = read_preempt(s, &c->timing, g);
	if (!err)
		err = read_drain(s, g);
	if (!err)
		err = read_group_tracks(s, c, g);
	if (!err)
		err = config_get_choice(s, "relinquish", words_relinquish, &relinquish);
	if (!err)
		err = config_get_bool(s, "lease-only", &g->lease_only);
	if (!err)
		err = config_read_command(s, "notify", &g->notify);
	if (err)
		return err;
	g->relinquish = relinquish;
	g->mode = mode;
	g->address = address;
	g->prefix = prefix;
	g->priority = (uint8_t)priority;
	return 0;
}

/* A group of a witness is a name to vote on. */
static int refuse_options(const struct config_section *s)
{
	static const char *const options[] = {"interface", "mode",	    "addresses",
					      "address",   "refresh",	    "priority",
					      "preempt",   "preempt-delay", "burst",
					      "drain",	   "track",	    "notify",
					      "user",	   "relinquish",    "prefix",
					      "routes",	   "rules",	    "lease-only"};
	struct config_word w;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		w = config_word(s, options[i], 0);
		if (w.text)
			return config_file_error(s->file, w.line,
						 "%s '%s': a witness owns nothing, write group "
						 "\"%s\" { }",
						 options[i], w.text, s->title);
	}
	return 0;
}

/* `g` belongs to the caller's struct from the first moment, so that a failure leaks nothing. */
static int read_group(const struct config_section *s, const struct config *c,
		      struct config_group *g)
{
	struct err e;
	int err;

	*g = (struct config_group){.address = ADDRESS_OWNER,
				   .refresh_ns = 10 * NS_PER_S,
				   .burst_pps = 10000,
				   .priority = 100,
				   .drain_ns = DRAIN_NS,
				   .line = s->line};
	if (config_check_name("group", s->title, &e))
		return config_file_error(s->file, s->line, "%s", e.text);
	(void)snprintf(g->name, sizeof(g->name), "%s", s->title);
	if (c->witness)
		return refuse_options(s);
	err = read_options(s, c, g);
	if (!err)
		err = read_addresses(s, g);
	return err ? err : config_read_routes(s, g);
}

static int check_wire_id(const struct config_section *s, const struct config *c, uint32_t index)
{
	uint32_t i;

	for (i = 0; i < index; i++)
		if (frame_group_id(c->groups[i].name) == frame_group_id(c->groups[index].name))
			return config_file_error(s->file, s->line,
						 "group '%s': its number on the wire (%u) is that "
						 "of "
						 "group '%s' too, rename one of them",
						 s->title, frame_group_id(s->title),
						 c->groups[i].name);
	return 0;
}

int config_read_groups(const struct config_section *root, struct config *c)
{
	unsigned int n = config_section_count(root, "group"), i;
	struct config_section s;
	int err;

	if (n == 0)
		return config_file_error(root->file, root->line,
					 "no group: write group \"NAME\" { interface = ..., "
					 "addresses = { ... } }");
	for (i = 0; i < n; i++) {
		config_section_get(root, "group", i, &s);
		if (i == IPT_MAX_GROUPS)
			return config_file_error(s.file, s.line, "group '%s': more than %d groups",
						 s.title, IPT_MAX_GROUPS);
		c->ngroups = i + 1;
		err = read_group(&s, c, &c->groups[i]);
		if (!err)
			err = check_wire_id(&s, c, i);
		if (!err)
			err = config_check_routes(&s, c, i);
		if (!err)
			err = config_check_interface_mode(&s, c, i);
		if (err)
			return err;
	}
	return config_check_addresses(root, c);
}
