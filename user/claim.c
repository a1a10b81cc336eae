/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Others that claim our groups' addresses: reported once each, answered by the owner, looked for after a takeover. */
#include "daemon.h"
#include "log.h"

static void say_alarm(const struct daemon *d, uint32_t group, const uint8_t mac[6],
		      const char *what)
{
	log_line("ALARM: group %s: %02x:%02x:%02x:%02x:%02x:%02x %s", d->cfg.groups[group].name,
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], what);
}

/* A member that announces what it owns is no rival; to an owner every other claimant is one. */
void claim_seen(struct daemon *d, uint32_t group, const struct ipt_event *ev)
{
	bool owner = d->core.group[group].state == HB_OWNER, member = view_is_member(d, ev->mac);

	if (member && !owner)
		return;
	if (rival_seen(&d->groups[group].rivals, ev->mac, ev->time_ns))
		say_alarm(d, group, ev->mac, "claims a floating address by ARP");
	/* Between members the epochs decide, and who won says so at once. With anybody else this could go on
	 * for ever: that is what RFC 5227 limits. */
	if (owner && (member || rival_defend(&d->groups[group].rivals, ev->time_ns)))
		apply_queue(d, (struct core_event){.type = CORE_EV_CLAIM, .group = group});
}

/* Once for each takeover, though its answers may have been reported as claims a moment ago. */
void claim_audited(struct daemon *d, uint32_t group, const struct job *job)
{
	if (job->err)
		log_line("group %s: audit: %s", d->cfg.groups[group].name, job->text.text);
	if (job->err || !job->answers)
		return;
	say_alarm(d, group, job->mac,
		  "answers: the old owner's kernel still answers for the address");
}
