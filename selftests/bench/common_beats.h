/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A peer for the packet benchmarks: it is known here, owns a group, or sends heartbeats, each one newer. */
#ifndef BENCH_BEATS_H
#define BENCH_BEATS_H

#include <stddef.h>
#include <stdint.h>
#include "common_rig.h"

/* PACKETS_FRAMES frames into the map `frames`, all of them acceptable once, in their order, to the records that
 * this makes new as well. Returns their length. */
size_t beats_prepare(const struct rig *r, uint32_t peers, uint32_t groups);
/* The peer, heard just now on lo with that MAC, owns the group. */
void beats_owner(const struct rig *r, uint32_t group, const uint8_t mac[6]);

#endif
