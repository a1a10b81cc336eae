/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which own address heartbeats come from: never one that moves, however the kernel routes. */
#include <arpa/inet.h>
#include <errno.h>
#include "plan.h"

/* What else the interface has. */
struct others {
	const struct plan *p;
	uint32_t ifindex, to_be32, wanted_be32;
	uint32_t near_be32,
		any_be32; /* whose network has `to_be32`; of those that are no floating address */
	unsigned int nnear, nany;
	bool wanted_there;
};

static void look(uint32_t ifindex, const struct addr *addr, void *arg)
{
	struct others *o = arg;
	const struct addr to = {.ip = ipt_addr_v4(o->to_be32), .prefix_len = 32};
	uint32_t ip_be32 = addr->ip.word_be32[3];

	if (ifindex != o->ifindex || !ipt_addr_is_v4(&addr->ip))
		return;
	o->wanted_there = o->wanted_there || ip_be32 == o->wanted_be32;
	if (plan_floats(o->p, &addr->ip))
		return;
	o->any_be32 = ip_be32;
	o->nany++;
	if (!addr_covers(addr, &to))
		return;
	o->near_be32 = ip_be32;
	o->nnear++;
}

static int refuse(const struct others *o, uint32_t src_be32, struct err *e)
{
	char src[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	(void)inet_ntop(AF_INET, &src_be32, src, sizeof(src));
	(void)inet_ntop(AF_INET, &o->to_be32, to, sizeof(to));
	return err_set(e, -EADDRNOTAVAIL,
		       "the kernel would send to %s from '%s', a floating address, and %s: write "
		       "source = \"ADDRESS\" in the peer's section",
		       to, src,
		       o->nany ? "several others are there" : "no other is on its interface");
}

int plan_source(struct plan *p, uint32_t to_be32, uint32_t wanted_be32, struct err *e)
{
	struct others o = {.p = p, .to_be32 = to_be32, .wanted_be32 = wanted_be32};
	struct ipt_addr src;
	uint32_t src_be32;
	char text[INET_ADDRSTRLEN];
	int err = found_route(&p->found, to_be32, &o.ifindex, &src_be32, e);

	src = ipt_addr_v4(err ? 0 : src_be32);
	if (err || (!wanted_be32 && !plan_floats(p, &src)) || src_be32 == wanted_be32)
		return err;
	err = netdev_addr_each(look, &o);
	if (err)
		return err_set(e, err, "own addresses cannot be read");
	if (wanted_be32 && !o.wanted_there)
		return err_set(e, -EADDRNOTAVAIL,
			       "source '%s' is not on the interface that leads to it",
			       inet_ntop(AF_INET, &wanted_be32, text, sizeof(text)));
	if (wanted_be32)
		src_be32 = wanted_be32;
	else if (o.nnear == 1)
		src_be32 = o.near_be32;
	else if (!o.nnear && o.nany == 1)
		src_be32 = o.any_be32;
	else
		return refuse(&o, src_be32, e);
	found_source(&p->found, to_be32, src_be32);
	return 0;
}
