/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what keepalived's file says to what ours will: groups, their checks, the members. */
#ifndef IPT_CONVERT_JOIN_H
#define IPT_CONVERT_JOIN_H

#include "model.h"

/* The interface of what names none in the instance; a placeholder where the file has none either. */
static inline const char *join_iface(const struct host *h, const struct instance *from)
{
	if (from->iface)
		return from->iface;
	return h->default_iface ? h->default_iface : CONFIG_PLACEHOLDER "iface";
}

/* Instances, and those that a sync group holds together, as groups. */
void join_groups(struct host *h);
/* Routes and rules of the instance `from` into those of a group, whose addresses are there. */
void join_routes(struct host *h, struct instance *into, const struct instance *from);
/* What the groups track, as checks. */
void join_tracks(struct host *h);
/* Who the members are, and that they agree on the groups. 0, or -EINVAL with why. */
int join_members(struct host *hosts, struct err *e);

/* How a program is run here: its words into `ret`, CONFIG_MAX_ARGS and a NULL. NULL, or why not. */
const char *join_command(struct host *h, const char *line, bool reverse, const char **ret);
bool join_needs_shell(const char *line);
/* The line for a shell that runs what `i` notifies, its states told as keepalived tells them; NULL: nothing. */
const char *join_notify(struct host *h, const struct instance *i, const char **ret_user);

#endif
