/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What track scripts found, told to the core when it changes: a fault of the group, another priority. */
#include <string.h>
#include "base/log.h"
#include "daemon.h"
#include "edge.h"
#include "queue.h"

static uint8_t base_priority(const struct daemon *d, uint32_t group)
{
	return d->groups[group].priority_base ? d->groups[group].priority_base
					      : d->cfg.groups[group].priority;
}

static void tell(struct daemon *d, uint32_t group, const struct track_sum *sum)
{
	struct daemon_group *g = &d->groups[group];
	bool ok = sum->ok && !g->watch.fault_until_ns && !addr_watch_sure(g->watch.lacking);

	if (g->track_fault == ok || g->track_waits != sum->waits) {
		g->track_fault = !ok;
		g->track_waits = sum->waits;
		queue_put(d, (struct core_event){
				     .type = CORE_EV_TRACK,
				     .group = group,
				     .track = {.pass = ok, .waits = sum->waits},
			     });
	}
	if (!g->priority)
		g->priority = d->cfg.groups[group].priority;
	if (g->priority == sum->priority)
		return;
	log_line("group %s: priority %u -> %u", d->cfg.groups[group].name, g->priority,
		 sum->priority);
	edge_tell(d, &(struct edge){.event = "priority",
				    .group = d->cfg.groups[group].name,
				    .number = sum->priority});
	g->priority = sum->priority;
	queue_put(d, (struct core_event){.type = CORE_EV_PRIORITY,
					 .group = group,
					 .priority.now = sum->priority});
}

static struct track_sum sum_up(struct daemon *d, uint32_t group)
{
	struct track_verdict verdict[CONFIG_MAX_TRACKS];

	for (uint32_t i = 0; i < d->cfg.ntracks; i++)
		verdict[i] = d->track[i].verdict;
	return track_sum(&d->cfg, &d->cfg.groups[group], verdict, base_priority(d, group));
}

static void read_tracks(struct daemon *d)
{
	struct track_status now[CONFIG_MAX_TRACKS] = {0};

	track_read(d->tracks, now);
	for (uint32_t i = 0; i < d->cfg.ntracks; i++)
		if (now[i].verdict.failed != d->track[i].verdict.failed)
			edge_tell(d,
				  &(struct edge){.event = "track",
						 .track = d->cfg.tracks[i].name,
						 .text = now[i].text,
						 .ok = now[i].verdict.failed ? EDGE_NO : EDGE_YES});
	memcpy(d->track, now, sizeof(now));
}

/* By the reports of a daemon that ended; each names the first that failed. */
static bool had_failed(struct daemon *d, const char *track)
{
	char name[IPT_NAME_LEN];
	struct ipt_report r;

	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		if (!kern_report_get(d->k, d->groups[i].index, &r) && r.tracks_failed &&
		    sscanf(r.track_text, "%31[^:]", name) == 1 && !strcmp(name, track))
			return true;
	return false;
}

void checks_before(struct daemon *d, char names[TRACK_NAMES])
{
	names[0] = '\0';
	for (uint32_t i = 0; i < d->cfg.ntracks; i++) {
		if (!had_failed(d, d->cfg.tracks[i].name))
			continue;
		strcat(names, d->cfg.tracks[i].name);
		strcat(names, " ");
	}
}

void checks_fetch(struct daemon *d)
{
	read_tracks(d);
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		struct track_sum sum = sum_up(d, i);

		tell(d, i, &sum);
	}
}

void checks_priority(struct daemon *d, uint32_t group, uint8_t priority)
{
	struct track_sum sum;

	d->groups[group].priority_base = priority;
	sum = sum_up(d, group);
	tell(d, group, &sum);
}

static void report_addresses(const struct config_group *g, const struct addr_watch *w,
			     struct ipt_report *ret)
{
	char *text = ret->track_text;
	size_t room = sizeof(ret->track_text);

	if (!w->fault_until_ns && !addr_watch_sure(w->lacking) && !w->route_failed[0])
		return;
	ret->tracks_failed++;
	if (addr_watch_sure(w->lacking))
		(void)snprintf(text, room, "addresses: %s has no IPv6", g->iface[w->lacking_iface]);
	else if (w->route_failed[0])
		(void)snprintf(text, room, "%s", w->route_failed);
	else if (w->refused)
		(void)snprintf(text, room, "addresses: they cannot be put back on %s",
			       plan_home_text(g));
	else
		(void)snprintf(text, room, "addresses: somebody takes them off %s again and again",
			       plan_home_text(g));
}

void checks_report(struct daemon *d, uint32_t group, struct ipt_report *ret)
{
	const struct config_group *g = &d->cfg.groups[group];

	ret->priority = d->groups[group].priority ? d->groups[group].priority : g->priority;
	ret->tracks = (uint16_t)g->ntracks;
	report_addresses(g, &d->groups[group].watch, ret);
	for (uint32_t i = 0; i < g->ntracks; i++) {
		const struct track_status *t = &d->track[g->track[i]];

		if (t->verdict.waits && !ret->track_text[0])
			(void)snprintf(ret->track_text, sizeof(ret->track_text),
				       "%s: no result yet", d->cfg.tracks[g->track[i]].name);
		if (!t->verdict.failed)
			continue;
		if (!ret->tracks_failed++)
			(void)snprintf(ret->track_text, sizeof(ret->track_text), "%s: %s",
				       d->cfg.tracks[g->track[i]].name, t->text);
	}
}
