/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What crosses the line between kernel and user space: map keys, map values, ring-buffer events. */
#ifndef IPT_ABI_H
#define IPT_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>
#include "address.h"
#include "counters.h"
#include "judge.h"
#include "route_abi.h"
#include "sieve.h"
#include "sip.h"
#include "vip_abi.h"
#include "wire.h"

/* Changes with every change of a map's layout or meaning: pins of another number are refused. */
#define IPT_ABI 11

#define IPT_MAX_GROUPS HB_MAX_GROUPS
#define IPT_MAX_PEERS (HB_MAX_NODES - 1)
#define IPT_MAX_PEER_PATHS 4 /* addresses of one peer */
#define IPT_MAX_PATHS (IPT_MAX_PEERS * IPT_MAX_PEER_PATHS)
#define IPT_MAX_STRAYS 4096 /* clients that are remembered as just healed */
#define IPT_MAX_KEYS 4
#define IPT_MAX_VIPS 131072
#define IPT_MAX_IFACES 16
#define IPT_MAX_SYSCTLS 2048
#define IPT_NAME_LEN 32 /* group and node names, NUL included */
#define IPT_EVENTS_BYTES (256 * 1024)

/* Map `meta`, one element. */
struct ipt_meta {
	__u32 abi;
	__u32 pad;
	__u64 netns_ino;
	__u8 boot_id[40]; /* text of /proc/sys/kernel/random/boot_id */
	__u64 netns_cookie; /* tells a namespace from a later one that got the same inode */
	__u64 build; /* of the programs that are pinned and attached */
};

/* Map `groups`. The lease word's slot chooses the binding. */
struct ipt_binding {
	__u64 epoch;
	__u8 mac[6]; /* all zero: answer with the address's own MAC (struct ipt_vip) */
	__u8 pad[2];
};

struct ipt_group {
	char name[IPT_NAME_LEN]; /* empty: element not in use */
	struct ipt_binding binding[2];
	__u64 epoch_max; /* highest epoch seen in any state, raised by XDP and by the daemon */
	__u64 owner_epoch; /* highest epoch seen of an owner, a peer's or ours */
	__u64 generation; /* counter behind closed lease words */
	__u64 rival_ns; /* last frame that gave a foreign MAC for its address, ... */
	__u8 rival_mac[6]; /* ... and whose; rival_v6: by neighbour discovery */
	__u16 wire_id;
	__u8 managed; /* 1: by a configuration (run), 0: by hand */
	__u8 drained; /* 1: stays out until `undrain`, also across a restart of the daemon */
	__u8 priority; /* set by hand, across restarts too; 0: as configured */
	__u8 promise_holder; /* whom this node has promised the group, kept before a frame says so (P9), ... */
	__u8 addr_mark; /* of its configured addresses, as in our heartbeats; 0: none told */
	__u8 rival_v6;
	__u8 pad[2];
	__u64 promise_until_ns; /* ... until when; 0: nobody, ... */
	__u64 promise_epoch; /* ... and for which epoch */
	__u64 boot_until_ns; /* quorum: what was promised before is forgotten, and may be relied on until then */
	__u64 owner_ns; /* receive stamp of the newest OWNER heartbeat of owner_epoch from a peer; 0: none, or over */
};

/*
 * Maps `near` and `nets`: the addresses of `vips` as the programs look them up. One element holds 256 neighbours, so that
 * tens of thousands of addresses stay within a processor's cache. Each address is also in `vips` and has its bit in
 * `sieve`, which the programs read first. `near` is an array, a tenth as costly as a hash: the first neighbours that come
 * to a block of the sieve are in the element of that number. Later neighbours of the same block are in `nets`, a hash.
 * Neighbours stay in their map until the last address of them is gone.
 */
#define IPT_NET_SIZE 256

struct ipt_net_key {
	struct ipt_addr net; /* the last byte 0 */
	__u32 ifindex;
	__u32 pad;
} __attribute__((aligned(8)));

#define IPT_NET_F_ROUTER 0x01

struct ipt_net {
	__u8 mac[6]; /* own MAC of the interface: the answer */
	__u8 flags; /* read with the MAC address, as one word */
	__u8 pad;
	__u8 group
		[IPT_NET_SIZE]; /* by the last byte: index into groups and leases, plus 1; 0: not floating */
} __attribute__((aligned(8)));

struct ipt_near {
	struct ipt_net_key key; /* interface 0: free */
	struct ipt_net net;
};

IPT_INLINE struct ipt_net_key ipt_net_key(__u32 ifindex, struct ipt_addr addr)
{
	struct ipt_net_key key = {.net = addr, .ifindex = ifindex};

	key.net.word_be32[3] &= IPT_NET_MASK_BE32;
	return key;
}

IPT_INLINE __u8 ipt_net_flags(const struct ipt_vip *vip)
{
	return vip->flags & IPT_VIP_F_ROUTER ? IPT_NET_F_ROUTER : 0;
}

/* Map `group_ids`: wire id -> index of the group. */

/* Map `self`, one element, written by the daemon; all zero while none has run. */
#define IPT_SELF_QUORUM 0x01 /* all members vote; else a pair */
#define IPT_SELF_WITNESS 0x02 /* this node owns nothing */
#define IPT_SELF_NEVER 0x04 /* a pair of which neither goes on alone */
#define IPT_SELF_SETTLED 0x08 /* a majority of these members votes with no others (protocol 8) */
#define IPT_SELF_PREV_OVER 0x10 /* with those of cfg_prev this node votes no more */
#define IPT_SELF_NO_PORT 0x20 /* another program has the heartbeat port */
struct ipt_member {
	char name[IPT_NAME_LEN];
	__u8 node; /* 0: element not in use */
	__u8 witness;
	__u8 pad[6];
};

struct ipt_self {
	__u64 session; /* cookie that peers must echo */
	__u64 interval_ns; /* T */
	__u64 lease_ns; /* L */
	__u64 settle_ns; /* epsilon */
	__u64 ahead_ns; /* C: the claim is announced that long before G */
	__u64 fresh_ns; /* F: age limit of the echo that establishes a new session */
	__u32 rho_ppm;
	__u32 cfg_hash;
	__be16 port_be16; /* heartbeat UDP port; 0: no heartbeats */
	__u8 node;
	__u8 npeers;
	__u8 key_min; /* frames under a key below are refused */
	__u8 flags;
	__u8 pad[2];
	char name[IPT_NAME_LEN];
	__u32 cfg_prev; /* of the members before, until the change has settled; 0: none */
	__u8 prev_votes; /* how many are a majority of those */
	__u8 prev_not; /* number of the voter that is none of them; 0: one has gone */
	__u8 pad2[2];
	struct ipt_member member[HB_MAX_NODES]; /* those of cfg_hash, this node first */
};

/* Map `path_ids`, hash: who sends from where to where. An element whose `addr` is all zero has no path: it says that
 * heartbeats to `local` are for us, whoever sends them. */
struct ipt_path_key {
	__u32 ifindex;
	struct ipt_addr local;
	struct ipt_addr addr;
};

/* Map `paths`, mmapable: one way to one peer. Written by XDP but for the identity, `hops` and `via`. */
struct ipt_path {
	__u32 ifindex; /* 0: element not in use */
	__u32 peer; /* index in `peers` */
	struct ipt_addr addr;
	struct ipt_addr local; /* our own address on this path */
	__u64 last_ns; /* newest authentic heartbeat that came this way */
	__u64 proven_ns; /* newest one that proved its session, copies of the same frame included */
	__u64 seq; /* of that one: the same frame comes once by each path */
	__u64 frames; /* authentic ones that came this way */
	__u64 life_session; /* of the newest frame that counted as life alone, ... */
	__u64 life_seq; /* ... and its number: it comes once by each path as well */
	__u8 mac[6]; /* Ethernet source of the newest proven one; of a routed peer none: it is a router's */
	__u8 node; /* the peer's */
	__u8 hops; /* that its frames may have passed, this one's included; above 1: routed */
	__u8 via[6]; /* where the daemon sends, to a routed one; all zero: not known yet */
	__u8 pad[2];
};

/* Map `strays`, LRU hash: clients that were told of the new owner, and when. */
struct ipt_stray_key {
	__u32 group;
	__u8 mac[6];
	__u8 pad[2];
};

/* Map `keys`: slot -> per-sender keys, peer index as in `peers`. */
struct ipt_key {
	__u8 kid;
	__u8 valid;
	__u8 pad[6];
	__u64 used_ns; /* newest authentic heartbeat under this key */
	struct sip_key peer[HB_MAX_NODES]; /* element IPT_MAX_PEERS: our own sending key */
};

struct ipt_frame {
	__u64 rx_ns; /* receive stamp; 0: none yet */
	__u32 len;
	__u8 mac[6]; /* Ethernet source */
	__u8 pad[2];
	__u8 bytes[HB_MAX_LEN];
};

/* A past session of a peer, or one that has proved nothing: none of its frames counts twice. */
#define IPT_SEEN 8
struct ipt_seen {
	__u64 session; /* 0: free */
	__u64 seq; /* the highest */
	__u64 since_ns; /* remembered since: the oldest makes room for a new one */
};

/* Map `peers`: copied whole under its lock (BPF_F_LOCK). */
struct ipt_peer {
	struct bpf_spin_lock lock;
	__u8 node; /* 0: element not in use */
	__u8 witness; /* 1: owns nothing */
	__u8 identity_node; /* the number that its address states, not its own (identity_ns) */
	__u8 pad;
	__u32 hold_us_max; /* longest hold of this peer that may still run (hold_note()) */
	__u32 hold_us_next; /* longest that was announced since a shorter one was; 0: none was */
	__u64 hold_max_ns; /* when that came; if none did, when the longest was announced last */
	char name[IPT_NAME_LEN];
	__u64 session; /* established; 0: none */
	__u64 session_ns; /* when it was */
	__u64 last_seq;
	__u64 last_ns; /* receive stamp of the newest authentic frame, proven or not */
	__u64 unproven_tat_ns; /* state of the rate limit for unproven frames */
	__u64 unproven_ns; /* the first frame that proved nothing, since the newest that did; 0: none */
	__u64 life_session; /* of the newest frame that counted as life alone, ... */
	__u64 life_seq; /* ... and its number */
	__u64 identity_ns; /* when its address last spoke under another's number, by a second; 0: never */
	__u64 bounds_ns; /* when it last said what no member says, by a second; 0: never */
	__u64 accepted; /* frames accepted so far */
	struct ipt_seen seen[IPT_SEEN];
	struct ipt_frame proven; /* newest accepted frame */
	struct ipt_frame unproven; /* newest authentic frame that did not prove its session */
};

/* Map `sent`, one element, written by the egress program. */
struct ipt_sent {
	__u64 session; /* of the frame that left last */
	__u64 last_ns; /* when the last heartbeat of ours left */
	__u64 run_start_ns; /* when the first left after a start, DEAF or a gap of more than 2T; 0: none yet */
	__u64 seq; /* of the frame that left last */
};

/* Map `drain`: per group, CLOCK_BOOTTIME ns until which established traffic is still served. */

/*
 * Map `vlans`, hash: the VLAN device (its ifindex) of a frame that comes by or leaves by `below`, where our programs are. From
 * the wire inwards: the tag that such a device puts on, as protocol << 16 | VLAN; 0: there is none.
 */
struct ipt_vlan_key {
	__u32 below;
	__u32 outer, inner;
};

#define IPT_VID_MASK 0x0fffu

/* 0: VLAN 0, which names no network. */
IPT_INLINE __u32 ipt_vlan_tag(__u16 proto, __u16 tci)
{
	return tci & IPT_VID_MASK ? (__u32)proto << 16 | (tci & IPT_VID_MASK) : 0;
}

/* Map `ifaces`: where our programs are attached; survives the daemon, read by detach and status. */
#define IPT_IF_CLSACT_OURS 0x01
#define IPT_IF_CHAINED 0x02
#define IPT_IF_NATIVE 0x04
#define IPT_IF_ALONE 0x08 /* no bridge's port when it was attached */
#define IPT_IF_BELOW \
	0x10 /* nobody's wish: it carries VLAN devices, and goes with the last of them */
struct ipt_iface {
	__u32 ifindex; /* 0: element not in use */
	__u32 flags;
	__u32 xdp_prog_id; /* of a VLAN device those of the record `below` */
	__u32 fence_prog_id;
	char name[16];
	struct ipt_vlan_key vlan; /* of a VLAN device whose programs are below it; else all zero */
};

/* Map `sysctls`, hash: values to restore. */
enum ipt_sysctl_id {
	IPT_SYSCTL_ARP_IGNORE = 1,
	IPT_SYSCTL_ARP_ANNOUNCE = 2,
	IPT_SYSCTL_PROMOTE_SECONDARIES = 3,
};

struct ipt_sysctl_key {
	__u32 ifindex;
	__u32 id; /* enum ipt_sysctl_id */
};

struct ipt_sysctl {
	__s32 old_value;
	__s32 our_value;
	__s32 before_value; /* ours before; another than our_value only until that is known to be set */
	char name[16]; /* of the interface */
};

/* Map `reports`: what only the daemon knows about a group, for `status`. */
enum ipt_selftest { SELFTEST_NONE, SELFTEST_OK, SELFTEST_SILENT, SELFTEST_LATE, SELFTEST_FOREIGN };
enum ipt_announce_via { ANNOUNCE_NONE, ANNOUNCE_PACKET, ANNOUNCE_LIVE };

#define IPT_NOTE_SERVED 1 /* no heartbeats come, but somebody answers for the address */
#define IPT_NOTE_PLACE 2 /* an address lies on its interface, put there by somebody else */
#define IPT_NOTE_STACK 4 /* the kernel does not take in what comes for its first address */
#define IPT_NOTE_AMISS 8 /* an address lies on another interface, put there by somebody else */
struct ipt_report {
	__u64 updated_ns; /* last write by a daemon */
	__u64 epoch; /* own epoch, or the one promised */
	__u64 selftest_ns; /* when it was made */
	__u64 selftest_rtt_ns;
	__u64 late_ns; /* worst lateness of the daemon's wake-ups in the last minute */
	__u32 state; /* enum hb_state */
	__u32 selftest; /* enum ipt_selftest */
	__u32 announce_via; /* enum ipt_announce_via */
	__u8 owner; /* node id; 0 unknown */
	__u8 priority;
	__u8 selftest_mac[6];
	char reason[96]; /* of the fault, the alarm, or the last change */
	char announce_why[64];
	__u16 tracks; /* of the group */
	__u16 tracks_failed;
	char track_text[128]; /* "NAME: how it ended", of the first that fails */
	__u32 notes; /* IPT_NOTE_* */
	__u32 missed; /* bit of each peer whose heartbeats reach the host past XDP */
};

/*
 * Map `tally`, one element, mapped: what has happened so far, for those who count. Daemons add to it, one after the other;
 * none of them reads it.
 */
#define IPT_REASONS 64 /* room for those of enum core_reason */
#define IPT_LATE_BUCKETS 12
struct ipt_tally_group {
	__u64 changes[IPT_REASONS]; /* of its state, by reason */
	__u64 owned; /* how often this host became its owner */
};

struct ipt_tally {
	__u64 late
		[IPT_LATE_BUCKETS]; /* wake-ups of the daemon that were due, by how late; the last: later than all bounds */
	__u64 late_sum_ns;
	struct ipt_tally_group group[IPT_MAX_GROUPS]; /* as in `groups` */
};

/* Ring buffer `events`. */
enum ipt_event_type {
	IPT_EV_BEAT = 1, /* heartbeat accepted: look at the record */
	IPT_EV_HELLO, /* authentic but unproven heartbeat */
	IPT_EV_QUIET, /* peer silent for G - C */
	IPT_EV_SILENT, /* peer silent for G */
	IPT_EV_RIVAL, /* a foreign MAC, by ARP or neighbour discovery, for an address of `group` */
	IPT_EV_FENCED, /* XDP closed the gate of `group` */
	IPT_EV_STRAY, /* a client (mac) sent to `addr` of `group`, which a peer owns: forwarded; heal it */
	IPT_EV_IDENTITY, /* `addr` is the peer's, and speaks as `node` */
	IPT_EV_BOUNDS, /* the peer says what no member says */
};

struct ipt_event {
	__u64 time_ns;
	__u64 due_ns; /* timer verdicts: when the look was due */
	__u32 type;
	__u32 peer;
	__u32 group;
	__u32 ifindex;
	struct ipt_addr addr;
	__u8 mac[6];
	__u8 node;
	__u8 pad;
};

_Static_assert(sizeof(struct ipt_event) == 56, "no hole");

#define IPT_FORM_REQUEST 1u
#define IPT_FORM_REPLY 2u
#define IPT_FORM_ADVERT 4u

/* Map `announce_job`, one element: what the announce program may say, and how far it has come. */
struct ipt_announce_job {
	__u64 epoch;
	__u32 group;
	__u32 slot;
	__u32 forms; /* IPT_FORM_*: one of ARP's, or both; or that of IPv6 */
	__u32 count; /* entries in `announce_list` */
	__u64 cursor; /* next frame; advanced by the program */
};

/* Map `announce_list`: the addresses of the job. */
struct ipt_announce_entry {
	struct ipt_addr addr;
	__u8 mac[6];
	__u8 flags; /* IPT_NET_F_ROUTER */
	__u8 pad; /* array elements are multiples of 8 bytes, and this array is mapped */
};

#endif
