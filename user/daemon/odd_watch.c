/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A copied file, or a member that lies: the kernel takes such frames as life, and people are told. */
#include "odd_watch.h"

#include <stdio.h>
#include "daemon.h"
#include "edge.h"

static void text_of(const struct daemon *d, uint32_t peer, enum odd_kind kind, char ret[ODD_TEXT])
{
	uint8_t node = d->told.odd[peer][kind].node;
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
	odd = &d->told.odd[ev->peer][kind];
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
			struct odd *odd = &d->told.odd[i][kind];

			if (!odd->seen_ns || !peer_silent(odd->seen_ns, now_ns, ODD_FRESH_NS))
				continue;
			text_of(d, i, kind, text);
			edge_over(d, NULL, text);
			odd->seen_ns = 0;
		}
}
