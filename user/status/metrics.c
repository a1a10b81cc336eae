/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is told of each instance, group, peer, path and interface. Tables: a family's samples must stand together. */
#include <stddef.h>
#include <string.h>
#include "base/version.h"
#include "core/core.h"
#include "core/names.h"
#include "metrics_int.h"

/* As keepalived's exporter has them, so that dashboards port. */
enum state_number { STATE_INIT, STATE_BACKUP, STATE_MASTER, STATE_FAULT };

/* By the lease first: what a daemon said before it died or was stopped is no state. Without one that lives nobody stands by. */
static uint64_t group_state(const struct status *s, const struct status_group *g)
{
	bool lives = s->daemon && !status_report_stale(s, g);

	if (!strcmp(g->state, "owner"))
		return STATE_MASTER;
	if (!lives || g->report.state == HB_INIT || g->report.state == HB_WITNESS)
		return STATE_INIT;
	return g->report.state == HB_FAULT ? STATE_FAULT : STATE_BACKUP;
}

static uint64_t group_manual(const struct status *s, const struct status_group *g)
{
	(void)s;
	return !strcmp(g->lease, "manual");
}

static uint64_t group_alarms(const struct status *s, const struct status_group *g)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->nalarms; i++)
		n += !strcmp(s->alarms[i].group, g->name);
	return n;
}

#define GROUP(name, value)                                                                 \
	static uint64_t group_##name(const struct status *s, const struct status_group *g) \
	{                                                                                  \
		(void)s;                                                                   \
		return value;                                                              \
	}

GROUP(owner_known, g->owner[0] != '\0')
GROUP(term, g->term)
GROUP(lease, g->remaining_ns)
GROUP(drain, g->drain_ns)
GROUP(priority, g->report.priority)
GROUP(drained, g->drained)
GROUP(managed, g->managed)
GROUP(addresses, g->list.n)
GROUP(present, g->present)
GROUP(tracks, g->report.tracks)
GROUP(tracks_failed, g->report.tracks_failed)
GROUP(selftest, g->report.selftest == SELFTEST_NONE || g->report.selftest == SELFTEST_OK)
GROUP(rtt, g->report.selftest_rtt_ns)
GROUP(owned, g->tally.owned)
GROUP(lapses, g->tally.changes[CORE_R_LAPSED])
GROUP(report_age, s->now_ns > g->report.updated_ns ? s->now_ns - g->report.updated_ns : 0)

static const struct group_metric {
	const char *name;
	enum metric_type type;
	const char *help;
	uint64_t (*value)(const struct status *s, const struct status_group *g);
} group_metrics[] = {
	{"group_state", METRIC_GAUGE,
	 "State of the group on this host: 0 init (no daemon stands by), 1 backup, 2 master (the "
	 "lease is live), 3 fault.",
	 group_state},
	{"group_owner_known", METRIC_GAUGE, "Whether this host knows who owns the group.",
	 group_owner_known},
	{"group_term", METRIC_GAUGE,
	 "Term of the owner that is known last; rises at each takeover.", group_term},
	{"group_lease_remaining_seconds", METRIC_GAUGE,
	 "How long this host may still speak for the group; 0 without a lease, or when held by "
	 "hand.",
	 group_lease},
	{"group_held_by_hand", METRIC_GAUGE, "Whether it was taken by hand, with no end.",
	 group_manual},
	{"group_drain_remaining_seconds", METRIC_GAUGE,
	 "How long established traffic is still served after a release.", group_drain},
	{"group_priority", METRIC_GAUGE,
	 "Priority on this host, the weights of its checks included.", group_priority},
	{"group_drained", METRIC_GAUGE, "Whether it stays out until undrain.", group_drained},
	{"group_managed", METRIC_GAUGE, "Whether a daemon manages it.", group_managed},
	{"group_addresses", METRIC_GAUGE, "Floating addresses of the group.", group_addresses},
	{"group_addresses_present", METRIC_GAUGE,
	 "Of those, how many the kernel of this host has where they belong.", group_present},
	{"group_tracks", METRIC_GAUGE, "Checks of the group.", group_tracks},
	{"group_tracks_failed", METRIC_GAUGE, "Checks of the group that fail.",
	 group_tracks_failed},
	{"group_selftest_good", METRIC_GAUGE,
	 "Whether the last self-test found the owner, in time, and nobody else; 1 if none was "
	 "made.",
	 group_selftest},
	{"group_selftest_round_trip_seconds", METRIC_GAUGE,
	 "From the question of the last self-test to its answer; 0 if there was none.", group_rtt},
	{"group_report_age_seconds", METRIC_GAUGE,
	 "Since a daemon last wrote of the group, once a second while it lives.", group_report_age},
	{"group_alarms", METRIC_GAUGE, "Alarms of the group that are on.", group_alarms},
	{"group_takeovers", METRIC_COUNTER, "How often this host became the owner.", group_owned},
	{"group_lapses", METRIC_COUNTER, "How often the lease ran out on this host.", group_lapses},
};

static void print_groups(struct metric_out *m, const struct metrics_host *host)
{
	for (unsigned int row = 0; row < sizeof(group_metrics) / sizeof(*group_metrics); row++) {
		const struct group_metric *gm = &group_metrics[row];
		bool seconds = strstr(gm->name, "_seconds");

		metric_family(m, gm->name, gm->type, gm->help);
		for (uint32_t i = 0; i < host->n; i++) {
			const struct status *s = &host->instance[i]->status;

			for (uint32_t j = 0; j < s->ngroups; j++)
				(seconds ? metric_seconds
					 : metric_number)(m, gm->value(s, &s->groups[j]),
							  "instance", s->instance, "group",
							  s->groups[j].name, NULL);
		}
	}
}

static void print_transitions(struct metric_out *m, const struct metrics_host *host)
{
	metric_family(m, "group_transitions", METRIC_COUNTER,
		      "Changes of the group's state on this host, by reason; those that have "
		      "happened.");
	for (uint32_t i = 0; i < host->n; i++) {
		const struct status *s = &host->instance[i]->status;

		for (uint32_t j = 0; j < s->ngroups; j++)
			for (uint32_t r = 0; r < CORE_REASONS; r++)
				if (s->groups[j].tally.changes[r])
					metric_number(m, s->groups[j].tally.changes[r], "instance",
						      s->instance, "group", s->groups[j].name,
						      "reason", core_reason_word(r), NULL);
	}
	metric_family(m, "group_owner", METRIC_INFO, "Who owns the group, as far as known here.");
	for (uint32_t i = 0; i < host->n; i++) {
		const struct status *s = &host->instance[i]->status;

		for (uint32_t j = 0; j < s->ngroups; j++)
			if (s->groups[j].owner[0])
				metric_number(m, 1, "instance", s->instance, "group",
					      s->groups[j].name, "owner", s->groups[j].owner, NULL);
	}
}

static const struct instance_metric {
	const char *name, *help;
	size_t offset;
	bool wide; /* uint32_t; else bool */
} instance_metrics[] = {
	{"daemon_up", "Whether the instance's daemon answers on its control socket.",
	 offsetof(struct status, daemon), false},
	{"witness", "Whether this node only votes.", offsetof(struct status, witness), false},
	{"quorum", "Whether all members vote; else they are a pair.",
	 offsetof(struct status, quorum), false},
	{"members", "Members, this one included; 0 without a daemon so far.",
	 offsetof(struct status, members), true},
	{"votes_needed", "Votes that an owner needs; 0: a pair has its own rule.",
	 offsetof(struct status, votes), true},
};

static void print_instances(struct metric_out *m, const struct metrics_host *host)
{
	metric_family(m, "build", METRIC_INFO, "The program that tells this.");
	metric_number(m, 1, "version", version_name, "commit", version_commit, NULL);
	metric_family(m, "instances", METRIC_GAUGE,
		      "Instances that are pinned for this network namespace.");
	metric_number(m, host->n, NULL);
	metric_family(m, "instance_readable", METRIC_GAUGE,
		      "Whether the pinned maps of the instance could be read; if not, nothing "
		      "else of it is told.");
	for (uint32_t i = 0; i < host->n; i++)
		metric_number(m, host->instance[i]->readable, "instance", host->instance[i]->name,
			      NULL);
	metric_family(m, "node", METRIC_INFO, "The name of this node.");
	for (uint32_t i = 0; i < host->n; i++)
		if (host->instance[i]->readable)
			metric_number(m, 1, "instance", host->instance[i]->name, "node",
				      host->instance[i]->status.node, NULL);
	for (unsigned int r = 0; r < sizeof(instance_metrics) / sizeof(*instance_metrics); r++) {
		const struct instance_metric *im = &instance_metrics[r];

		metric_family(m, im->name, METRIC_GAUGE, im->help);
		for (uint32_t i = 0; i < host->n; i++) {
			const void *at = (const char *)&host->instance[i]->status + im->offset;

			if (host->instance[i]->readable)
				metric_number(m,
					      im->wide ? *(const uint32_t *)at : *(const bool *)at,
					      "instance", host->instance[i]->name, NULL);
		}
	}
}

void metrics_print(FILE *f, const struct metrics_host *host, bool classic)
{
	struct metric_out m = {.f = f, .classic = classic};

	print_instances(&m, host);
	print_groups(&m, host);
	print_transitions(&m, host);
	metrics_print_peers(&m, host);
	metrics_print_counts(&m, host);
	if (!classic)
		(void)fputs("# EOF\n", f);
}
