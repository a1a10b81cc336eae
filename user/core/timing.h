/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inequalities of protocol 10: from interval, misses, drift and settle to every other time. Pure. */
#ifndef IPT_TIMING_H
#define IPT_TIMING_H

#include <stdint.h>
#include "base/err.h"

#define TIMING_X_MIN_NS \
	1000000000ull /* X is no shorter: enough to replace a process, on a loaded machine too */

struct timing {
	/* configured */
	uint64_t interval_ns; /* T */
	uint32_t misses; /* M */
	uint32_t rho_ppm; /* bound on each clock's rate error */
	uint64_t settle_ns; /* epsilon: lease check to wire */
	uint32_t members; /* quorum: how many vote; 0: a pair */
	/* derived */
	uint64_t lease_ns; /* L = (M - 1) T */
	uint64_t g_ns; /* G: silence after which the lease of a peer like us has ended */
	uint64_t delta_ns; /* one-way delay allowed for */
	uint64_t sigma_ns; /* scheduling delay tolerated */
	uint64_t
		d_ns; /* D: silence after which a pair drops its peer; no rule of a quorum needs it */
	uint64_t d_min_ns, d_max_ns; /* the room that I4 leaves; quorum: one lost round trip to L */
	uint64_t c_ns; /* C: a claim is announced that long before it is made */
	uint64_t s_ns; /* S: spacing of ranks */
	uint64_t f_ns; /* F: freshness of the echo that establishes a session */
	uint64_t x_ns; /* X: length of the lease announced for the time of an upgrade */
	uint64_t b_ns; /* B: boot wait (I2): G of the longest lease ever announced, X included */
	uint64_t closed_ns; /* (1 + rho) settle: how long a closed gate needs to be proven closed */
	int64_t slack_ns; /* room left in I3 */
};

/*
 * Fills the derived part from the configured part. 0, or -EINVAL with a text that names the inequality
 * (I1 to I8) that does not hold and what to change.
 */
int timing_derive(struct timing *t, struct err *e);

/* The longest that I3 bears, one loss included. Patience alone: no promise needs a bound on delay. */
uint64_t timing_round_trip_ns(const struct timing *t);

#endif
