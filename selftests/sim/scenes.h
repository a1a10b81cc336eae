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

#endif
