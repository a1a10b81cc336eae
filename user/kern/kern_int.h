/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the kernel door share; nobody else includes this. */
#ifndef IPT_KERN_INT_H
#define IPT_KERN_INT_H

#include <linux/bpf.h>
#include "kern.h"
#include "net/netdev.h"

#define KERN_BPFFS "/sys/fs/bpf"
#define KERN_DIR "ip-takeover"
#define KERN_ROOT KERN_BPFFS "/" KERN_DIR
#define KERN_PATH_LEN 192

/* Pins of programs, beside the maps. */
#define KERN_PIN_TAKEOVER "prog_takeover"
#define KERN_PIN_FENCE "prog_fence"
#define KERN_PIN_ANNOUNCE "prog_announce"
/* While those of another build are replaced. */
#define KERN_PIN_FENCE_NEW "prog_fence_new"
#define KERN_PIN_ANNOUNCE_NEW "prog_announce_new"

enum kern_map {
	KMAP_META,
	KMAP_LEASES,
	KMAP_GROUPS,
	KMAP_GROUP_IDS,
	KMAP_VIPS,
	KMAP_NEAR,
	KMAP_NETS,
	KMAP_SIEVE,
	KMAP_DRAIN,
	KMAP_PEERS,
	KMAP_PATHS,
	KMAP_PATH_IDS,
	KMAP_STATS,
	KMAP_EVENTS,
	KMAP_KEYS,
	KMAP_SELF,
	KMAP_SENT,
	KMAP_IFACES,
	KMAP_SYSCTLS,
	KMAP_ROUTES,
	KMAP_REPORTS,
	KMAP_TALLY,
	KMAP_ANNOUNCE_JOB,
	KMAP_ANNOUNCE_LIST,
	KMAP_VLANS,
	KMAP_MAX
};

struct ring_buffer;

struct kern {
	char instance[64];
	char dir[KERN_PATH_LEN];
	int map[KMAP_MAX];
	int fence_fd, announce_fd;
	volatile uint64_t *leases;
	volatile struct ipt_group *groups;
	const volatile struct ipt_sent *sent;
	volatile struct ipt_path *paths;
	volatile struct ipt_tally *tally;
	struct ipt_announce_entry *list;
	struct ring_buffer *ring;
	void (*event)(const struct ipt_event *ev, void *arg);
	void *event_arg;
	unsigned int fetched; /* events in the look under way */
	uint64_t xdp_seen
		[IPT_MAX_IFACES]; /* interface << 32 | program, as libxdp last found ours there */
};

/* bpffs.c: where pins live */

/* Sees to it that KERN_BPFFS is a bpffs that outlives this command; may change the mount namespace. */
int kern_bpffs_enter(bool may_mount, struct err *e);
/* One maker or remover at a time; an fd to close, or -errno. Makes KERN_ROOT. */
int kern_lock(struct err *e);
void kern_unlock(int fd);
/* libxdp believes, and locks, the directory that it finds beside ours: is it root's, and its lock to be had? With
 * `make` it is made if it is not there. */
int kern_xdp_guard(bool make, struct err *e);
/* libxdp makes it on the first attach and never removes it; in use, it is not empty. */
void kern_xdp_tidy(void);
/* The directory of an instance: an fd or -errno, -ENOENT if there is none. */
int kern_dir_open(const char *instance, struct err *e);
/* Unlinks the pins of an instance that are `ours`, refusing if anything else is there, and the directory. */
int kern_dir_purge(const char *instance, bool (*ours)(const char *name), struct err *e);
/* Waits for the lock of the directory of `k`, without a look at what it holds: for kern_turn(). An fd or -errno. */
int kern_dir_turn(struct kern *k, struct err *e);
void kern_pin_path(const char *dir, const char *name, char ret[KERN_PATH_LEN]);

/* id.c: whose pins they are */
/* Whoever attaches or detaches needs them all: libxdp goes on with half an object where one is missing, and crashes. */
int kern_rights(struct err *e);
int kern_id_self(struct ipt_meta *ret, struct err *e);

/* load.c: from skeletons to pins, and back */
int kern_load(const char *dir, const struct ipt_meta *meta, struct err *e);
int kern_adopt(struct kern *k, struct err *e);
/* Is it the name of a pin that we make? */
bool kern_pin_ours(const char *name);
/* Loads a program on the pinned maps and pins it under `pin`. */
int kern_load_fence(const char *dir, const char *pin, struct err *e);
int kern_load_announce(const char *dir, const char *pin, struct err *e);

/* Tells the programs in this executable from another build's. */
uint64_t kern_build(void);

/* nets.c: what the programs look up. Deleting what is not there: 0. */
int kern_net_set(struct kern *k, uint32_t ifindex, struct ipt_addr addr, const struct ipt_vip *vip);
int kern_net_del(struct kern *k, uint32_t ifindex, struct ipt_addr addr);

/* vlan.c: VLAN devices whose programs are below them */
/* What stands in a VLAN device's way to that: nothing, then *ret is its key and *ret_below the interface below. */
const char *kern_vlan_hindered(const struct netdev *dev, struct ipt_vlan_key *ret,
			       struct netdev *ret_below);
/* Frames with these tags are of that VLAN device from here on; or of none, if they are its. */
int kern_vlan_set(struct kern *k, const struct ipt_iface *iface);
int kern_vlan_del(struct kern *k, const struct ipt_iface *iface);
/* Are they its? And does the program below see them? */
bool kern_vlan_its(struct kern *k, const struct ipt_iface *iface);
bool kern_vlan_there(struct kern *k, const struct ipt_iface *iface);

/* record.c */
/* The slot of an interface's record, of a free one if `ifindex` is 0; -ENOENT. */
int kern_record_find(struct kern *k, uint32_t ifindex, struct ipt_iface *ret);
int kern_record_write(struct kern *k, uint32_t slot, const struct ipt_iface *iface, struct err *e);
/* The record of the programs that an interface is served by: its own, or that of the interface below. */
struct ipt_iface kern_record_below(struct kern *k, const struct ipt_iface *iface);
/* Do VLAN devices stand on it that have its programs? */
bool kern_record_carries(struct kern *k, uint32_t below);

/* attach.c */
/* Are the pinned maps those that we have open? Under the lock. */
bool kern_still_pinned(struct kern *k);
/* 0: one line why the kernel did not take `what`. */
int kern_load_error(struct err *e, int code, const char *what);
/* Id of the program behind an fd; 0 if there is none. */
uint32_t kern_prog_id(int fd);
/* Empty if it is gone. */
void kern_prog_name(uint32_t prog_id, char ret[BPF_OBJ_NAME_LEN]);

/* xdp.c, tc.c: one hook each. A record's fields are filled as far as the work went. */
int kern_xdp_attach(struct kern *k, struct ipt_iface *iface, enum kern_mode mode, struct err *e);
int kern_xdp_detach(struct kern *k, const struct ipt_iface *iface, struct err *e);
bool kern_xdp_there(struct kern *k, const struct ipt_iface *iface);
/* Another build's program, of this instance, makes room for ours in one step. Not there: 0. */
int kern_xdp_replace(struct kern *k, struct ipt_iface *iface, struct err *e);
/* Does the program work on our maps? */
bool kern_prog_ours(const struct kern *k, uint32_t prog_id);
/* Notes in the record that clsact will be ours: who is killed after making it can write nothing any more. */
void kern_tc_intend(struct ipt_iface *iface);
int kern_tc_attach(struct kern *k, struct ipt_iface *iface, struct err *e);
int kern_tc_detach(struct kern *k, const struct ipt_iface *iface, struct err *e);
bool kern_tc_there(struct kern *k, const struct ipt_iface *iface);
int kern_tc_replace(struct kern *k, struct ipt_iface *iface, int fence_fd, struct err *e);

#endif
