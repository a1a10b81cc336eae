/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What random search does not find once all other rules stand: each scene sets one rule's own trap, and the mutation
 * gate shows that without the rule it snaps. Times are T = 50 ms, M = 7: L 300, G 372, D 185, C 24 ms; no drift.
 */
#include <string.h>
#include "scenes.h"

#define TRIES 24 /* the same trap with other phases of the beats */

void scene_expect(struct sim *s, bool so, const char *what)
{
	if (!so)
		judge_fail(s, "scene", "%s", what);
}

void scene_run(struct sim *s, uint64_t ns)
{
	(void)world_until(s, s->now_ns + ns);
}

static void cut_both(struct sim *s, bool on)
{
	s->link[0][1].cut = s->link[1][0].cut = on;
}

void scene_event(struct sim *s, uint32_t n, enum core_event_type type)
{
	node_post(s, n, (struct core_event){.type = type});
}

static void stall(struct sim *s, uint32_t n, enum stall_point point, uint64_t ns)
{
	s->node[n].stall_armed = true;
	s->node[n].stall_point = point;
	s->node[n].stall_ns = ns;
}

/* Runs until the daemon of `n` has just sent. */
static void until_sent(struct sim *s, uint32_t n)
{
	uint64_t seq = s->node[n].k.sent_seq;

	while (s->node[n].k.sent_seq == seq && !*s->j.bad && s->nheap)
		(void)world_until(s, s->heap[0].at_ns);
}

bool scene_live(const struct sim *s, uint32_t n)
{
	return judge_live(s, n, 0);
}

/* Protocol 3: a timer that comes late, while frames wait in the queues, judges nothing. */
static void late_timer_does_not_judge(struct sim *s)
{
	until_sent(s, 0);
	s->node[1].verdicts = 0;
	s->node[1].frozen_until_ns = s->now_ns + s->o.t.g_ns + s->o.t.interval_ns;
	scene_run(s, s->o.t.g_ns + 2 * s->o.t.interval_ns);
	scene_expect(s, !s->node[1].verdicts, "a late timer has judged");
}

/* Protocol 3, in the daemon: for a peer never heard it is its own clock that was late. */
static void late_look_does_not_judge(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t due_ns;

	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	fault_end(s, &(struct fault){.kind = FAULT_REBOOT, .node = 1});
	scene_run(s, 5 * t->interval_ns);
	due_ns = s->node[1].core.peer[0].alone_at_ns - t->c_ns;
	/* Not so long before that the sending would count as begun anew. */
	while (world_local_ns(s, 1) + t->interval_ns * 105 / 100 < due_ns && !*s->j.bad)
		until_sent(s, 1);
	node_hang(s, 1);
	(void)world_until(s, clock_true(&s->node[1].clock, due_ns + t->interval_ns * 55 / 100));
	node_cont(s, 1);
	scene_run(s, SIM_MS);
	scene_expect(s, s->node[1].core.group[0].state == HB_BACKUP, "a late look has judged");
	scene_run(s, t->b_ns);
	scene_expect(s, scene_live(s, 1), "it never claimed");
}

/* Protocol 3: the kernel's timer was due at the very end of the sleep of both hosts, so that it is not late itself. */
static void verdict_after_sleep_does_not_judge(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t wake_ns;

	until_sent(s, 0);
	scene_run(s, t->delta_ns);
	wake_ns = s->j.heard_ns[1][0] + t->g_ns - t->c_ns + SIM_MS;
	s->node[1].frozen_until_ns = wake_ns;
	s->node[0].frozen_until_ns = wake_ns + 5 * SIM_MS;
	s->node[1].verdicts = 0;
	(void)world_until(s, wake_ns + t->interval_ns);
	scene_expect(s, s->node[1].verdicts, "the scene is none: the kernel has not judged");
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "a host that slept has judged");
}

/* Protocol 3, P4: what a stopped daemon had built before does not end the lease of its heir. */
static void old_beat_stays_in_the_host(struct sim *s)
{
	uint64_t claims;

	stall(s, 0, STALL_SEND, 1200 * SIM_MS);
	scene_run(s, 800 * SIM_MS);
	scene_expect(s, scene_live(s, 1), "n2 did not take over from a stopped daemon");
	claims = s->stats.claims;
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1) && s->stats.claims == claims,
		     "an old beat ended the lease");
}

/* Protocol 6: the peer is heard between the reading of the clock and that of the records, just before D. */
static void clock_before_records(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	s->o.classes = CLASS_ONE_WAY;
	until_sent(s, 1);
	scene_run(s, t->delta_ns);
	cut_both(s, true);
	begin_ns = s->j.heard_ns[0][1];
	(void)world_until(s, begin_ns + t->d_ns - 3 * SIM_MS);
	s->link[1][0].cut = 0;
	stall(s, 0, STALL_VIEW, 6 * SIM_MS);
	scene_event(s, 0, CORE_EV_LOOK);
	scene_event(s, 1, CORE_EV_COME_BACK);
	scene_run(s, SIM_SECOND);
}

/* The owner is no more after a heartbeat, and the standby hangs in the middle of its claim. When that silence began. */
static uint64_t claims_without(struct sim *s, void (*end)(struct sim *s, uint32_t n))
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	until_sent(s, 0);
	scene_run(s, t->delta_ns);
	end(s, 0);
	begin_ns = s->j.heard_ns[1][0];
	(void)world_until(s, begin_ns + t->g_ns - t->c_ns / 2);
	node_hang(s, 1);
	return begin_ns;
}

/* Protocol 6: a verdict of silence and the frame that ended it are there at once; the frame is read first. */
static void records_before_verdicts(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	begin_ns = claims_without(s, node_hang);
	(void)world_until(s, begin_ns + t->g_ns + SIM_MS);
	node_cont(s, 0);
	scene_run(s, 2 * SIM_MS);
	s->stats.refused = 0;
	node_cont(s, 1);
	scene_run(s, SIM_MS);
	scene_expect(s, !s->stats.refused, "it claimed on records that it had not read");
}

/* P6: an owner that hears a candidate says at once that it lives; the next beat might come too late. */
static void owner_answers_at_once(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	until_sent(s, 0);
	scene_run(s, t->delta_ns);
	cut_both(s, true);
	begin_ns = s->j.heard_ns[1][0];
	(void)world_until(s, begin_ns + t->g_ns - t->c_ns - SIM_MS);
	cut_both(s, false);
	scene_run(s, t->g_ns);
	scene_expect(s, !s->stats.duals && scene_live(s, 0),
		     "a cut of less than G made a second owner");
}

/* I2: a lease of X outlives the memory of it, where a host is started again, and its daemon once more. */
static void longest_lease_is_assumed(struct sim *s)
{
	const struct timing *t = &s->o.t;
	struct fault boot = {.kind = FAULT_REBOOT, .node = 1};

	s->o.classes = CLASS_DAEMON;
	scene_event(s, 0, CORE_EV_UPGRADE);
	scene_run(s, 5 * t->interval_ns);
	fault_begin(s, &boot);
	scene_run(s, t->interval_ns);
	fault_end(s, &boot);
	scene_run(s, 4 * t->interval_ns);
	node_die(s, 1);
	node_start(s, 1, START_FRESH);
	scene_run(s, 2 * t->interval_ns);
	s->node[0].frozen_until_ns = s->now_ns + 3 * SIM_SECOND;
	scene_run(s, 2 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1), "n2 never took over");
}

/* P9: what a predecessor has promised is no answer to a frame that the heir alone has seen. */
static void memory_is_mute(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	cut_both(s, true);
	scene_run(s, 2 * t->g_ns);
	until_sent(s, 0);
	scene_run(s, t->delta_ns);
	begin_ns = s->j.heard_ns[2][0];
	node_die(s, 2);
	s->link[2][0].cut = s->link[0][2].cut = 1;
	(void)world_until(s, begin_ns + t->lease_ns * 2 / 3);
	node_start(s, 2, START_FRESH);
	scene_run(s, 2 * t->closed_ns);
	s->link[0][2].cut = 0;
	while (s->j.heard_ns[2][0] == begin_ns && s->nheap && !*s->j.bad)
		(void)world_until(s, s->heap[0].at_ns);
	s->link[2][0].cut = 0;
	s->link[0][2].cut = 1;
	begin_ns = s->j.heard_ns[0][2];
	while (s->j.heard_ns[0][2] == begin_ns && s->nheap && !*s->j.bad)
		(void)world_until(s, s->heap[0].at_ns);
	scene_run(s, SIM_MS / 10);
	node_hang(s, 0);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 1) || scene_live(s, 2), "nobody took over");
}

/* P8: a check fails in the very wake-up that claims: the gate is open before the claim's outcome is told. */
static void claim_under_way(struct sim *s)
{
	const struct timing *t = &s->o.t;
	uint64_t begin_ns;

	begin_ns = claims_without(s, node_die);
	(void)world_until(s, begin_ns + t->g_ns + t->c_ns);
	scene_event(s, 1, CORE_EV_TRACK);
	node_cont(s, 1);
	scene_run(s, t->g_ns);
	scene_expect(s, !scene_live(s, 1) && s->node[1].core.group[0].state == HB_FAULT,
		     "it goes on");
}

static void until_stands(struct sim *s, uint32_t n)
{
	while (!s->node[n].core.group[0].cand_sent_ns && s->nheap && !*s->j.bad)
		(void)world_until(s, s->heap[0].at_ns);
}

/* P6: what was granted to the candidacy of a process must not count for that of its heir. */
static void candidacy_has_its_own_epoch(struct sim *s)
{
	uint64_t epoch;

	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	until_stands(s, 1);
	epoch = s->node[1].core.group[0].epoch;
	node_die(s, 1);
	node_start(s, 1, START_ADOPT);
	until_stands(s, 1);
	scene_expect(s, s->node[1].core.group[0].epoch > epoch,
		     "a candidacy has an epoch of before");
}

static const struct {
	const char *name;
	void (*play)(struct sim *s);
	enum sim_mode mode;
	unsigned int unlucky; /* tries that may fail: a race that the rule makes rare, no more */
} scenes[] = {
	{"lapse_keeps_the_role", scene_lapse_keeps_the_role, MODE_PAIR, 0},
	{"holder_wakes_last", scene_holder_wakes_last, MODE_PAIR, 0},
	{"holder_wakes_last_of_three", scene_holder_wakes_last_of_three, MODE_QUORUM3, 4},
	{"deaf_owner_is_replaced", scene_deaf_owner_is_replaced, MODE_QUORUM3, 0},
	{"candidate_sleeps", scene_candidate_sleeps, MODE_PAIR, 0},
	{"late_timer_does_not_judge", late_timer_does_not_judge, MODE_PAIR, 0},
	{"late_look_does_not_judge", late_look_does_not_judge, MODE_PAIR, 0},
	{"verdict_after_sleep_does_not_judge", verdict_after_sleep_does_not_judge, MODE_PAIR, 0},
	{"old_beat_stays_in_the_host", old_beat_stays_in_the_host, MODE_PAIR, 0},
	{"clock_before_records", clock_before_records, MODE_PAIR, 0},
	{"records_before_verdicts", records_before_verdicts, MODE_PAIR, 0},
	{"owner_answers_at_once", owner_answers_at_once, MODE_PAIR, 0},
	{"longest_lease_is_assumed", longest_lease_is_assumed, MODE_PAIR, 0},
	{"memory_is_mute", memory_is_mute, MODE_QUORUM3, 0},
	{"fault_keeps_the_promise", scene_fault_keeps_the_promise, MODE_QUORUM3, 0},
	{"candidacy_has_its_own_epoch", candidacy_has_its_own_epoch, MODE_PAIR, 0},
	{"standby_comes_back", scene_standby_comes_back, MODE_PAIR, 0},
	{"first_check_awaited", scene_first_check_awaited, MODE_PAIR, 0},
	{"claim_under_way", claim_under_way, MODE_PAIR, 0},
	{"grant_goes_with_its_frame", scene_grant_goes_with_its_frame, MODE_WITNESS, 0},
	{"lost_memory_of_a_long_lease", scene_lost_memory_of_a_long_lease, MODE_QUORUM3, 0},
	{"members_one_at_a_time", scene_members_one_at_a_time, MODE_QUORUM5, 0},
	{"set_before_is_not_forgotten_at_once", scene_set_before_is_not_forgotten, MODE_QUORUM5, 0},
	{"two_changes", scene_two_changes, MODE_QUORUM5, 0},
	{"one_file_differs", scene_one_file_differs, MODE_QUORUM5, 0},
	{"keys_one_way", scene_keys_one_way, MODE_PAIR, 0},
	{"keys_never_heard", scene_keys_never_heard, MODE_PAIR, 0},
	{"keys_lone_owner_hangs", scene_keys_lone_owner_hangs, MODE_PAIR, 0},
	{"times_one_way", scene_times_one_way, MODE_PAIR, 0},
	{"unproven_lease_counts", scene_unproven_lease_counts, MODE_PAIR, 0},
	{"hold_between", scene_hold_between, MODE_PAIR, 0},
	{"lease_not_acknowledged", scene_lease_not_acknowledged, MODE_PAIR, 0},
	{"limit_of_before", scene_limit_of_before, MODE_PAIR, 0},
	{"copied_file", scene_copied_file, MODE_PAIR, 0},
	{"both_pause", scene_both_pause, MODE_PAIR, 0},
	{"late_owner_waits", scene_late_owner_waits, MODE_PAIR, 0},
	{"preempt_in_vain", scene_preempt_in_vain, MODE_PAIR, 0},
	{"rolling_times", scene_rolling_times, MODE_QUORUM5, 0},
	{"needed_vote_leaves_pair", scene_needed_vote_leaves_pair, MODE_PAIR, 0},
	{"needed_vote_leaves_quorum", scene_needed_vote_leaves_quorum, MODE_WITNESS, 0},
	{"successor_is_restarting", scene_successor_is_restarting, MODE_PAIR, 0},
	{"named_after_restart", scene_named_after_restart, MODE_PAIR, 0},
	{"deaf_and_replaced", scene_deaf_and_replaced, MODE_PAIR, 0},
	{"deaf_standby", scene_deaf_standby, MODE_PAIR, 0},
	{"last_epoch", scene_last_epoch, MODE_PAIR, 0},
	{"long_gate_unheard", scene_long_gate_unheard, MODE_PAIR, 0},
	{"own_lease_of_before", scene_own_lease_of_before, MODE_PAIR, 0},
	{"longer_lease_unheard", scene_longer_lease_unheard, MODE_PAIR, 0},
	{"longer_lease_begins_anew", scene_longer_lease_begins_anew, MODE_PAIR, 0},
	{"longer_interval_begins_anew", scene_longer_interval_begins_anew, MODE_PAIR, 0},
	{"limited_frames_are_life", scene_limited_frames_are_life, MODE_PAIR, 0},
	{"outbid_flood", scene_outbid_flood, MODE_QUORUM3, 0},
	{"votes_of_neighbours_only", scene_votes_of_neighbours_only, MODE_QUORUM5, 0},
};

/* Nodes that have been up for a while; n1 owns. */
static void stage(struct sim *s, enum sim_mode mode, uint64_t seed, const struct options *with)
{
	struct options o = {.mode = mode,
			    .seed = seed,
			    .classes = CLASS_NET,
			    .nodes = mode == MODE_PAIR	    ? 2
				     : mode == MODE_QUORUM5 ? 5
							    : 3,
			    .witness = mode == MODE_WITNESS ? 3 : 0,
			    .groups = 1,
			    .paths = 1,
			    .rollout = CORE_ROLLOUT_PERMISSIVE,
			    .length = 200,
			    .trace = with->trace,
			    .without = with->without};

	options_set_timing(&o, 0);
	world_init(s, &o);
	s->nfaults = 0;
	memset(&s->stats, 0, sizeof(s->stats));
	(void)world_until(s, 3 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	(void)world_until(s, 4 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own at the beginning");
}

static bool play(struct sim *s, unsigned int i, const struct options *with)
{
	unsigned int failed = 0;

	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		stage(s, scenes[i].mode, seed, with);
		if (!*s->j.bad)
			scenes[i].play(s);
		if (!*s->j.bad || ++failed <= scenes[i].unlucky)
			continue;
		(void)printf("%s: try %llu: %s: %s\n", scenes[i].name, (unsigned long long)seed,
			     s->j.rule, s->j.bad);
		return false;
	}
	return true;
}

unsigned int scenarios_run(struct sim *s, const char *name, const struct options *with)
{
	unsigned int failed = 0, played = 0;

	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		if (name && strcmp(name, scenes[i].name) != 0)
			continue;
		played++;
		failed += !play(s, i, with);
	}
	return played ? failed : 1;
}
