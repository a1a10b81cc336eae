/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one clock: CLOCK_BOOTTIME in nanoseconds, so that a suspend counts as time passing. */
#ifndef IPT_CLOCK_H
#define IPT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

#endif
