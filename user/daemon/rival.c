/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Others that have our groups' addresses, by their own word: reported once each, answered by the owner, looked for after a takeover. */
#include "base/mac.h"
#include "daemon.h"
#include "edge.h"

/* A member that announces what it owns is no rival; to an owner everybody else is one. */
void rival_met(struct daemon *d, uint32_t group, const struct ipt_event *ev)
{
	bool owner = d->core.group[group].state == HB_OWNER, member = view_is_member(d, ev->mac);

	if (member && !owner)
		return;
	if (rival_seen(&d->groups[group].rivals, ev->mac, ev->time_ns))
		edge_rival(d, group, ev->mac, &ev->addr);
	/* A member's as well: whose a sender address is nothing proves, and this could go on for ever, which is what
	 * RFC 5227 limits. Members that were apart hear each other again, and then all is announced (G2). */
	if (owner && rival_defend(&d->groups[group].rivals, &ev->addr, ev->ifindex, ev->time_ns))
		announcer_defend(d->announcer, d->groups[group].index, &ev->addr, ev->ifindex);
}

/* Once for each takeover, though its answers may have been reported as a rival's a moment ago. */
void rival_audited(struct daemon *d, uint32_t group, const uint8_t mac[6])
{
	char text[MAC_TEXT];

	/* Who gave it up meanwhile hears its successor. */
	if (d->core.group[group].state != HB_OWNER)
		return;
	mac_text(mac, text);
	edge_alarm(d, d->cfg.groups[group].name,
		   "%s answers: the old owner's kernel still answers for the address", text);
}
