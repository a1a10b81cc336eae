/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the memory of netlink's answers, and their way into the next process. */
#include "found.h"

#include <string.h>

static void keep_link(struct found *f, const struct netdev *dev)
{
	for (unsigned int i = 0; i < f->nlinks; i++)
		if (f->link[i].ifindex == dev->ifindex)
			return;
	if (f->nlinks < IPT_MAX_IFACES)
		f->link[f->nlinks++] = *dev;
}

int found_by_name(struct found *f, const char *name, struct netdev *ret, struct err *e)
{
	int err;

	for (unsigned int i = 0; i < f->nlinks; i++)
		if (!strcmp(f->link[i].name, name)) {
			*ret = f->link[i];
			return 0;
		}
	err = netdev_by_name(name, ret, e);
	if (!err)
		keep_link(f, ret);
	return err;
}

int found_by_index(struct found *f, uint32_t ifindex, struct netdev *ret)
{
	int err;

	for (unsigned int i = 0; i < f->nlinks; i++)
		if (f->link[i].ifindex == ifindex) {
			*ret = f->link[i];
			return 0;
		}
	err = netdev_by_index(ifindex, ret);
	if (!err)
		keep_link(f, ret);
	return err;
}

static struct found_route *known(struct found *f, const struct netdev_to *to)
{
	for (unsigned int i = 0; i < f->nroutes; i++)
		if (f->route[i].to.ifindex == to->ifindex &&
		    ipt_addr_equal(&f->route[i].to.ip, &to->ip))
			return &f->route[i];
	return NULL;
}

int found_route(struct found *f, const struct netdev_to *to, struct netdev_way *ret, struct err *e)
{
	const struct found_route *r = known(f, to);
	int err;

	if (r) {
		*ret = r->way;
		return 0;
	}
	err = netdev_route(to, ret, e);
	if (!err && f->nroutes < IPT_MAX_PATHS + 1)
		f->route[f->nroutes++] = (struct found_route){*to, *ret};
	return err;
}

void found_source(struct found *f, const struct netdev_to *to, const struct ipt_addr *src)
{
	struct found_route *r = known(f, to);

	if (r)
		r->way.src = *src;
}

static void write_route(const struct found_route *r, FILE *to)
{
	char ip[ADDR_TEXT], src[ADDR_TEXT], via[ADDR_TEXT];

	(void)fprintf(to, "route %s %u %u %s %s\n", addr_text(&r->to.ip, ip), r->to.ifindex,
		      r->way.ifindex, addr_text(&r->way.src, src), addr_text(&r->way.via, via));
}

void found_write(const struct found *f, FILE *to)
{
	char ip[ADDR_TEXT];

	if (f->well)
		(void)fprintf(to, "well\n");
	for (unsigned int i = 0; i < f->nlinks; i++) {
		const struct netdev *dev = &f->link[i];
		const uint8_t *m = dev->mac;

		(void)fprintf(to, "link %u %x:%x:%x:%x:%x:%x %d %d %u %s\n", dev->ifindex, m[0],
			      m[1], m[2], m[3], m[4], m[5], dev->up, dev->carrier, dev->mtu,
			      dev->name);
	}
	for (unsigned int i = 0; i < f->nroutes; i++)
		write_route(&f->route[i], to);
	for (unsigned int i = 0; i < f->nown; i++)
		(void)fprintf(to, "own %u %s %u\n", f->own[i].ifindex,
			      addr_text(&f->own[i].addr.ip, ip), f->own[i].addr.prefix_len);
}

static bool parse_own(const char *line, struct found_own *ret)
{
	struct found_own own = {0};
	char ip[ADDR_TEXT];

	if (sscanf(line, "own %u %45s %hhu", &own.ifindex, ip, &own.addr.prefix_len) != 3 ||
	    !addr_parse(ip, &own.addr.ip) || own.addr.prefix_len > addr_bits(&own.addr.ip))
		return false;
	*ret = own;
	return true;
}

static bool parse_route(const char *line, struct found_route *ret)
{
	char ip[ADDR_TEXT], src[ADDR_TEXT], via[ADDR_TEXT];
	struct found_route r = {0};

	if (sscanf(line, "route %45s %u %u %45s %45s", ip, &r.to.ifindex, &r.way.ifindex, src,
		   via) != 5 ||
	    !addr_parse(ip, &r.to.ip) || !addr_parse(src, &r.way.src) ||
	    !addr_parse(via, &r.way.via))
		return false;
	*ret = r;
	return true;
}

static bool parse_link(const char *line, struct netdev *ret)
{
	struct netdev dev = {0};
	uint8_t *m = dev.mac;
	int up, carrier;

	if (sscanf(line, "link %u %hhx:%hhx:%hhx:%hhx:%hhx:%hhx %d %d %u %15s", &dev.ifindex, &m[0],
		   &m[1], &m[2], &m[3], &m[4], &m[5], &up, &carrier, &dev.mtu, dev.name) != 11)
		return false;
	dev.up = up;
	dev.carrier = carrier;
	*ret = dev;
	return true;
}

void found_read(struct found *ret, FILE *from)
{
	struct netdev dev;
	char line[256];

	*ret = (struct found){.given = true};
	while (fgets(line, sizeof(line), from))
		if (parse_link(line, &dev))
			keep_link(ret, &dev);
		else if (ret->nown < FOUND_OWN && parse_own(line, &ret->own[ret->nown]))
			ret->nown++;
		else if (!strcmp(line, "well\n"))
			ret->well = true;
		else if (ret->nroutes < IPT_MAX_PATHS + 1 &&
			 parse_route(line, &ret->route[ret->nroutes]))
			ret->nroutes++;
}
