/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A clock that is wrong: it began somewhere, and its rate errs by what drift allows, differently over time. */
#ifndef IPT_SIM_CLOCK_H
#define IPT_SIM_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t true_ns, local_ns; /* one moment on both */
	uint64_t rate; /* 32.32 fixed point */
};

void clock_begin(struct clock *c, uint64_t true_ns, uint64_t local_ns, int32_t ppm);
void clock_set_rate(struct clock *c, uint64_t true_ns, int32_t ppm);
uint64_t clock_local(const struct clock *c, uint64_t true_ns);
/* The first true time at which the clock shows `local_ns` or more. */
uint64_t clock_true(const struct clock *c, uint64_t local_ns);

#endif
