/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the rule that every address has one place: one group, or one peer; and that it is another one on another interface. */
#include "config_int.h"

#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

/* Where an address stands, to find the second place of one. */
struct place {
	struct ipt_addr ip;
	uint32_t group;
	int line;
	uint32_t order;
	struct addr *addr;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	int order = addr_order(&x->ip, &y->ip);

	if (order)
		return order;
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
			places[n] = (struct place){.ip = c->groups[g].addrs[i].ip,
						   .group = g,
						   .line = config_word(&s, "addresses",
								       c->groups[g].addrs[i].word)
								   .line,
						   .order = n,
						   .addr = &c->groups[g].addrs[i]};
	}
	qsort(places, n, sizeof(*places), compare_places);
	return n;
}

static const struct config_peer *peer_with(const struct config *c, const struct ipt_addr *ip)
{
	uint32_t i, j;

	for (i = 0; i < c->npeers; i++)
		for (j = 0; j < c->peers[i].naddrs; j++)
			if (ipt_addr_equal(ip, &c->peers[i].addrs[j].ip))
				return &c->peers[i];
	return NULL;
}

/* What stands still cannot float. */
static int check_fixed(const struct config_section *root, const struct config *c,
		       const struct place *p, const char *text)
{
	const struct config_peer *peer = peer_with(c, &p->ip);
	const struct ipt_addr gateway = ipt_addr_v4(c->gateway_be32);

	if (peer)
		return config_file_error(root->file, p->line,
					 "address '%s' is the own address of peer '%s', which "
					 "never moves",
					 text, peer->name);
	if (ipt_addr_equal(&p->ip, &gateway))
		return config_file_error(root->file, p->line, "address '%s' is the gateway", text);
	return 0;
}

static const char *iface_of(const struct config *c, const struct place *p)
{
	return c->groups[p->group].iface[p->addr->iface];
}

/* What stands on lo is there once, whatever it is reached by. */
static bool stands(const struct config *c, const struct place *p)
{
	return c->groups[p->group].address == ADDRESS_STANDING;
}

/* The places of an address are beside each other. Whether its interfaces are in two networks is for `run` to see. */
static int check_others(const struct config_section *root, const struct config *c,
			const struct place *all, uint32_t at, const char *text)
{
	const struct place *p = &all[at], *q = p;

	while (q > all && ipt_addr_equal(&p->ip, &q[-1].ip)) {
		q--;
		if (strcmp(iface_of(c, p), iface_of(c, q)) && !stands(c, p) && !stands(c, q)) {
			p->addr->again = q->addr->again = true;
			continue;
		}
		return config_file_error(root->file, p->line,
					 p->group == q->group
						 ? "address '%s' is twice in group '%s', first in "
						   "line %d"
						 : "address '%s' is in group '%s' already, line %d",
					 text, c->groups[q->group].name, q->line);
	}
	return 0;
}

static int check_places(const struct config_section *root, const struct config *c,
			const struct place *p, uint32_t n)
{
	char text[ADDR_TEXT];
	uint32_t i;
	int err;

	for (i = 0; i < n; i++) {
		(void)addr_text(&p[i].ip, text);
		err = check_others(root, c, p, i, text);
		if (err)
			return err;
		err = check_fixed(root, c, &p[i], text);
		if (err)
			return err;
	}
	return 0;
}

/* FNV-1a over the bytes on the wire; the places are sorted, so the order in the file does not matter. */
static void hash_places(struct config *c, const struct place *p, uint32_t n)
{
	uint32_t i, b, *hash;

	for (i = 0; i < n; i++) {
		hash = &c->groups[p[i].group].addr_hash;
		if (!*hash)
			*hash = FNV_BASIS;
		for (b = ipt_addr_is_v4(&p[i].ip) ? 12 : 0; b < sizeof(p[i].ip); b++)
			*hash = (*hash ^ ((const uint8_t *)&p[i].ip)[b]) * FNV_PRIME;
	}
}

/* It is there to tell a dead peer from a dead network: the peer itself cannot. */
static int check_gateway(const struct config_section *root, const struct config *c)
{
	struct config_word gateway = config_word(root, "gateway", 0);
	struct ipt_addr ip = ipt_addr_v4(c->gateway_be32);
	const struct config_peer *peer = gateway.text ? peer_with(c, &ip) : NULL;

	return peer ? config_file_error(root->file, gateway.line, "gateway '%s': that is peer '%s'",
					gateway.text, peer->name)
		    : 0;
}

int config_check_addresses(const struct config_section *root, struct config *c)
{
	struct place *places;
	uint32_t g, n = 0;
	int err = check_gateway(root, c);

	if (err)
		return err;
	for (g = 0; g < c->ngroups; g++) {
		/* A member that has addresses there notices. */
		if (c->groups[g].lease_only)
			c->groups[g].addr_hash = FNV_BASIS;
		n += c->groups[g].naddrs;
		if (n > IPT_MAX_VIPS)
			return config_file_error(root->file, c->groups[g].line,
						 "group '%s': more than %d addresses in all",
						 c->groups[g].name, IPT_MAX_VIPS);
	}
	if (n == 0)
		return 0; /* a witness, or leases alone */
	places = calloc(n, sizeof(*places));
	if (!places)
		return config_file_error(root->file, root->line, "out of memory");
	err = check_places(root, c, places, fill_places(root, c, places));
	if (!err)
		hash_places(c, places, n);
	free(places);
	return err;
}
