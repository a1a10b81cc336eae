/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What may happen to a frame from one port of the switch to another: lost, late, twice, cut; by a seed. */
#ifndef TOOLS_COMMON_WAY_H
#define TOOLS_COMMON_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLASS_ARP: questions and answers about MACs, neighbour discovery too. */
enum frame_class { CLASS_BEAT, CLASS_ARP, CLASS_OTHER, CLASSES };
#define CLASS_BIT(class) (1u << (class))
#define CLASS_ALL (CLASS_BIT(CLASSES) - 1)

struct way {
	uint64_t seed; /* of this direction alone: what others do changes nothing here */
	uint32_t cut; /* classes that do not pass */
	uint32_t loss_ppm, dup_ppm, late_ppm; /* late: by late_ns more, so overtaken by others */
	uint64_t delay_min_ns, delay_max_ns, late_ns;
	uint64_t passed, cut_frames, lost, doubled;
};

/* The seed of the whole and the two ports make the way's own. */
void way_init(struct way *w, uint64_t seed, uint32_t from, uint32_t to);
/* No fault any more; counters and seed stay. */
void way_heal(struct way *w);
/* A command without its ports: "cut [CLASS]", "loss PERCENT", "dup PERCENT", "late PERCENT MS", "delay MS [MS]",
 * "heal". False: none of them. */
bool way_set(struct way *w, const char *what, const char *a, const char *b);
/* How many copies leave (0 to 2), and after what delay each. */
int way_decide(struct way *w, enum frame_class class, uint64_t ret_delay_ns[2]);
enum frame_class frame_class(const uint8_t *bytes, size_t len, uint16_t beat_port);
/* "beat", "arp", "ip", "all" (a mask of classes); 0: none of them. */
uint32_t class_mask(const char *word);

#endif
