/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the scenes share: steps to build one of, and those that have a file of their own. */
#ifndef IPT_SIM_SCENES_H
#define IPT_SIM_SCENES_H

#include "sim.h"

/* scenarios.c */
void scene_expect(struct sim *s, bool so, const char *what);
void scene_run(struct sim *s, uint64_t ns);
void scene_event(struct sim *s, uint32_t n, enum core_event_type type);
bool scene_live(const struct sim *s, uint32_t n); /* is the gate of `n` open? */

/* scenes_role.c */
void scene_lapse_keeps_the_role(struct sim *s);
void scene_holder_wakes_last(struct sim *s);
void scene_holder_wakes_last_of_three(struct sim *s);
void scene_deaf_owner_is_replaced(struct sim *s);
void scene_candidate_sleeps(struct sim *s);
void scene_fault_keeps_the_promise(struct sim *s);
void scene_standby_comes_back(struct sim *s);
void scene_first_check_awaited(struct sim *s);

/* scenes_word.c */
void scene_grant_goes_with_its_frame(struct sim *s);
void scene_lost_memory_of_a_long_lease(struct sim *s);
void scene_keys_one_way(struct sim *s);
void scene_keys_never_heard(struct sim *s);
void scene_keys_lone_owner_hangs(struct sim *s);
void scene_times_one_way(struct sim *s);
void scene_unproven_lease_counts(struct sim *s);
void scene_hold_between(struct sim *s);
void scene_lease_not_acknowledged(struct sim *s);
void scene_copied_file(struct sim *s);
void scene_limit_of_before(struct sim *s);
void scene_last_epoch(struct sim *s);
void scene_outbid_flood(struct sim *s);

/* scenes_member.c */
void scene_members_one_at_a_time(struct sim *s);
void scene_set_before_is_not_forgotten(struct sim *s);
void scene_votes_of_neighbours_only(struct sim *s);
void scene_two_changes(struct sim *s);
void scene_one_file_differs(struct sim *s);

/* scenes_plan.c */
void scene_both_pause(struct sim *s);
void scene_late_owner_waits(struct sim *s);
void scene_preempt_in_vain(struct sim *s);
void scene_rolling_times(struct sim *s);
void scene_needed_vote_leaves_pair(struct sim *s);
void scene_needed_vote_leaves_quorum(struct sim *s);
void scene_successor_is_restarting(struct sim *s);
void scene_named_after_restart(struct sim *s);
void scene_deaf_standby(struct sim *s);
void scene_deaf_and_replaced(struct sim *s);

/* scenes_times.c */
void scene_long_gate_unheard(struct sim *s);
void scene_own_lease_of_before(struct sim *s);
void scene_limited_frames_are_life(struct sim *s);
void scene_longer_lease_unheard(struct sim *s);
void scene_longer_lease_begins_anew(struct sim *s);
void scene_longer_interval_begins_anew(struct sim *s);

/* What several of them do. */
void scene_cut(struct sim *s, uint32_t a, uint32_t b, bool on); /* both directions */
struct timing scene_times(const struct sim *s, uint64_t interval_ns);
/* All with other times; n1 owns. */
void scene_all_with(struct sim *s, uint64_t interval_ns, uint32_t misses, uint32_t rho_ppm,
		    uint64_t settle_ns);
void scene_new_file(struct sim *s, uint32_t n, const struct timing *t, enum start_how how);
bool scene_next(struct sim *s,
		uint64_t limit_ns); /* one event; false: `limit_ns` is over, or all is */

#endif
