/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the words for heartbeats that the peer of their address cannot have sent. */
#include "odd.h"

#include <stdio.h>

void odd_text(enum odd_kind kind, const char *peer, uint8_t node, const char *whose,
	      char ret[ODD_TEXT])
{
	switch (kind) {
	case ODD_IDENTITY:
		(void)snprintf(ret, ODD_TEXT,
			       "peer %s's address speaks as node %u, which is %s: is its file a "
			       "copy?",
			       peer, node, whose ? whose : "ours");
		break;
	case ODD_BOUNDS:
		(void)snprintf(ret, ODD_TEXT,
			       "%s says an epoch or times that no member can have: it counts as "
			       "alive "
			       "and is not believed",
			       peer);
		break;
	case ODD_KINDS:
		break;
	}
}
