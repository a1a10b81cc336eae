/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The shape of every map. An object defines those that it needs; pins by name make them one map. */
#ifndef IPT_MAPS_H
#define IPT_MAPS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"

/* What is found out about the heartbeat under examination. */
struct ipt_said {
	__u64 now_ns;
	__u64 session;
	__u64 seq;
	__u64 echo_session;
	__u64 echo_ts_ns;
	__u32 len;
	__u32 peer;
	__u32 key; /* whose key it must be signed with: `peer`, or who owns the number that it states */
	__u32 proven; /* echoes our present session */
	__u32 established; /* and is of the session that we know */
	__u32 claims; /* says of some group that its sender claims or owns it, or has just let go */
	__u32 far; /* says what no member says */
	__u32 taken; /* proves nothing, and is new */
	__u32 tell; /* enum ipt_event_type: what the daemon is told besides; 0: nothing */
	__u32 life; /* counts as life of the peer */
	__u32 fences; /* unproven, but a claim in it closes our gate */
	struct ipt_path_key way; /* as the headers say it */
	__u8 mac[6];
	__u16 at; /* of the UDP header, in the frame */
	__u8 whole; /* the lengths of both headers agree */
	__u8 summed; /* IPv6: its checksum is to be looked at */
	__u8 ttl;
	__u8 pad;
};

/*
 * The heartbeat under examination: copied out of the packet, so that no offset is the sender's choice. What is found out
 * stands here too: no stack has room for it, and the verifier follows each value that a stack holds.
 */
struct ipt_scratch {
	__u64 words[HB_MAX_LEN / 8];
	struct ipt_said said;
	struct sip_state sum; /* of the words under the tag, so far */
};

enum ipt_stage { STAGE_QUIET, STAGE_SILENT };

struct ipt_timer {
	struct bpf_timer timer;
	__u64 due_ns;
	__u32 stage; /* enum ipt_stage */
	__u32 looks; /* looks that came late, one after the other */
};

struct map_leases {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IPT_MAX_GROUPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
};

struct map_groups {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IPT_MAX_GROUPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_group);
};

struct map_group_ids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IPT_MAX_GROUPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u16);
	__type(value, __u32);
};

struct map_vips {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IPT_MAX_VIPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_vip_key);
	__type(value, struct ipt_vip);
};

struct map_nets {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IPT_MAX_VIPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_net_key);
	__type(value, struct ipt_net);
};

struct map_near {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_SIEVE_BLOCKS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_near);
};

struct map_sieve {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_SIEVE_BLOCKS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_sieve);
};

struct map_drain {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_GROUPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
};

struct map_peers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_PEERS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_peer);
};

struct map_paths {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IPT_MAX_PATHS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_path);
};

/* For each path an element, and one for each of our own addresses on them. */
struct map_path_ids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * IPT_MAX_PATHS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_path_key);
	__type(value, __u32);
};

/* LRU: a client that floods with made-up MACs makes the others' stamps forgotten, within the budget of the interface. */
struct map_strays {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, IPT_MAX_STRAYS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_stray_key);
	__type(value, __u64);
};

struct map_timers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_PEERS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_timer);
};

struct map_meta {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_meta);
};

struct map_stats {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CNT_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
};

struct map_events {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, IPT_EVENTS_BYTES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
};

struct map_self {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_self);
};

struct map_keys {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_KEYS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_key);
};

struct map_sent {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_sent);
};

struct map_ifaces {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_IFACES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_iface);
};

struct map_sysctls {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IPT_MAX_SYSCTLS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_sysctl_key);
	__type(value, struct ipt_sysctl);
};

struct map_routes {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IPT_MAX_ROUTES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_route);
	__type(value, struct ipt_route_mark);
};

struct map_reports {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_GROUPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_report);
};

struct map_tally {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_tally);
};

struct map_announce_job {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_announce_job);
};

struct map_announce_list {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IPT_MAX_VIPS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct ipt_announce_entry);
};

struct map_vlans {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IPT_MAX_IFACES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct ipt_vlan_key);
	__type(value, __u32);
};

/* Not pinned: it carries nothing from one packet to the next. */
struct map_scratch {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ipt_scratch);
};

/* By ifindex, modulo: until when what may be told of strays there is spent. Not pinned: a second later all is as new. */
struct map_stray_spent {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPT_MAX_IFACES);
	__type(key, __u32);
	__type(value, __u64);
};

/* What the shared headers use; the object that includes them defines it with IPT_MAP(). */
#define IPT_MAP(name) struct map_##name name SEC(".maps")

extern IPT_MAP(leases);
extern IPT_MAP(groups);
extern IPT_MAP(group_ids);
extern IPT_MAP(near);
extern IPT_MAP(nets);
extern IPT_MAP(sieve);
extern IPT_MAP(drain);
extern IPT_MAP(peers);
extern IPT_MAP(paths);
extern IPT_MAP(path_ids);
extern IPT_MAP(strays);
extern IPT_MAP(stray_spent);
extern IPT_MAP(timers);
extern IPT_MAP(stats);
extern IPT_MAP(events);
extern IPT_MAP(self);
extern IPT_MAP(keys);
extern IPT_MAP(ifaces);
extern IPT_MAP(scratch);
extern IPT_MAP(vlans);

#endif
