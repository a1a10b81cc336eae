/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which own address heartbeats come from: never one that moves or that the kernel replaces, however it routes. */
#include <errno.h>
#include <string.h>
#include "plan.h"

#define MAX_DUMPS 8

/* What the interface has of the kind of `to`. */
struct others {
	const struct plan *p;
	const struct config_peer *peer;
	struct netdev_to to;
	struct netdev_way way; /* as the kernel says */
	struct ipt_addr wanted; /* the first configured one that is there */
	struct ipt_addr near, any; /* whose network has `to`; of those that stay */
	unsigned int nnear, nany, nwanted;
	const char *refused; /* why the kernel's own choice is none */
};

/* IPv4, link-local or another IPv6 address: each speaks to its own kind. */
static bool same_kind(const struct ipt_addr *a, const struct ipt_addr *b)
{
	return ipt_addr_is_v4(a) == ipt_addr_is_v4(b) &&
	       addr_is_link_local(a) == addr_is_link_local(b);
}

/* The place of `ip` among the peer's sources; their number: it is none of them. */
static uint32_t wanted_at(const struct others *o, const struct ipt_addr *ip)
{
	uint32_t i = 0;

	while (o->peer && i < o->peer->nsources && !ipt_addr_equal(&o->peer->sources[i], ip))
		i++;
	return i;
}

/* The first configured one of the kind of `to`; NULL: none. */
static const struct ipt_addr *first_wanted(const struct others *o)
{
	for (uint32_t i = 0; o->peer && i < o->peer->nsources; i++)
		if (same_kind(&o->peer->sources[i], &o->to.ip))
			return &o->peer->sources[i];
	return NULL;
}

static bool is_wanted(const struct others *o, const struct ipt_addr *ip)
{
	return o->peer && wanted_at(o, ip) < o->peer->nsources;
}

static void note_wanted(struct others *o, const struct ipt_addr *ip)
{
	if (is_wanted(o, ip) && (!o->nwanted++ || wanted_at(o, ip) < wanted_at(o, &o->wanted)))
		o->wanted = *ip;
}

static void look(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct others *o = arg;
	const struct addr to = {.ip = o->to.ip, .prefix_len = addr_bits(&o->to.ip)};
	bool v4 = ipt_addr_is_v4(&addr->ip);

	if (ifindex != o->way.ifindex || !same_kind(&addr->ip, &o->to.ip))
		return;
	note_wanted(o, &addr->ip);
	if (!o->refused && addr->temporary && ipt_addr_equal(&addr->ip, &o->way.src))
		o->refused = "a temporary address";
	if (plan_floats(o->p, &addr->ip) || (!v4 && (addr->temporary || addr->host)))
		return;
	o->any = addr->ip;
	o->nany++;
	if (!addr_covers(addr, &to))
		return;
	o->near = addr->ip;
	o->nnear++;
}

static int refuse(const struct others *o, struct err *e)
{
	char src[ADDR_TEXT], to[ADDR_TEXT];

	return err_set(e, -EADDRNOTAVAIL,
		       "the kernel would send to %s from '%s', %s, and %s: write "
		       "source = \"ADDRESS\" in the peer's section",
		       addr_text(&o->to.ip, to), addr_text(&o->way.src, src), o->refused,
		       o->nany ? "several others are there" : "no other is on its interface");
}

/* What `o->way` says is not to be taken as it is. */
static int choose(struct others *o, const struct ipt_addr *wanted, struct err *e)
{
	char text[ADDR_TEXT];

	if (wanted && !o->nwanted)
		return err_set(e, -EADDRNOTAVAIL,
			       "source '%s' is not on the interface that leads to it",
			       addr_text(wanted, text));
	if (wanted)
		o->way.src = o->wanted;
	else if (!o->refused)
		return 0;
	else if (o->nnear == 1)
		o->way.src = o->near;
	else if (!o->nnear && o->nany == 1)
		o->way.src = o->any;
	else
		return refuse(o, e);
	return 0;
}

int plan_source(struct plan *p, const struct netdev_to *to, const struct config_peer *peer,
		struct err *e)
{
	struct others o = {.p = p, .peer = peer, .to = *to}, asked;
	int err = found_route(&p->found, to, &o.way, e), dumps = 0;
	const struct ipt_addr *wanted = first_wanted(&o);
	/* A predecessor has found it well: nothing is asked once more. */
	bool known = ipt_addr_is_v4(&to->ip) || p->found.given;

	if (err || is_wanted(&o, &o.way.src))
		return err;
	if (plan_floats(p, &o.way.src))
		o.refused = "a floating address";
	if (known && !wanted && !o.refused)
		return 0;
	asked = o;
	do {
		o = asked;
		err = netdev_addr_each(look, &o);
	} while (err == -EINTR && ++dumps < MAX_DUMPS);
	if (err)
		return err_set(e, err, "own addresses cannot be read");
	err = choose(&o, wanted, e);
	if (!err)
		found_source(&p->found, to, &o.way.src);
	return err;
}
