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
void scene_deaf_owner_is_replaced(struct sim *s);
void scene_candidate_sleeps(struct sim *s);

/* scenes_review.c */
void rv_echo_without_promise(struct sim *s);
void rv_echo_without_promise_fast(struct sim *s);
void rv_keys_one_way(struct sim *s);
void rv_times_one_way(struct sim *s);
void rv_members(struct sim *s);
void rv_boot_wait(struct sim *s);
void rv_pause(struct sim *s);
void rv_pause_cand(struct sim *s);
void rv_count_pauses(struct sim *s);
void rv_unproven_lease(struct sim *s);
void rv_preempt_in_vain(struct sim *s);
void rv_one_differs(struct sim *s);
void rv_rolling_down(struct sim *s);
void rv_rolling_up(struct sim *s);
void rv_count_pauses_50(struct sim *s);
#endif
