/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bounds of the histogram in map `tally`. Pure. */
#ifndef IPT_TALLY_H
#define IPT_TALLY_H

#include <stdint.h>
#include "abi.h"

/* Upper bound of a bucket, as a number and as OpenMetrics writes it; of the last: UINT64_MAX, "+Inf". */
uint64_t tally_bound_ns(uint32_t bucket);
const char *tally_bound_text(uint32_t bucket);
/* The first whose bound is not exceeded. */
uint32_t tally_bucket(uint64_t late_ns);

#endif
