/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the pinned maps and decides who owns what, daemon or not. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "control/client.h"
#include "core/names.h"
#include "status_int.h"

/* The peer that is heard and whose newest accepted frame says that it owns the group. */
static void find_owner(const struct collect *c, const struct ipt_group *group,
		       struct status_group *out)
{
	const struct beat_group *g;
	uint64_t best = 0;
	uint32_t i, j;

	for (i = 0; i < c->s->npeers; i++) {
		if (!c->heard[i].up || !c->heard[i].decoded)
			continue;
		for (j = 0; j < c->heard[i].beat.ngroups; j++) {
			g = &c->heard[i].beat.group[j];
			if (g->group != group->wire_id || g->state != HB_OWNER || g->epoch < best)
				continue;
			best = g->epoch;
			(void)memcpy(out->owner, c->s->peers[i].name, sizeof(out->owner));
		}
	}
	/* Nobody: the last term that is known of, a peer's or ours. */
	for (i = 0; i < 2 && !out->owner[0]; i++)
		if (group->binding[i].epoch > best)
			best = group->binding[i].epoch;
	if (!out->owner[0] && group->owner_epoch > best)
		best = group->owner_epoch;
	out->term = EPOCH_TERM(best);
}

/* A member that announces what it owns is no rival. */
static void find_rival(const struct status *s, const struct ipt_group *group,
		       struct status_group *out)
{
	for (uint32_t i = 0; i < s->npeers; i++)
		for (uint32_t p = 0; p < s->peers[i].npaths; p++)
			if (!memcmp(s->peers[i].paths[p].mac, group->rival_mac, 6))
				return;
	out->rival_ns = group->rival_ns;
	(void)memcpy(out->rival_mac, group->rival_mac, sizeof(out->rival_mac));
	out->rival_v6 = group->rival_v6;
}

static int collect_group(struct collect *c, uint32_t i, const struct ipt_group *group)
{
	struct status_group *out = &c->s->groups[c->s->ngroups++];
	uint64_t word = kern_leases(c->k)[i];
	bool live = lease_live(word, c->s->now_ns), manual = lease_is_manual(word);
	uint64_t drain_ns = 0;
	int err;

	(void)memcpy(out->name, group->name, sizeof(out->name));
	out->managed = group->managed;
	out->drained = group->drained;
	out->tally = kern_tally(c->k)->group[i];
	err = kern_report_get(c->k, i, &out->report);
	if (!err)
		err = kern_drain_get(c->k, i, &drain_ns);
	if (!err)
		err = vips_collect(c->k, i, &out->list);
	if (!err)
		err = routes_collect(c->k, i, &out->routes);
	if (err)
		return err;
	out->drain_ns = drain_ns > c->s->now_ns ? drain_ns - c->s->now_ns : 0;
	find_rival(c->s, group, out);
	out->lease = manual ? "manual" : live ? "live" : "none";
	out->phase = manual ? "manual" : c->s->daemon ? names_state(out->report.state) : "none";
	out->state = "standby";
	if (live) {
		out->state = "owner";
		out->term = EPOCH_TERM(group->binding[lease_slot(word)].epoch);
		out->remaining_ns = manual ? 0 : lease_deadline_ns(word) - c->s->now_ns;
		(void)memcpy(out->owner, c->s->node, sizeof(out->owner));
	} else {
		find_owner(c, group, out);
		if (c->s->daemon && out->report.state == HB_FAULT)
			out->state = "fault";
	}
	status_alarms_of(c->s, out);
	return 0;
}

static void collect_ifaces(struct collect *c)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	struct status *s = c->s;
	char now[IF_NAMESIZE], master[IF_NAMESIZE];
	const char *as, *instead;
	int i, n = kern_ifaces(c->k, ifaces);

	s->nifaces = (uint32_t)n;
	for (i = 0; i < n; i++) {
		if (if_indextoname(ifaces[i].ifindex, now)) /* renamed since? */
			(void)memcpy(ifaces[i].name, now, sizeof(ifaces[i].name));
		s->ifaces[i].record = ifaces[i];
		if (!if_indextoname(ifaces[i].vlan.below, s->ifaces[i].on))
			s->ifaces[i].on[0] = '\0';
		s->ifaces[i].healthy = kern_iface_healthy(c->k, &ifaces[i]);
		if (!s->ifaces[i].healthy)
			status_alarm(s, ALARM_PROGRAM, "",
				     "%s: our program or filter is gone: attach it again",
				     ifaces[i].name);
		as = kern_iface_bundled(&ifaces[i], master, &instead);
		if (as)
			status_alarm(s, ALARM_BUNDLED, "",
				     "%s is a %s of %s, which has its frames: name %s",
				     ifaces[i].name, as, master, instead);
	}
}

static void name_node(struct collect *c)
{
	struct status *s = c->s;

	/* No configuration was ever loaded: the host's name must do. */
	if (c->self.name[0])
		(void)memcpy(s->node, c->self.name, sizeof(s->node));
	else if (gethostname(s->node, sizeof(s->node) - 1))
		(void)strcpy(s->node, "self");
}

static void collect_late(struct collect *c)
{
	const volatile struct ipt_tally *tally = kern_tally(c->k);

	for (uint32_t i = 0; i < IPT_LATE_BUCKETS; i++)
		c->s->late[i] = tally->late[i];
	c->s->late_sum_ns = tally->late_sum_ns;
}

int status_look_present(struct status *s)
{
	const struct vip_list *lists[IPT_MAX_GROUPS];
	uint32_t present[IPT_MAX_GROUPS];
	int err;

	for (uint32_t i = 0; i < s->ngroups; i++)
		lists[i] = &s->groups[i].list;
	err = vips_present(lists, s->ngroups, present);
	for (uint32_t i = 0; i < s->ngroups && !err; i++)
		s->groups[i].present = present[i];
	return err;
}

int status_collect(struct kern *k, const char *instance, struct status *ret, struct err *e)
{
	static struct collect c;
	struct ipt_group group;
	uint32_t i;
	int err;

	memset(ret, 0, sizeof(*ret));
	memset(&c, 0, sizeof(c));
	c.k = k;
	c.s = ret;
	(void)snprintf(ret->instance, sizeof(ret->instance), "%s", instance);
	ret->daemon = client_daemon_alive(instance);
	err = kern_self_get(k, &c.self);
	name_node(&c);
	ret->now_ns = clock_now_ns();
	status_collect_peers(&c);
	status_collect_keys(&c);
	for (i = 0; i < IPT_MAX_GROUPS && !err; i++) {
		err = kern_group_get(k, i, &group);
		if (!err && group.name[0])
			err = collect_group(&c, i, &group);
	}
	collect_ifaces(&c);
	status_alarm_port(&c);
	status_alarm_paths(ret);
	status_alarm_members(&c);
	status_alarm_odd(ret);
	collect_late(&c);
	if (!err)
		err = kern_counters(k, ret->counters);
	if (!err)
		status_alarm_refused(ret);
	return err ? err_set(e, err, "the pinned maps: %s", strerror(-err)) : 0;
}

void status_free(struct status *s)
{
	uint32_t i;

	for (i = 0; i < s->ngroups; i++)
		vips_free(&s->groups[i].list);
}
