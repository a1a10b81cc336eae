/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judges a predecessor's session and gates: the same boot and namespace are kern_create()'s to check. */
#include "adopt.h"

#include "base/clock.h"
#include "base/log.h"
#include "kern/lease.h"

/* A frame of the predecessor may have been on its way out, unseen by the egress program, when it ended. */
#define SEQ_SKIP 64

/* Or all but one voter: every majority of either meets those of the other, and what was promised keeps (protocol 8). */
static bool same_members(const struct daemon *d, const struct ipt_self *self)
{
	return self->node == d->cfg.id && d->follow.goes_on;
}

/*
 * The voters granted leases of the length that the predecessor announced: with a longer lease of ours the same grants would
 * be worth more than they promised. And its own interval, not a longer one of ours, tells whether it has been silent for
 * so long that its peer may have gone on alone (protocol 7).
 */
static const char *why_not(const struct daemon *d, const struct ipt_self *self,
			   const volatile struct ipt_sent *sent)
{
	if (!self->session || self->session != sent->session)
		return "nothing has left under its session";
	if (!same_members(d, self))
		return "its members were others";
	if (self->lease_ns < d->cfg.timing.lease_ns)
		return "its leases were shorter";
	if (self->interval_ns < d->cfg.timing.interval_ns)
		return "its interval was shorter";
	return NULL;
}

/* Opened by a daemon; one that is held by hand is none of ours. */
static bool is_open(struct kern *k, uint32_t index, uint64_t now_ns)
{
	uint64_t word = kern_leases(k)[index];

	return lease_live(word, now_ns) && !lease_is_manual(word);
}

static uint64_t bound_epoch(struct kern *k, uint32_t index)
{
	return kern_groups(k)[index].binding[lease_slot(kern_leases(k)[index])].epoch;
}

static struct core_promise promise_of(struct kern *k, uint32_t index)
{
	const volatile struct ipt_group *g = &kern_groups(k)[index];
	struct core_promise p = {.holder = g->promise_holder,
				 .epoch = g->promise_epoch,
				 .until_ns = g->promise_until_ns,
				 .boot_until_ns = g->boot_until_ns};

	if (!p.until_ns)
		p.holder = 0;
	return p;
}

static bool is_attached(struct kern *k, uint32_t ifindex)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(k, ifaces);

	for (int i = 0; i < n; i++)
		if (ifaces[i].ifindex == ifindex)
			return true;
	return false;
}

/* An interface that is new to the group may be one where our programs could not be put: nothing is owned there. */
static bool is_guarded(const struct daemon *d, uint32_t group)
{
	for (uint32_t i = 0; i < d->cfg.groups[group].nifaces; i++)
		if (!is_attached(d->k, d->plan.group[group][i].ifindex)) {
			log_line("group %s: our programs are not on %s", d->cfg.groups[group].name,
				 d->cfg.groups[group].iface[i]);
			return false;
		}
	return true;
}

/* One group: what was promised of it, and whether its gate, which may be open, is ours to go on with. */
static bool take_up(struct daemon *d, uint32_t group, uint32_t index)
{
	uint64_t epoch = bound_epoch(d->k, index);

	d->adopt.drained[group] = kern_groups(d->k)[index].drained;
	d->groups[group].priority_base = kern_groups(d->k)[index].priority;
	d->adopt.promise[group] = promise_of(d->k, index);
	if (d->adopt_not || !is_open(d->k, index, clock_now_ns()) ||
	    EPOCH_NODE(epoch) != d->cfg.id || !is_guarded(d, group))
		return false;
	d->adopt.epoch[group] = epoch;
	return true;
}

static void take_up_all(struct daemon *d, bool taken[IPT_MAX_GROUPS])
{
	const volatile struct ipt_sent *sent = kern_sent(d->k);
	struct ipt_self self = {0};

	d->adopt_not = kern_self_get(d->k, &self) ? "no process was" : why_not(d, &self, sent);

	/* Same boot, same node: every promise of that daemon is in the maps. */
	d->adopt.remembers = self.session && same_members(d, &self);
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		int index = kern_group_find(d->k, d->cfg.groups[i].name);

		/* New, or removed and added again, perhaps by hand: what was promised of it is gone. */
		d->adopt.unknown[i] = index < 0 || !kern_groups(d->k)[index].managed;
		if (index < 0 || !take_up(d, i, (uint32_t)index))
			continue;
		taken[index] = true;
		d->session = self.session;
		d->adopt.seq = sent->seq + SEQ_SKIP;
	}
}

static const char *why_closed(const struct daemon *d, uint32_t index)
{
	if (d->adopt_not)
		return d->adopt_not;
	return config_has_group(&d->cfg, (const char *)kern_groups(d->k)[index].name)
		       ? "it cannot be served as it was"
		       : "not in this configuration";
}

static void close_others(struct daemon *d, const bool taken[IPT_MAX_GROUPS])
{
	uint64_t now_ns = clock_now_ns();
	bool any = false;

	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
		if (taken[i] || !is_open(d->k, i, now_ns))
			continue;
		lease_close(d->k, i);
		any = true;
		log_line("group %s: left open by the process before, closed: %s",
			 (const char *)kern_groups(d->k)[i].name, why_closed(d, i));
	}
	if (any)
		lease_settle(d->k, d->cfg.timing.closed_ns);
}

void adopt_predecessor(struct daemon *d)
{
	bool taken[IPT_MAX_GROUPS] = {false};

	take_up_all(d, taken);
	close_others(d, taken);
}
