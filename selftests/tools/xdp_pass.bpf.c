/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passes everything: a veth end delivers XDP_TX frames of its peer only while a native program is there. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
