/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A switch port that puts a priority tag, VLAN 0, in front of every frame, as some fabrics do. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_priority(struct xdp_md *ctx)
{
	const __be16 tag[] = {bpf_htons(ETH_P_8021Q), bpf_htons(0xe000)};
	__u8 macs[2 * ETH_ALEN];

	if (bpf_xdp_load_bytes(ctx, 0, macs, sizeof(macs)) ||
	    bpf_xdp_adjust_head(ctx, -(int)sizeof(tag)))
		return XDP_PASS;
	if (bpf_xdp_store_bytes(ctx, 0, macs, sizeof(macs)) ||
	    bpf_xdp_store_bytes(ctx, sizeof(macs), (void *)tag, sizeof(tag)))
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
