/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Watches the neighbour entries of this namespace move to a MAC: as the kernel tells of it, stamped when read. */
#ifndef BENCH_NEIGH_H
#define BENCH_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

struct neigh;

struct neigh *neigh_open(void); /* of the namespace that the thread is in now */
void neigh_close(struct neigh *n);
/* Counts from nought, entries that move to `mac`. */
void neigh_expect(struct neigh *n, const uint8_t mac[6]);
/* Until so many have moved; false: not before `until_ns`. *last_ns: when the last one was seen to. */
bool neigh_wait(struct neigh *n, uint32_t entries, uint64_t until_ns, uint64_t *last_ns);

#endif
