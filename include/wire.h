/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bytes of a heartbeat on the wire: one UDP datagram per peer and interval, carrying every group. */
#ifndef IPT_WIRE_H
#define IPT_WIRE_H

#include <linux/types.h>

#define HB_MAGIC 0x49505448u /* "IPTH" */
#define HB_VERSION 1
#define HB_TTL 255 /* GTSM, RFC 5082: nothing routed can pass for a peer */
#define HB_TAG_LEN 16
#define HB_MAX_NODES 8
#define HB_MAX_GROUPS 48
#define HB_LEN(npeers, ngroups) \
	(sizeof(struct hb_fixed) + 24u * (npeers) + 24u * (ngroups) + HB_TAG_LEN)
#define HB_MAX_LEN 1408 /* 8 nodes and 48 groups are 1,392 bytes; a multiple of 64 */

/* Has a frame of this TTL passed `hops` hosts at most, its sender included? */
static inline __attribute__((always_inline)) int hb_ttl_is_near(__u32 ttl, __u32 hops)
{
	return ttl + (hops > 1 ? hops - 1 : 0) >= HB_TTL;
}

/* State of a group as its sender sees it (struct hb_group.state). */
enum hb_state {
	HB_INIT = 0, /* own gate not yet proven closed: neither holds nor claims */
	HB_BACKUP = 1, /* holds nothing, proven */
	HB_CAND = 2,
	HB_OWNER = 3,
	HB_RELEASE = 4, /* answering has stopped; release_to names the successor */
	HB_FAULT = 5,
	HB_WITNESS = 6,
	HB_STATES
};

/* struct hb_fixed.flags */
#define HB_F_GW_OK 0x01
#define HB_F_RESTARTING 0x02 /* room is made for an heir: this vote will be missing for a while */
#define HB_F_LONG 0x04 /* lease_us is X */
#define HB_F_DEAF \
	0x08 /* the sender's ingress programs are gone: it hears nobody, and claims nothing */

/* struct hb_group.flags */
#define HB_GF_READY 0x01 /* not INIT, carrier up, programs attached, not FAULT, not DRAIN */
#define HB_GF_PREEMPT_REQ 0x02
#define HB_GF_DRAINED 0x04

/* All fields in network byte order. Sizes are part of the protocol. */
struct hb_fixed {
	__be32 magic;
	__u8 version;
	__u8 len8; /* whole datagram payload, tag included, in units of 8 bytes */
	__u8 key_id;
	__u8 key_max; /* highest key id the sender can verify */
	__u8 node;
	__u8 npeers;
	__u8 ngroups;
	__u8 flags;
	__be32 cfg_hash;
	__be64 session; /* random, new whenever peer state is lost */
	__be64 seq; /* strictly increasing within a session */
	__be64 ts_ns; /* sender's CLOCK_BOOTTIME */
	__be32 lease_us;
	__be32 interval_us;
	__be32 hold_us; /* how long of real time the sender relies on that lease, at most (judge_hold_us()); 0: older build */
	__be32 cfg_prev; /* the members before, with which the sender votes still (protocol 8); 0: none */
};

struct hb_peer {
	__be64 session; /* the session of that peer as the sender knows it; 0: none */
	__be64 echo_ts_ns; /* ts_ns of the newest frame accepted from that peer */
	__be32 rx_age_us;
	__u8 node;
	__u8 state;
	__be16 reserved;
};

struct hb_group {
	__be16 group; /* frame_group_id() of the name */
	__u8 state; /* enum hb_state */
	__u8 priority;
	__u8 flags;
	__u8 release_to; /* node id; 0: nobody */
	__u8 promise_holder; /* node id; 0: promise is free */
	__u8 addr_mark; /* of the group's addresses: members that differ notice; 0: not told */
	/* OWNER, CAND, RELEASE: the sender's own epoch; else the highest epoch of an owner it knows. */
	__be64 epoch;
	__be64 promise_epoch;
};

_Static_assert(sizeof(struct hb_fixed) == 56, "wire size");
_Static_assert(sizeof(struct hb_peer) == 24, "wire size");
_Static_assert(sizeof(struct hb_group) == 24, "wire size");
_Static_assert(__builtin_offsetof(struct hb_fixed, session) == 16, "wire offset");
_Static_assert(__builtin_offsetof(struct hb_fixed, ts_ns) == 32, "wire offset");
_Static_assert(__builtin_offsetof(struct hb_fixed, hold_us) == 48, "wire offset");
_Static_assert(__builtin_offsetof(struct hb_group, epoch) == 8, "wire offset");
_Static_assert(HB_LEN(HB_MAX_NODES - 1, HB_MAX_GROUPS) <= HB_MAX_LEN, "largest frame");

/* epoch = term << 8 | node: unique in the whole cluster, totally ordered. */
#define EPOCH_NODE(epoch) ((__u8)(epoch))
#define EPOCH_TERM(epoch) ((epoch) >> 8)
#define EPOCH_NEXT(max, node) ((((max) >> 8) + 1) << 8 | (__u8)(node))

#endif
