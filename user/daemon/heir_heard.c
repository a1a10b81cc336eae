/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who must be heard, and with which members, before this host has others (protocol 8). */
#include "heir.h"

#include <errno.h>
#include "base/clock.h"

static bool is_heard(const struct daemon *d, uint32_t peer, uint64_t now_ns)
{
	const struct core_peer_view *v = &d->view.peer[peer];

	return v->proven && now_ns < v->proven_rx_ns + d->cfg.timing.d_ns;
}

int heir_heard_refused(const struct daemon *d, uint32_t next_hash, struct err *e)
{
	uint32_t members = d->cfg.npeers + 1, heard = 1;
	uint64_t now_ns = clock_now_ns();

	for (uint32_t i = 0; i < d->cfg.npeers; i++) {
		uint32_t hash;

		if (!is_heard(d, i, now_ns))
			continue;
		heard++;
		hash = d->view.peer[i].proven->cfg_hash;
		if (hash != d->cfg.cfg_hash && hash != next_hash)
			return err_set(e, -EBUSY,
				       "%s: peer '%s' runs with other members than this host now, "
				       "and than this file: members change one voter at a time, "
				       "and only when all that are heard have the same",
				       d->path, d->cfg.peers[i].name);
	}
	if (heard > members / 2)
		return 0;
	return err_set(e, -EBUSY,
		       "%s: %u of %u members are heard, this host included: other members need "
		       "the presence of a majority of those that run now",
		       d->path, heard, members);
}
