/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words for every enum that people or scripts read: one table each. Pure. */
#ifndef IPT_NAMES_H
#define IPT_NAMES_H

#include <stdint.h>
#include "abi.h"

/* All take the raw number as maps and wire carry it; one that is unknown becomes "?". */
const char *names_state(uint32_t state); /* enum hb_state: "init", "standby", "candidate", ... */
const char *names_status(uint32_t state); /* enum hb_state -> "owner", "standby", "fault" */
const char *names_counter(uint32_t counter); /* enum ipt_counter: "arp_answer", ... */
const char *names_counter_text(uint32_t counter); /* what it counts */
const char *names_selftest(uint32_t result); /* enum ipt_selftest: "none", "ok", ... */
const char *names_announce(uint32_t via); /* enum ipt_announce_via: "none", "packet", "live" */

#endif
