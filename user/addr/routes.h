/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The routes and rules of a group, out of the map `routes`, and their way into the kernel's tables and out. */
#ifndef IPT_ROUTES_H
#define IPT_ROUTES_H

#include <stdint.h>
#include "base/err.h"
#include "kern/kern.h"

struct route_list {
	struct ipt_route route[IPT_MAX_GROUP_ROUTES];
	struct ipt_route_mark mark[IPT_MAX_GROUP_ROUTES];
	uint32_t n;
};

/* Those of the group, in their order. 0 or -errno. */
int routes_collect(struct kern *k, uint32_t group, struct route_list *ret);

/*
 * Puts all of them there, in their order. IPT_ROUTE_ADDED is in the map before netlink is asked, so that a crash in between
 * can be cleaned up. An equal one of somebody else's is used as it is. On failure none of ours stays.
 */
int routes_install(struct kern *k, uint32_t group, struct err *e);
/* Those that are gone, back, as far as they had been installed; *ret_added: how many. */
int routes_restore(struct kern *k, uint32_t group, uint32_t *ret_added, struct err *e);
/* Removes those that are ours, and no others, the last one first; goes on where one cannot be removed. */
int routes_uninstall(struct kern *k, uint32_t group, struct err *e);
/* One of them, in whatever group; 0: it is gone, or was never ours. */
int routes_remove(struct kern *k, const struct ipt_route *route, const struct ipt_route_mark *mark,
		  struct err *e);
/* How many of those that were installed are not in the kernel's tables. */
uint32_t routes_missing(struct kern *k, uint32_t group);

#endif
