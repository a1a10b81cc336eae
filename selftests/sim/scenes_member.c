/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scenes in which the members change, or differ (protocol 8). Five nodes. */
#include "scenes.h"

/* n1 owns in a set of three; n4 and n5 do not run. */
static void three_of_five(struct sim *s)
{
	for (uint32_t n = 0; n < 5; n++) {
		node_die(s, n);
		kernel_boot(s, n);
		s->node[n].members = 3;
	}
	s->j.memory_lost = true;
	for (uint32_t n = 0; n < 5; n++)
		s->j.gate[n][0].dead_epoch = s->j.cand_epoch[n][0] = 0;
	for (uint32_t n = 0; n < 3; n++)
		node_start(s, n, START_FRESH);
	scene_run(s, 5 * SIM_SECOND);
	scene_event(s, 0, CORE_EV_TAKE);
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 of three does not own");
}

/* A file with so many members, read if the rules of the daemon allow it. */
static void file(struct sim *s, uint32_t n, uint32_t members)
{
	uint32_t steps = members > s->node[n].members ? members - s->node[n].members : 0;

	for (uint32_t i = 0; i < steps; i++)
		fault_begin(s, &(struct fault){.kind = FAULT_MEMBERS,
					       .node = (uint8_t)n,
					       .flag = true});
}

static void split(struct sim *s)
{
	for (uint32_t a = 0; a < 2; a++)
		for (uint32_t b = 2; b < 5; b++)
			scene_cut(s, a, b, true);
	scene_run(s, 3 * SIM_SECOND);
}

/* From three to five, n3 first and at once; then n1 n2 | n3 n4 n5. Afterwards in the order that works, without a lapse. */
void scene_members_one_at_a_time(struct sim *s)
{
	three_of_five(s);
	file(s, 2, 5);
	file(s, 3, 5);
	file(s, 4, 5);
	scene_run(s, 3 * SIM_SECOND);
	split(s);
	scene_expect(s, scene_live(s, 0), "n1, which has a majority of three, lost it");
	for (uint32_t a = 0; a < 5; a++)
		for (uint32_t b = 0; b < 5; b++)
			s->link[a][b].cut = 0;
	scene_run(s, 2 * SIM_SECOND);
	for (uint32_t members = 4; members <= 5 && !*s->j.bad; members++) {
		fault_begin(s,
			    &(struct fault){.kind = FAULT_MEMBERS, .node = (uint8_t)(members - 1)});
		for (uint32_t n = 0; n < members; n++) {
			file(s, n, members);
			scene_run(s, SIM_SECOND);
		}
		scene_run(s, 2 * SIM_SECOND);
		for (uint32_t n = 0; n < members; n++)
			scene_expect(s, s->node[n].members == members, "a change was refused");
	}
	scene_expect(s, scene_live(s, 0) && s->j.last_owner[0] == 1, "the owner has changed");
}

static void joins(struct sim *s, uint32_t n)
{
	fault_begin(s, &(struct fault){.kind = FAULT_MEMBERS, .node = (uint8_t)n});
}

/* From five to three. n1 owns by the votes of n4 and n5; n4 has read the file of four and hears n1 no more. */
void scene_set_before_is_not_forgotten(struct sim *s)
{
	scene_all_with(s, 50 * SIM_MS, 60, 1000, SIM_MS / 5);
	scene_cut(s, 0, 1, true);
	scene_cut(s, 0, 2, true);
	scene_run(s, 5 * SIM_SECOND);
	for (uint32_t n = 1; n < 4; n++)
		fault_begin(s, &(struct fault){.kind = FAULT_MEMBERS, .node = (uint8_t)n});
	scene_run(s, 5 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0) && s->node[3].members == 4, "no scene");
	s->link[0][3].cut = true;
	for (unsigned int i = 0; i < 200; i++) {
		scene_run(s, s->o.t.interval_ns);
		for (uint32_t n = 1; n < 3 && s->node[n].members == 4; n++)
			fault_begin(s, &(struct fault){.kind = FAULT_MEMBERS, .node = (uint8_t)n});
	}
	scene_expect(s, s->node[1].members == 3 && s->node[2].members == 3, "it was never settled");
}

/* n1 has missed it all: it names three members still when the others have gone on to five, and n2 hears it alone. */
void scene_votes_of_neighbours_only(struct sim *s)
{
	three_of_five(s);
	for (uint32_t n = 1; n < 5; n++)
		scene_cut(s, 0, n, true);
	scene_run(s, 2 * SIM_SECOND);
	for (uint32_t members = 4; members <= 5; members++) {
		joins(s, members - 1);
		for (uint32_t n = 1; n < members; n++) {
			file(s, n, members);
			scene_run(s, SIM_SECOND);
		}
		scene_run(s, SIM_SECOND);
	}
	scene_expect(s, s->node[1].members == 5 && s->node[2].members == 5, "no scene");
	for (uint32_t n = 2; n < 5; n++)
		scene_cut(s, 1, n, true);
	scene_cut(s, 0, 1, false);
	scene_run(s, 5 * SIM_SECOND);
	scene_expect(s, scene_live(s, 2) || scene_live(s, 3) || scene_live(s, 4),
		     "three of five have no owner");
}

/* Four members, two and two: one side reads a file without n4, the other one with n5. */
void scene_two_changes(struct sim *s)
{
	three_of_five(s);
	joins(s, 3);
	for (uint32_t n = 0; n < 4; n++) {
		file(s, n, 4);
		scene_run(s, SIM_SECOND);
	}
	scene_run(s, SIM_SECOND);
	scene_expect(s, scene_live(s, 0) && s->node[3].core.cfg.cfg_settled, "no scene");
	for (uint32_t a = 0; a < 2; a++)
		for (uint32_t b = 2; b < 5; b++)
			scene_cut(s, a, b, true);
	scene_run(s, SIM_SECOND);
	joins(s, 4);
	for (uint32_t n = 0; n < 4; n++)
		fault_begin(s, &(struct fault){.kind = FAULT_MEMBERS,
					       .node = (uint8_t)n,
					       .flag = n > 1});
	joins(s, 4);
	scene_run(s, 5 * SIM_SECOND);
	scene_expect(s, s->node[0].members == 3 && s->node[2].members == 5, "a file was refused");
}

/* Five members, one with another file: the owner's host dies, and four of five go on. */
void scene_one_file_differs(struct sim *s)
{
	s->node[4].other_config = true;
	scene_new_file(s, 4, NULL, START_FRESH);
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 0), "n1 does not own: no scene");
	fault_begin(s, &(struct fault){.kind = FAULT_REBOOT, .node = 0});
	scene_run(s, 3 * SIM_SECOND);
	scene_expect(s, scene_live(s, 1) || scene_live(s, 2) || scene_live(s, 3),
		     "nobody owns: four of five live and hear each other, one has another file");
}
