/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only door to libbpf and libxdp: programs, pins, maps, ring buffer. */
#ifndef IPT_KERN_H
#define IPT_KERN_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "base/err.h"

struct kern;

enum kern_mode {
	KERN_MODE_AUTO,
	KERN_MODE_NATIVE,
	KERN_MODE_GENERIC,
	KERN_MODE_GENERIC_ONLY, /* kern_attach()'s own: nor does a dispatcher in native mode serve */
};

/* Resolves the default instance name ("default", or "net-<inode>" outside the initial network namespace);
 * checks a given one. */
int kern_instance(const char *given, char ret[64], struct err *e);

/* Mounts bpffs if that is possible and needed, then adopts the instance's pinned maps and programs, or
 * loads and pins new ones. -EPERM, -ENOSYS, ... with a text that says what to do. */
int kern_create(struct kern **ret, const char *instance, struct err *e);
/* Only what is pinned already. -ENOENT: nothing is attached under this instance; -EPROTO: pins of another
 * ABI; -EXDEV: pins of another network namespace. */
int kern_open(struct kern **ret, const char *instance, struct err *e);
void kern_close(struct kern *k);
/* Are the pinned programs another build's? Of the same ABI they serve as well. */
bool kern_is_old(struct kern *k);
/* Puts those of this executable in their places, each without a gap; maps and timers stay. May take a second: for
 * a thread. What cannot be replaced stays. */
int kern_replace(struct kern *k, struct err *e);
/* Removes pins and directory. Interfaces must be detached before. Pins that another command has made since: not ours, 0. */
int kern_remove(struct kern *k, struct err *e);
/* Removes pins that are half made or of a network namespace that is no more; touches no others. */
int kern_clean(const char *instance, struct err *e);
/* Of commands that change addresses, groups or gates by hand, one at a time: an fd, to be closed when done; -EBUSY
 * after five seconds, -ESTALE if the pins are no longer those that we opened. What was read before the turn is not to
 * be relied upon. kern_lock() is taken inside it, never around it. */
int kern_turn(struct kern *k, struct err *e);
/* Instances pinned in this bpffs, for `detach --all`: calls back with each name. */
int kern_each_instance(void (*fn)(const char *instance, void *arg), void *arg, struct err *e);

/* XDP by libxdp (chained where the kernel allows it), clsact fence. Attached already: 0. All or nothing, but of an
 * earlier attachment that has lost one of the two the other stays. */
int kern_attach(struct kern *k, uint32_t ifindex, const char *name, enum kern_mode mode,
		struct err *e);
/* Removes what kern_attach() put there; what is gone already is done. */
int kern_detach(struct kern *k, const struct ipt_iface *iface, struct err *e);
/* Attachment records. Returns the number filled. */
int kern_ifaces(struct kern *k, struct ipt_iface ret[IPT_MAX_IFACES]);
/* Are program and filter of this record still there? The ingress program alone; the egress filter alone. */
bool kern_iface_healthy(struct kern *k, const struct ipt_iface *iface);
bool kern_iface_hears(struct kern *k, const struct ipt_iface *iface);
bool kern_iface_fenced(struct kern *k, const struct ipt_iface *iface);
/* "member" of a bond or a team, or "port" of a bridge that it was not when attached; NULL: neither. And whose, and what to
 * name in its place? */
const char *kern_iface_bundled(const struct ipt_iface *iface, char ret_master[IF_NAMESIZE],
			       const char **ret_instead);
/* A VLAN device that has our programs itself, in generic mode: why not below it? NULL: it is none, or has them below. */
const char *kern_iface_apart(const struct ipt_iface *iface);
/* Does a program that is not ours stand there alone, where nothing else can be? */
bool kern_iface_taken(struct kern *k, const struct ipt_iface *iface);
/* Id of what the interface calls its XDP program where that is not known to be, or to contain, ours; 0: it is, or there
 * is none. */
uint32_t kern_iface_stranger(struct kern *k, const struct ipt_iface *iface);

/* The mapped lease words, IPT_MAX_GROUPS of them. Write by lease.h only. */
volatile uint64_t *kern_leases(struct kern *k);
const volatile struct ipt_sent *kern_sent(struct kern *k);
/* The mapped ways to the peers, IPT_MAX_PATHS of them; XDP writes stamps and MACs at any time. */
const volatile struct ipt_path *kern_paths(struct kern *k);

/* Mapped: what has happened so far. Only the daemon adds to it. */
volatile struct ipt_tally *kern_tally(struct kern *k);

int kern_group_find(struct kern *k, const char *name); /* index, or -ENOENT */
int kern_group_get(struct kern *k, uint32_t index, struct ipt_group *ret);
/* Finds or makes the element; -ENOSPC when 48 groups are in use, -EEXIST on a wire id collision. */
int kern_group_make(struct kern *k, const char *name, bool managed, struct err *e);
int kern_group_drop(struct kern *k, uint32_t index);
/* Mapped view of `groups` for the daemon (fields that XDP also writes by atomic operations). */
volatile struct ipt_group *kern_groups(struct kern *k);

int kern_vip_get(struct kern *k, uint32_t ifindex, struct ipt_addr addr, struct ipt_vip *ret);
int kern_vip_set(struct kern *k, uint32_t ifindex, struct ipt_addr addr, const struct ipt_vip *vip);
int kern_vip_del(struct kern *k, uint32_t ifindex, struct ipt_addr addr);
/* After kern_vip_del() of one or of many: the bits that nobody needs any more. Without it they only cost time. */
int kern_vips_tidy(struct kern *k);
/* Do the programs find it, as `vip` says? A process that ended between two steps may have left it out. */
bool kern_vip_found(struct kern *k, uint32_t ifindex, struct ipt_addr addr,
		    const struct ipt_vip *vip);
/* Calls back for every floating address; stops when the callback returns non-zero, and returns that. */
int kern_vip_each(struct kern *k,
		  int (*fn)(const struct ipt_vip_key *key, const struct ipt_vip *vip, void *arg),
		  void *arg);

int kern_route_get(struct kern *k, const struct ipt_route *route, struct ipt_route_mark *ret);
int kern_route_set(struct kern *k, const struct ipt_route *route,
		   const struct ipt_route_mark *mark);
int kern_route_del(struct kern *k, const struct ipt_route *route);
/* Calls back for every one, which may delete it; stops when the callback returns non-zero, and returns that. */
int kern_route_each(struct kern *k,
		    int (*fn)(const struct ipt_route *route, const struct ipt_route_mark *mark,
			      void *arg),
		    void *arg);

int kern_self_get(struct kern *k, struct ipt_self *ret);
int kern_self_set(struct kern *k, const struct ipt_self *self);
int kern_keys_get(struct kern *k, struct ipt_key ret[IPT_MAX_KEYS]);
int kern_keys_set(struct kern *k, const struct ipt_key keys[IPT_MAX_KEYS]);
int kern_peer_get(struct kern *k, uint32_t index, struct ipt_peer *ret); /* BPF_F_LOCK */
int kern_peer_set(struct kern *k, uint32_t index, const struct ipt_peer *peer);
/* The way to a node on that interface by which it was heard last; -ENOENT: by none yet. XDP chooses likewise. */
int kern_path_newest(struct kern *k, uint8_t node, uint32_t ifindex);
/* The MAC of the peer that owned the group last, on that interface. False: not known there. */
bool kern_owner_mac(struct kern *k, uint32_t group, uint32_t ifindex, uint8_t ret[6]);
int kern_path_get(struct kern *k, uint32_t index, struct ipt_path *ret);
/* Where to send on it, for a routed peer. */
void kern_path_via(struct kern *k, uint32_t index, const uint8_t mac[6]);
/* All ways to the peers, element by element, and the index that XDP finds them by. Identities that stay are
 * found at every moment; the caller copies their stamps from what is there. */
int kern_paths_put(struct kern *k, const struct ipt_path paths[IPT_MAX_PATHS]);
int kern_drain_get(struct kern *k, uint32_t group, uint64_t *ret_ns);
int kern_drain_set(struct kern *k, uint32_t group, uint64_t until_ns);
int kern_report_get(struct kern *k, uint32_t group, struct ipt_report *ret);
int kern_report_set(struct kern *k, uint32_t group, const struct ipt_report *report);
int kern_sysctl_save(struct kern *k, const struct ipt_sysctl_key *key, const struct ipt_sysctl *v);
int kern_sysctl_get(struct kern *k, const struct ipt_sysctl_key *key, struct ipt_sysctl *ret);
int kern_sysctl_each(struct kern *k,
		     void (*fn)(const struct ipt_sysctl_key *key, const struct ipt_sysctl *v,
				void *arg),
		     void *arg);
int kern_sysctl_forget(struct kern *k, const struct ipt_sysctl_key *key);
bool kern_sysctl_any(struct kern *k);
/* Calls `fn` while nobody else attaches, detaches, makes or removes pins; -ESTALE if ours have been removed. */
int kern_locked(struct kern *k, int (*fn)(void *arg), void *arg);
int kern_counters(struct kern *k, uint64_t ret[CNT_MAX]); /* summed over CPUs */

int kern_events_open(struct kern *k, void (*fn)(const struct ipt_event *ev, void *arg), void *arg);
int kern_events_fd(struct kern *k);
void kern_events_fetch(
	struct kern *k); /* some of what waits; the descriptor stays readable while there is more */

/* Live frames (protocol 3): puts the list in place, then runs `frames` of `len` bytes of the job from its cursor on. */
int kern_announce_load(struct kern *k, const struct ipt_announce_job *job,
		       const struct ipt_announce_entry *list, uint32_t count);
int kern_announce_run(struct kern *k, uint32_t ifindex, size_t len, uint32_t frames);

/* CLOCK_BOOTTIME as BPF sees it minus as this process sees it; beyond 1 ms: a time namespace (refuse). */
int kern_clock_offset(struct kern *k, int64_t *ret_ns);

#endif
