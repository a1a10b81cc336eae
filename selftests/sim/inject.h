/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A fault is two functions: it begins, it ends. */
#ifndef IPT_SIM_INJECT_H
#define IPT_SIM_INJECT_H

#include "sim.h"

struct act {
	void (*begin)(struct sim *s, const struct fault *f);
	void (*end)(struct sim *s,
		    const struct fault *f); /* NULL: it is over at once, or by itself */
};

extern const struct act acts_of_net[FAULT_KINDS];
extern const struct act acts_of_files[FAULT_KINDS];

#endif
