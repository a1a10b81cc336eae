/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the groups of the configuration and their floating addresses, each of which has one place. */
#include "config_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "frame.h"
#include "names.h"

#define NS_PER_S 1000000000ull
#define REFRESH_MIN_NS (NS_PER_S / 10)
#define REFRESH_END_NS (15 * NS_PER_S) /* I8: Linux may forget a neighbour after 15 s */
#define BURST_MAX 1000000

static int read_interface(const struct config_section *s, struct config_group *g)
{
	struct config_word w = config_word(s, "interface", 0);

	if (!w.text)
		return config_file_error(s->file, s->line, "group '%s': interface is not set",
					 s->title);
	if (strlen(w.text) >= sizeof(g->interface))
		return config_file_error(s->file, w.line,
					 "interface '%s': longer than %zu characters", w.text,
					 sizeof(g->interface) - 1);
	if (!*w.text || strpbrk(w.text, "/: ") || config_has_control(w.text) ||
	    strcmp(w.text, ".") == 0 || strcmp(w.text, "..") == 0)
		return config_file_error(s->file, w.line,
					 "interface '%s': not a name of an interface", w.text);
	(void)snprintf(g->interface, sizeof(g->interface), "%s", w.text);
	return 0;
}

static int read_addresses(const struct config_section *s, struct config_group *g)
{
	uint32_t n = config_word_count(s, "addresses"), i;
	struct config_word w = config_word(s, "addresses", 0);
	struct err e;

	if (n == 0)
		return config_file_error(s->file, s->line, "group '%s': no addresses", s->title);
	if (g->address != ADDRESS_NONE && n > CONFIG_MAX_KERNEL_ADDRESSES)
		return config_file_error(
			s->file, w.line,
			"group '%s': %u addresses, but address = \"%s\" takes at most %d: use "
			"address = \"none\" and one route, ip route add local PREFIX dev lo",
			s->title, n, names_address(g->address), CONFIG_MAX_KERNEL_ADDRESSES);
	g->addrs = calloc(n, sizeof(*g->addrs));
	if (!g->addrs)
		return config_file_error(s->file, w.line, "out of memory");
	g->naddrs = n;
	for (i = 0; i < n; i++) {
		w = config_word(s, "addresses", i);
		if (config_parse_addr(w.text, &g->addrs[i], &e))
			return config_file_error(s->file, w.line, "%s", e.text);
	}
	return 0;
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

static int read_options(const struct config_section *s, struct config_group *g)
{
	struct config_word w = config_word(s, "preempt", 0);
	uint32_t address = g->address, priority = g->priority;
	int err = read_interface(s, g);

	if (!err)
		err = config_get_choice(s, "address", names_address, &address);
	if (!err)
		err = read_refresh(s, g);
	if (!err)
		err = config_get_number(s, "priority", 1, 254, &priority);
	if (!err)
		err = config_get_number(s, "burst", 1, BURST_MAX, &g->burst_pps);
	if (!err)
		err = config_get_bool(s, "preempt", &g->preempt);
	if (err)
		return err;
	if (g->preempt)
		return config_file_error(s->file, w.line,
					 "preempt '%s': preempt is not built yet, after a repair "
					 "the "
					 "roles stay reversed",
					 w.text);
	g->address = address;
	g->priority = (uint8_t)priority;
	return 0;
}

/* `g` belongs to the caller's struct from the first moment, so that a failure leaks nothing. */
static int read_group(const struct config_section *s, struct config_group *g)
{
	struct err e;
	int err;

	*g = (struct config_group){.address = ADDRESS_OWNER,
				   .refresh_ns = 10 * NS_PER_S,
				   .burst_pps = 10000,
				   .priority = 100,
				   .line = s->line};
	if (config_check_name("group", s->title, &e))
		return config_file_error(s->file, s->line, "%s", e.text);
	(void)snprintf(g->name, sizeof(g->name), "%s", s->title);
	err = read_options(s, g);
	return err ? err : read_addresses(s, g);
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

/* Where an address stands, to find the second place of one. */
struct place {
	uint32_t ip_be32;
	uint32_t group;
	int line;
	uint32_t order;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->ip_be32 != y->ip_be32)
		return ntohl(x->ip_be32) < ntohl(y->ip_be32) ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static uint32_t fill_places(const struct config_section *root, const struct config *c,
			    struct place *places)
{
	struct config_section s;
	uint32_t g, i, n = 0;

	for (g = 0; g < c->ngroups; g++) {
		config_section_get(root, "group", g, &s);
		for (i = 0; i < c->groups[g].naddrs; i++, n++)
			places[n] = (struct place){.ip_be32 = c->groups[g].addrs[i].ip_be32,
						   .group = g,
						   .line = config_word(&s, "addresses", i).line,
						   .order = n};
	}
	qsort(places, n, sizeof(*places), compare_places);
	return n;
}

static int check_places(const struct config_section *root, const struct config *c,
			const struct place *p, uint32_t n)
{
	char text[INET_ADDRSTRLEN] = "";
	uint32_t i, j;

	for (i = 0; i < n; i++) {
		(void)inet_ntop(AF_INET, &p[i].ip_be32, text, sizeof(text));
		if (i && p[i].ip_be32 == p[i - 1].ip_be32)
			return config_file_error(
				root->file, p[i].line,
				p[i].group == p[i - 1].group
					? "address '%s' is twice in group '%s', first in line %d"
					: "address '%s' is in group '%s' already, line %d",
				text, c->groups[p[i - 1].group].name, p[i - 1].line);
		for (j = 0; j < c->npeers; j++)
			if (c->peers[j].ip_be32[0] == p[i].ip_be32)
				return config_file_error(root->file, p[i].line,
							 "address '%s' is the own address of peer "
							 "'%s', "
							 "which never moves",
							 text, c->peers[j].name);
	}
	return 0;
}

static int check_addresses(const struct config_section *root, const struct config *c)
{
	struct place *places;
	uint32_t g, n = 0;
	int err;

	for (g = 0; g < c->ngroups; g++) {
		n += c->groups[g].naddrs;
		if (n > IPT_MAX_VIPS)
			return config_file_error(root->file, c->groups[g].line,
						 "group '%s': more than %d addresses in all",
						 c->groups[g].name, IPT_MAX_VIPS);
	}
	places = calloc(n, sizeof(*places));
	if (!places)
		return config_file_error(root->file, root->line, "out of memory");
	err = check_places(root, c, places, fill_places(root, c, places));
	free(places);
	return err;
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
		err = read_group(&s, &c->groups[i]);
		if (!err)
			err = check_wire_id(&s, c, i);
		if (err)
			return err;
	}
	return check_addresses(root, c);
}
