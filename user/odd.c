/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A copied file, or a member that lies: the kernel takes such frames as life, and people are told. */
#include "odd.h"

#include <stdio.h>
#include "daemon.h"
#include "edge.h"

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

static void text_of(const struct daemon *d, uint32_t peer, enum odd_kind kind, char ret[ODD_TEXT])
{
	uint8_t node = d->odd[peer][kind].node;
	const char *whose = NULL;

	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		if (d->cfg.peers[i].id == node)
			whose = d->cfg.peers[i].name;
	odd_text(kind, d->cfg.peers[peer].name, node, whose, ret);
}

void odd_seen(struct daemon *d, const struct ipt_event *ev)
{
	enum odd_kind kind = ev->type == IPT_EV_IDENTITY ? ODD_IDENTITY : ODD_BOUNDS;
	char text[ODD_TEXT];
	struct odd *odd;
	bool known;

	if (ev->peer >= d->cfg.npeers)
		return;
	odd = &d->odd[ev->peer][kind];
	known = odd->seen_ns && (kind != ODD_IDENTITY || odd->node == ev->node);
	*odd = (struct odd){.seen_ns = ev->time_ns, .node = ev->node};
	if (known)
		return;
	text_of(d, ev->peer, kind, text);
	edge_alarm(d, NULL, "%s", text);
}

void odd_look(struct daemon *d, uint64_t now_ns)
{
	char text[ODD_TEXT];

	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		for (unsigned int kind = 0; kind < ODD_KINDS; kind++) {
			struct odd *odd = &d->odd[i][kind];

			if (!odd->seen_ns || !peer_silent(odd->seen_ns, now_ns, ODD_FRESH_NS))
				continue;
			text_of(d, i, kind, text);
			edge_over(d, NULL, text);
			odd->seen_ns = 0;
		}
}
