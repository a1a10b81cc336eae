/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting verdicts. */
#ifndef IPT_COUNT_H
#define IPT_COUNT_H

#include "maps.h"

static __always_inline void count(enum ipt_counter which)
{
	__u32 index = which;
	__u64 *n = bpf_map_lookup_elem(&stats, &index);

	if (n)
		*n += 1; /* per CPU, and nothing interrupts us here that counts as well */
}

/* No verdict without its counter: the only way in which the guards return. */
static __always_inline int counted(enum ipt_counter which, int verdict)
{
	count(which);
	return verdict;
}

#endif
