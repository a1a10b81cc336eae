/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns what a running daemon cannot change: the identity under which its frames and epochs are known. */
#include "config.h"

#include <errno.h>
#include <string.h>

/* Everything else is the new process's to set up: it adopts leases, sessions and records, not options. */
int config_reload_refused(const struct config *old, const struct config *new, struct err *e)
{
	if (strcmp(old->node, new->node) != 0)
		return err_set(e, -EBUSY,
			       "node '%s': a reload cannot rename the running node '%s', stop it "
			       "and start it again",
			       new->node, old->node);
	if (old->id != new->id)
		return err_set(e, -EBUSY,
			       "id %u: a reload cannot change the id %u of the running node '%s'. "
			       "Where it is not written it is the rank of the name: write id = %u "
			       "for this node, and id = N for every peer",
			       new->id, old->id, old->node, old->id);
	return 0;
}
