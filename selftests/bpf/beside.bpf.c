/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts a tag beside a frame, as the kernel does for a card that will put it in, and goes on with another program. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

__u32 beside_tag; /* protocol, as on the wire, << 16 | VLAN */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} beside_next SEC(".maps");

SEC("tc")
int beside(struct __sk_buff *skb)
{
	if (bpf_skb_vlan_push(skb, (__be16)(beside_tag >> 16), (__u16)beside_tag))
		return TC_ACT_STOLEN;
	bpf_tail_call(skb, &beside_next, 0);
	return TC_ACT_STOLEN;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
