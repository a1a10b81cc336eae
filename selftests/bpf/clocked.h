/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Included before a program of bpf/: its clock is a variable, so that a test says to the nanosecond when it runs. */
#ifndef IPT_CLOCKED_H
#define IPT_CLOCKED_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u64 clocked_ns = 0;

static __always_inline __u64 clocked_now_ns(void)
{
	return clocked_ns;
}

#define bpf_ktime_get_boot_ns clocked_now_ns

#endif
