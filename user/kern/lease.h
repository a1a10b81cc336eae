/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only writer of lease words in user space: every write is one compare-and-swap (protocol 3). */
#ifndef IPT_LEASE_H
#define IPT_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include "kern.h"

/* Opens the gate: `expect` is the generation that the claim was decided on. False: the kernel has heard
 * something since, look again. The binding of the slot must have been written before. */
bool lease_take(struct kern *k, uint32_t group, uint64_t expect, uint64_t word);
/* Extends a live gate from `expect` to `word`; false if it is no longer live or no longer `expect` (P5). */
bool lease_renew(struct kern *k, uint32_t group, uint64_t expect, uint64_t word, uint64_t now_ns);
/* Closes whatever is there, with the next generation number. */
void lease_close(struct kern *k, uint32_t group);
/* Writes the binding of the slot that is not in use and returns that slot. */
uint32_t lease_bind(struct kern *k, uint32_t group, uint64_t epoch);
/* Raises an epoch that XDP raises too: a member of struct ipt_group. */
void lease_raise(volatile __u64 *epoch, uint64_t to);
/* After lease_close(): until all frames that were checked under that lease are on the wire, and `least_ns` anyway. */
void lease_settle(struct kern *k, uint64_t least_ns);

#endif
