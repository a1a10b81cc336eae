/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Floating addresses, as a map keeps them. */
#ifndef IPT_VIP_ABI_H
#define IPT_VIP_ABI_H

#include <linux/types.h>
#include "address.h"

/* Map `vips`, hash. */
struct ipt_vip_key {
	__u32 ifindex; /* where the address lives: also a VLAN device, whose programs are below */
	__u32 pad;
	struct ipt_addr addr;
};

#define IPT_VIP_F_ADDED 0x01 /* we put (or are about to put) it on the interface: ours to remove */
#define IPT_VIP_F_NONE 0x02 /* address = "none" */
#define IPT_VIP_F_STANDING 0x04 /* address = "standing": lives on lo */
#define IPT_VIP_F_ROUTER 0x08 /* IPv6: this host forwards, and its advertisements say so */
#define IPT_VIP_F_HOST \
	0x10 /* put on the interface as /32 of scope host, not as written; of another scope if one is asked for */

struct ipt_vip {
	__u32 group; /* index into groups and leases */
	__u8 mac[6]; /* own MAC of the interface: the answer */
	__u8 prefix_len;
	__u8 flags;
	char label[16]; /* of IPv4, as the kernel keeps it; empty: none */
	__u8 scope; /* enum ipt_vip_scope */
	__u8 pad[3];
};

enum ipt_vip_scope { VIP_SCOPE_UNSAID, VIP_SCOPE_GLOBAL, VIP_SCOPE_LINK, VIP_SCOPE_HOST };

/* The kernel may answer for it by other interfaces, and choose it as a source. */
IPT_INLINE int ipt_vip_scope_is_wide(__u8 scope)
{
	return scope == VIP_SCOPE_GLOBAL || scope == VIP_SCOPE_LINK;
}

#endif
