/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns who the members are: the hosts that were given, and those that only their peers name. */
#include "join.h"

#include <errno.h>
#include <string.h>
#include "say.h"
#include "value.h"

/* The name that `h` would have at a step of the way; NULL: none there. */
static const char *candidate(struct host *h, unsigned int step)
{
	const char *slash = strrchr(h->file, '/'), *base = slash ? slash + 1 : h->file, *dot, *from;

	switch (step) {
	case 0:
		return h->router_id && *h->router_id ? value_name(h, h->router_id) : NULL;
	case 1:
		return h->id ? value_name(h, h->id) : NULL;
	case 2:
		dot = strrchr(base, '.');
		return h->id ? NULL
			     : value_name(h, arena_copy(h->arena, base,
							dot && dot > base ? (size_t)(dot - base)
									  : strlen(base)));
	case 3:
		for (from = slash; from && from > h->file && from[-1] != '/'; from--)
			;
		return from && from < slash
			       ? value_name(h, arena_copy(h->arena, from, (size_t)(slash - from)))
			       : NULL;
	}
	return NULL;
}

static bool is_taken(struct host *hosts, const struct host *me, const char *name, unsigned int step)
{
	const char *other;

	for (struct host *h = hosts; h; h = h->next) {
		other = h == me ? NULL : h->name ? h->name : candidate(h, step);
		if (other && !strcmp(other, name))
			return true;
	}
	return false;
}

static void name_hosts(struct host *hosts)
{
	const char *name;
	unsigned int step, n;

	for (step = 0; step < 4; step++)
		for (struct host *h = hosts; h; h = h->next) {
			name = h->name ? NULL : candidate(h, step);
			if (name && !is_taken(hosts, h, name, step))
				h->name = name;
			else if (name && !step)
				say_host(h, CHANGED, "router_id %s is another host's, too", name);
		}
	for (struct host *h = hosts; h; h = h->next)
		for (n = 1; !h->name; n++) {
			name = arena_print(h->arena, "host-%u", n);
			if (!is_taken(hosts, h, name, step))
				h->name = name;
		}
	for (struct host *h = hosts; h; h = h->next)
		h->self.name = h->name;
}

static bool has_address(const struct member *m, const char *address)
{
	for (unsigned int i = 0; i < m->naddresses; i++)
		if (!strcmp(m->address[i], address))
			return true;
	return false;
}

static void add_address(struct member *m, const char *address)
{
	if (m->naddresses < IPT_MAX_PEER_PATHS && !has_address(m, address))
		m->address[m->naddresses++] = address;
}

/* Each peer that an instance of `h` names, until one is `address`. */
static bool names_peer(const struct host *h, const char *address)
{
	for (const struct instance *i = h->instances; i; i = i->next)
		for (const struct source *p = i->peers; p; p = p->next)
			if (!strcmp(p->text, address))
				return true;
	return false;
}

static bool is_anybodys(const struct host *hosts, const char *address)
{
	for (const struct host *h = hosts; h; h = h->next)
		if (has_address(&h->self, address))
			return true;
	return false;
}

/* Such an address moves, and no heartbeat is sent to it. */
static bool is_floating(const struct host *hosts, const char *address)
{
	struct ipt_addr ip;

	if (!addr_parse(address, &ip))
		return false;
	for (const struct host *h = hosts; h; h = h->next)
		for (const struct group *g = h->groups; g; g = g->next)
			if (vips_have(g->of->vips, &ip))
				return true;
	return false;
}

static void own_addresses(struct host *hosts, struct host *h)
{
	for (const struct instance *i = h->instances; i; i = i->next) {
		if (!i->source || has_address(&h->self, i->source))
			continue;
		if (is_floating(hosts, i->source))
			say(h, i->source_stmt, LOST, "a floating address is no host's own");
		else if (is_anybodys(hosts, i->source))
			say(h, i->source_stmt, LOST, "it is another host's own");
		else
			add_address(&h->self, i->source);
	}
	if (h->self.naddresses == 1)
		h->source = h->self.address[0];
}

/* A host that does not say who it is: what all others name and it does not is its own. */
static void named_by_others(struct host *hosts, struct host *h)
{
	const struct host *other = hosts == h ? h->next : hosts, *third;

	if (h->self.naddresses || !other)
		return;
	for (const struct instance *i = other->instances; i; i = i->next)
		for (const struct source *p = i->peers; p; p = p->next) {
			for (third = hosts; third && (third == h) != names_peer(third, p->text);
			     third = third->next)
				;
			if (!third && !is_anybodys(hosts, p->text) && !is_floating(hosts, p->text))
				add_address(&h->self, p->text);
		}
}

/* The other hosts that were given. */
static int add_hosts(struct host *hosts, struct host *h, struct err *e)
{
	for (struct host *other = hosts; other; other = other->next) {
		if (other == h)
			continue;
		if (h->npeers == IPT_MAX_PEERS)
			return err_set(e, -EINVAL, "%s: more than %d hosts", other->file,
				       IPT_MAX_PEERS + 1);
		h->peers[h->npeers] = other->self;
		if (!other->self.naddresses) {
			add_address(&h->peers[h->npeers], CONFIG_PLACEHOLDER "address");
			say_host(h, MISSING,
				 "the address of %s: no unicast_src_ip or unicast_peer says it",
				 other->name);
		}
		h->npeers++;
	}
	return 0;
}

/* Names have no colons. */
static const char *placeholder(struct host *h, const char *address)
{
	if (strchr(address, ':'))
		return arena_print(h->arena, CONFIG_PLACEHOLDER "peer-%u", h->npeers);
	return arena_print(h->arena, CONFIG_PLACEHOLDER "%s", address);
}

/* Whom some host names as a peer, and who is none of those given. */
static int add_strangers(struct host *hosts, struct host *h, struct err *e)
{
	struct member *m;
	unsigned int p;

	for (const struct host *other = hosts; other; other = other->next)
		for (const struct instance *i = other->instances; i; i = i->next)
			for (const struct source *s = i->peers; s; s = s->next) {
				if (is_anybodys(hosts, s->text) || is_floating(hosts, s->text))
					continue;
				for (p = 0; p < h->npeers && !has_address(&h->peers[p], s->text);
				     p++)
					;
				if (p < h->npeers)
					continue;
				if (p == IPT_MAX_PEERS)
					return err_set(e, -EINVAL, "%s:%d: more than %d peers",
						       s->stmt->file, s->stmt->line, IPT_MAX_PEERS);
				m = &h->peers[h->npeers++];
				*m = (struct member){.name = placeholder(h, s->text)};
				add_address(m, s->text);
				say_host(h, MISSING, "the name of the peer %s, as node in its file",
					 s->text);
			}
	return 0;
}

static const struct group *same_group(const struct host *h, const struct group *g)
{
	for (const struct group *other = h->groups; other; other = other->next)
		for (const struct vip *v = g->of->vips; v; v = v->next)
			if (vips_have(other->of->vips, &v->addr.ip))
				return other;
	for (const struct group *other = h->groups; other; other = other->next)
		if (!strcmp(other->name, g->name))
			return other;
	return NULL;
}

/* All members have the same groups, of the same names and addresses. */
static void agree_on_groups(struct host *h, struct host *other)
{
	const struct group *same;

	for (struct group *g = h->groups; g; g = g->next) {
		same = same_group(other, g);
		if (!same) {
			say(h, g->of->stmt, LOST, "%s has no such group: all members must",
			    other->name);
			continue;
		}
		for (const struct vip *v = g->of->vips; v; v = v->next)
			if (!vips_have(same->of->vips, &v->addr.ip))
				say(h, v->stmt, LOST,
				    "group \"%s\" of %s has no such address: all members must",
				    same->name, other->name);
	}
}

/* The first host's names are everybody's. */
static void agree_on_names(struct host *first)
{
	const struct group *same, *taken;

	for (struct host *h = first->next; h; h = h->next)
		for (struct group *g = h->groups; g; g = g->next) {
			same = same_group(first, g);
			if (!same || !strcmp(same->name, g->name))
				continue;
			for (taken = h->groups; taken && strcmp(taken->name, same->name);
			     taken = taken->next)
				;
			if (taken)
				continue;
			say(h, g->of->stmt, CHANGED, "group \"%s\", as %s has it", same->name,
			    first->name);
			g->name = arena_print(h->arena, "%s", same->name);
		}
}

static void say_mode(struct host *hosts, struct host *h)
{
	for (const struct instance *i = h->instances; i; i = i->next)
		for (const struct source *p = i->peers; p; p = p->next)
			if (is_floating(hosts, p->text))
				say(h, p->stmt, LOST, "a floating address is no host's own");
	if (h->npeers > 1)
		say_host(h, CHANGED,
			 "quorum = true: of %u members a majority must agree, so never two own",
			 h->npeers + 1);
	say_host(h, MISSING,
		 "/etc/ip-takeover/key, the same on all members: KEY FILE in ip-takeover.conf(5)");
}

int join_members(struct host *hosts, struct err *e)
{
	int err = 0;

	name_hosts(hosts);
	for (struct host *h = hosts; h; h = h->next)
		own_addresses(hosts, h);
	for (struct host *h = hosts; h; h = h->next)
		named_by_others(hosts, h);
	for (struct host *h = hosts; h && !err; h = h->next) {
		err = add_hosts(hosts, h, e);
		if (!err)
			err = add_strangers(hosts, h, e);
		if (!err && !h->npeers) {
			h->peers[h->npeers++] = (struct member){CONFIG_PLACEHOLDER "peer",
								{CONFIG_PLACEHOLDER "address"},
								1};
			say_host(h, MISSING,
				 "name and address of the peer: give its file, too, or write them");
		}
		say_mode(hosts, h);
	}
	agree_on_names(hosts);
	for (struct host *h = hosts; h && !err; h = h->next)
		for (struct host *other = hosts; other; other = other->next)
			if (other != h)
				agree_on_groups(h, other);
	return err;
}
