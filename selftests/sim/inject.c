/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What faults do to daemons and hosts when they begin and when they end. */
#include "inject.h"

static void set_rate(struct sim *s, uint32_t n, uint64_t arg)
{
	struct node *d = &s->node[n];
	uint64_t rho = options_drift_ppm(&s->o);

	if (!s->o.drift)
		return;
	clock_set_rate(&d->clock, s->now_ns, (int32_t)(arg * 2 * rho / 1000000) - (int32_t)rho);
	kernel_timers_again(s, n);
	node_arm(s, n);
	for (uint32_t g = 0; g < s->o.groups; g++)
		judge_gate(s, n, g);
}

static void power_off(struct sim *s, uint32_t n)
{
	s->node[n].up = false;
	s->j.memory_lost = true;
	node_die(s, n);
	kernel_boot(s, n);
}

static void power_on(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];

	if (d->up)
		return;
	clock_begin(&d->clock, s->now_ns, 20 * SIM_SECOND, 0);
	d->up = true;
	kernel_boot(s, n);
	for (uint32_t g = 0; g < s->o.groups; g++)
		s->j.gate[n][g].dead_epoch = s->j.cand_epoch[n][g] = 0;
	for (uint32_t m = 0; m < s->o.nodes; m++)
		s->j.sent_ns[n][m] = 0;
	node_start(s, n, START_FRESH);
}

static void ask(struct sim *s, const struct fault *f, enum core_event_type type)
{
	node_post(s, f->node, (struct core_event){.type = type, .group = f->group});
}

static void checks(struct sim *s, const struct fault *f, bool pass)
{
	node_post(s, f->node,
		  (struct core_event){.type = CORE_EV_TRACK,
				      .group = f->group,
				      .track.pass = pass});
}

static void all_links(struct sim *s, uint32_t n, bool up)
{
	for (uint32_t g = 0; g < s->o.groups; g++)
		node_post(s, n,
			  (struct core_event){.type = CORE_EV_LINK, .group = g, .link.up = up});
}

static enum start_how how(const struct fault *f)
{
	return f->arg % 3 ? START_ADOPT : START_FRESH;
}

static void hang(struct sim *s, const struct fault *f)
{
	node_hang(s, f->node);
}

static void hang_end(struct sim *s, const struct fault *f)
{
	/* What went wrong meanwhile is news of the same wake-up as the silence of others. */
	if (s->o.classes & CLASS_LOCAL && f->arg % 4 == 0) {
		s->node[f->node].track_down[f->group] = true;
		checks(s, f, false);
	}
	node_cont(s, f->node);
}

static void kill_daemon(struct sim *s, const struct fault *f)
{
	node_die(s, f->node);
}

static void stop(struct sim *s, const struct fault *f)
{
	ask(s, f, CORE_EV_STOP);
}

static void start_again(struct sim *s, const struct fault *f)
{
	node_start(s, f->node, how(f));
}

static void stall(struct sim *s, const struct fault *f)
{
	struct node *d = &s->node[f->node];

	d->stall_armed = true;
	d->stall_point = (enum stall_point)f->arg;
	d->stall_ns = f->for_ns;
}

static void late(struct sim *s, const struct fault *f)
{
	s->node[f->node].late_ns = f->arg * 3 * s->o.t.interval_ns / 1000000;
}

static void late_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].late_ns = 0;
}

static void reboot(struct sim *s, const struct fault *f)
{
	power_off(s, f->node);
}

static void reboot_end(struct sim *s, const struct fault *f)
{
	power_on(s, f->node);
}

static void freeze(struct sim *s, const struct fault *f)
{
	s->node[f->node].frozen_until_ns = s->now_ns + f->for_ns;
}

static void rate(struct sim *s, const struct fault *f)
{
	set_rate(s, f->node, f->arg);
}

static void take(struct sim *s, const struct fault *f)
{
	ask(s, f, CORE_EV_TAKE);
}

static void release(struct sim *s, const struct fault *f)
{
	node_post(s, f->node,
		  (struct core_event){.type = CORE_EV_RELEASE,
				      .group = f->group,
				      .request.to_node = f->flag ? f->other + 1 : 0,
				      .request.force = f->arg % 4 == 0});
}

static void drain(struct sim *s, const struct fault *f)
{
	node_post(s, f->node,
		  (struct core_event){.type = CORE_EV_STAY_OUT,
				      .group = f->group,
				      .request.force = f->arg % 2});
}

static void drain_end(struct sim *s, const struct fault *f)
{
	ask(s, f, CORE_EV_COME_BACK);
}

static void priority(struct sim *s, const struct fault *f)
{
	node_post(s, f->node,
		  (struct core_event){.type = CORE_EV_PRIORITY,
				      .group = f->group,
				      .priority.now = (uint8_t)(f->arg % 250)});
}

static void upgrade(struct sim *s, const struct fault *f)
{
	ask(s, f, CORE_EV_UPGRADE);
}

static void link_down(struct sim *s, const struct fault *f)
{
	s->node[f->node].link_down = true;
	all_links(s, f->node, false);
}

static void link_up(struct sim *s, const struct fault *f)
{
	s->node[f->node].link_down = false;
	if (!s->node[f->node].deaf)
		all_links(s, f->node, true);
}

static void check_fails(struct sim *s, const struct fault *f)
{
	s->node[f->node].track_down[f->group] = true;
	checks(s, f, false);
}

static void check_passes(struct sim *s, const struct fault *f)
{
	s->node[f->node].track_down[f->group] = false;
	checks(s, f, true);
}

static void netlink(struct sim *s, const struct fault *f)
{
	s->node[f->node].netlink_fails = f->arg % 4 == 0;
	s->node[f->node].netlink_ns = f->arg * 10 * s->o.t.interval_ns / 1000000;
}

static void netlink_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].netlink_fails = false;
	s->node[f->node].netlink_ns = 0;
}

static void gateway(struct sim *s, const struct fault *f)
{
	s->node[f->node].no_gateway = true;
}

static void gateway_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].no_gateway = false;
}

static void egress(struct sim *s, const struct fault *f)
{
	if (f->flag)
		s->node[f->node].egress_partly = true;
	else
		s->node[f->node].egress_drops = true;
}

static void egress_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].egress_drops = s->node[f->node].egress_partly = false;
}

static void pause_all(struct sim *s, const struct fault *f)
{
	for (uint32_t n = 0; n < s->o.nodes; n++)
		s->node[n].frozen_until_ns = s->now_ns + f->for_ns;
}

static void ring(struct sim *s, const struct fault *f)
{
	s->node[f->node].deaf_ring = true;
}

static void ring_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].deaf_ring = false;
}

static void bad_swap(struct sim *s, const struct fault *f)
{
	s->node[f->node].bad_swap = true;
}

static void bad_swap_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].bad_swap = false;
}

/* Its daemon learns of it by netlink, at once. */
static void deaf(struct sim *s, const struct fault *f)
{
	s->node[f->node].deaf = true;
	node_post(s, f->node, (struct core_event){.type = CORE_EV_HEARS});
	all_links(s, f->node, false);
}

static void deaf_end(struct sim *s, const struct fault *f)
{
	s->node[f->node].deaf = false;
	node_post(s, f->node, (struct core_event){.type = CORE_EV_HEARS, .hears.there = true});
	if (!s->node[f->node].link_down)
		all_links(s, f->node, true);
}

static const struct act acts_of_nodes[FAULT_KINDS] = {
	[FAULT_HANG] = {hang, hang_end},
	[FAULT_KILL] = {kill_daemon, start_again},
	[FAULT_STOP] = {stop, start_again},
	[FAULT_STALL] = {stall, NULL},
	[FAULT_LATE] = {late, late_end},
	[FAULT_REBOOT] = {reboot, reboot_end},
	[FAULT_FREEZE] = {freeze, NULL},
	[FAULT_RATE] = {rate, NULL},
	[FAULT_TAKE] = {take, NULL},
	[FAULT_RELEASE] = {release, NULL},
	[FAULT_DRAIN] = {drain, drain_end},
	[FAULT_PRIORITY] = {priority, NULL},
	[FAULT_UPGRADE] = {upgrade, NULL},
	[FAULT_LINK] = {link_down, link_up},
	[FAULT_TRACK] = {check_fails, check_passes},
	[FAULT_NETLINK] = {netlink, netlink_end},
	[FAULT_GATEWAY] = {gateway, gateway_end},
	[FAULT_EGRESS] = {egress, egress_end},
	[FAULT_PAUSE] = {pause_all, NULL},
	[FAULT_RING] = {ring, ring_end},
	[FAULT_SWAP] = {bad_swap, bad_swap_end},
	[FAULT_DEAF] = {deaf, deaf_end},
};

static const struct act *act_of(enum fault_kind kind)
{
	if (acts_of_nodes[kind].begin)
		return &acts_of_nodes[kind];
	return acts_of_files[kind].begin ? &acts_of_files[kind] : &acts_of_net[kind];
}

/* ARP takes the same way as heartbeats do, unless only these are cut. */
static void note_disturbance(struct sim *s, const struct fault *f)
{
	uint64_t until_ns =
		s->now_ns + (f->kind == FAULT_FREEZE || f->kind == FAULT_PAUSE ? f->for_ns : 0);

	if (f->kind != FAULT_BEATS_CUT && until_ns > s->disturbed_ns)
		s->disturbed_ns = until_ns;
}

void fault_begin(struct sim *s, const struct fault *f)
{
	note_disturbance(s, f);
	trace(s, "fault %s: n%u n%u group %u for %.1f ms, arg %llu", fault_name(f->kind),
	      f->node + 1, f->other + 1, f->group, (double)f->for_ns / 1e6,
	      (unsigned long long)f->arg);
	act_of(f->kind)->begin(s, f);
}

void fault_end(struct sim *s, const struct fault *f)
{
	note_disturbance(s, f);
	if (act_of(f->kind)->end)
		act_of(f->kind)->end(s, f);
}
