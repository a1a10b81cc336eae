/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes and rules in the map: what follows the owner of a group, and what of it we have put there. */
#include <errno.h>
#include <bpf/bpf.h>
#include "kern_int.h"

int kern_route_get(struct kern *k, const struct ipt_route *route, struct ipt_route_mark *ret)
{
	return bpf_map_lookup_elem(k->map[KMAP_ROUTES], route, ret);
}

int kern_route_set(struct kern *k, const struct ipt_route *route, const struct ipt_route_mark *mark)
{
	return mark->group < IPT_MAX_GROUPS
		       ? bpf_map_update_elem(k->map[KMAP_ROUTES], route, mark, BPF_ANY)
		       : -EINVAL;
}

int kern_route_del(struct kern *k, const struct ipt_route *route)
{
	int err = bpf_map_delete_elem(k->map[KMAP_ROUTES], route);

	return err == -ENOENT ? 0 : err;
}

int kern_route_each(struct kern *k,
		    int (*fn)(const struct ipt_route *route, const struct ipt_route_mark *mark,
			      void *arg),
		    void *arg)
{
	struct ipt_route at, next;
	struct ipt_route_mark mark;
	int err = bpf_map_get_next_key(k->map[KMAP_ROUTES], NULL, &next), done = 0;

	while (!err && !done) {
		at = next;
		err = bpf_map_get_next_key(k->map[KMAP_ROUTES], &at, &next);
		if (!bpf_map_lookup_elem(k->map[KMAP_ROUTES], &at, &mark))
			done = fn(&at, &mark, arg);
	}
	return done ? done : err == -ENOENT ? 0 : err;
}
