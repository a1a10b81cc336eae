/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The egress program under a clock that a test sets. */
#include "clocked.h"
#include "fence.bpf.c"
