/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inequalities of protocol 10 once more, in floating point and from the page, not from user/core/timing.c. */
#ifndef IPT_FUZZ_INEQUALITIES_H
#define IPT_FUZZ_INEQUALITIES_H

#include "core/timing.h"

void inequalities_must_hold(const struct timing *t);

#endif
