/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the outside: one log line a state change, one report a group for `status`. */
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "core/names.h"
#include "daemon.h"
#include "edge.h"

void report_write(struct daemon *d, uint32_t group)
{
	const struct core_group *cg = &d->core.group[group];
	const struct daemon_group *g = &d->groups[group];
	uint64_t now_ns = clock_now_ns();
	struct ipt_report r = {
		.updated_ns = now_ns,
		.epoch = cg->state == HB_OWNER || cg->state == HB_CAND ? cg->epoch
								       : cg->promise_epoch,
		.selftest_ns = g->selftest_ns,
		.selftest_rtt_ns = g->selftest_rtt_ns,
		.selftest = g->selftest,
		.late_ns = d->late_max_ns,
		.state = cg->state,
		.owner = core_owner(&d->core, group, now_ns),
	};

	memcpy(r.selftest_mac, g->selftest_mac, sizeof(r.selftest_mac));
	(void)snprintf(r.reason, sizeof(r.reason), "%s", core_reason_text(g->reason));
	r.announce_via = announcer_via(d->announcer, g->index, r.announce_why);
	r.notes = (cg->served ? IPT_NOTE_SERVED : 0) | (cg->place_taken ? IPT_NOTE_PLACE : 0) |
		  (stack_watch_astray(g->astray) ? IPT_NOTE_STACK : 0) |
		  (addr_watch_sure(g->watch.amiss) ? IPT_NOTE_AMISS : 0);
	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		r.missed |= (uint32_t)(d->missed.since_ns[i] != 0) << i;
	checks_report(d, group, &r);
	(void)kern_report_set(d->k, g->index, &r);
}

static void our_side(const struct daemon *d, struct differ_ours *ret)
{
	*ret = (struct differ_ours){.cfg_hash = d->cfg.cfg_hash,
				    .cfg_prev = d->core.cfg.cfg_prev,
				    .ngroups = d->cfg.ngroups};
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		ret->group[i].wire_id = d->core.cfg.group[i].wire_id;
		ret->group[i].addr_mark = d->core.cfg.group[i].addr_mark;
	}
}

static void tell_differ(struct daemon *d, uint32_t peer, const struct differ *what, bool begun)
{
	char text[160];

	for (unsigned int kind = 0; kind < DIFFER_KINDS; kind++) {
		differ_text(kind, d->cfg.peers[peer].name, text, sizeof(text));
		for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
			const char *group = differ_is_of_group(kind) ? d->cfg.groups[i].name : NULL;

			if (!(what->bits[kind] >> i & 1))
				continue;
			if (begun)
				edge_alarm(d, group, "%s", text);
			else
				edge_over(d, group, text);
		}
	}
}

/* Do the members still agree? Of one that is not heard, or does not hear us, nothing new is known. */
static void look_at_members(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();
	struct differ_ours ours;

	our_side(d, &ours);
	for (uint32_t i = 0; i < d->cfg.npeers; i++) {
		const struct core_peer_view *v = &d->view.peer[i];
		struct differ now, begun, ended;

		if (!v->proven || peer_silent(v->proven_rx_ns, now_ns, d->core.peer[i].g_ns))
			continue;
		differ_find(&ours, v->proven, &now);
		differ_news(&d->told.differ[i], &now, &begun, &ended);
		tell_differ(d, i, &begun, true);
		tell_differ(d, i, &ended, false);
	}
}

void report_all(struct daemon *d)
{
	for (uint32_t i = 0; i < d->cfg.ngroups; i++)
		report_write(d, i);
	look_at_members(d);
}

void report_alarm(struct daemon *d, const struct core_effect *fx)
{
	edge_alarm(d, d->cfg.groups[fx->group].name, "%s", core_reason_text(fx->alarm.reason));
	report_write(d, fx->group);
}

static void forget_selftest(struct daemon *d, uint32_t group)
{
	struct daemon_group *g = &d->groups[group];

	if (g->selftest != SELFTEST_NONE && g->selftest != SELFTEST_OK)
		edge_over(d, d->cfg.groups[group].name, "self-test of the owner's answer");
	g->selftest = SELFTEST_NONE;
	g->retest_ns = 0;
}

void report_change(struct daemon *d, const struct core_effect *fx)
{
	volatile struct ipt_tally_group *tally =
		&kern_tally(d->k)->group[d->groups[fx->group].index];

	d->groups[fx->group].reason = fx->state.reason;
	tally->changes[fx->state.reason]++;
	tally->owned += fx->state.to == HB_OWNER;
	/* What it found as a standby is no news of an owner. */
	if (fx->state.to == HB_OWNER)
		forget_selftest(d, fx->group);
	edge_state(d, fx);
	log_line("group %s: %s -> %s: %s (epoch %llu/%u, silence %.3f ms, late %.3f ms)",
		 d->cfg.groups[fx->group].name, names_state(fx->state.from),
		 names_state(fx->state.to), core_reason_text(fx->state.reason),
		 (unsigned long long)EPOCH_TERM(fx->state.epoch), EPOCH_NODE(fx->state.epoch),
		 (double)fx->state.silence_ns / 1e6, (double)d->core.late_ns / 1e6);
	hook_state(d->hooks, fx->group, fx->state.to, fx->state.epoch,
		   core_reason_text(fx->state.reason));
	report_write(d, fx->group);
}
