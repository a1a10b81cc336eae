/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floating addresses of one group, out of the map `vips`, and their way onto and off interfaces. */
#ifndef IPT_ADDRS_H
#define IPT_ADDRS_H

#include <stdint.h>
#include "announce.h"
#include "base/addr.h"
#include "base/err.h"
#include "kern/kern.h"

/* Two arrays of `n`, side by side, sorted by interface, then address. */
struct vip_list {
	struct announce_addr *addrs;
	struct ipt_vip *vips;
	uint32_t n;
};

typedef bool (*vips_want)(const struct ipt_vip_key *key, const struct ipt_vip *vip,
			  const void *arg);

/* Those that are wanted, of whatever group. 0 or -errno. */
int vips_collect_if(struct kern *k, vips_want want, const void *arg, struct vip_list *ret);
/* All addresses of the group (none: n = 0). 0 or -errno. */
int vips_collect(struct kern *k, uint32_t group, struct vip_list *ret);
void vips_free(struct vip_list *list);
/* NULL: not in it. */
const struct ipt_vip *vips_find(const struct vip_list *list, uint32_t ifindex,
				const struct ipt_addr *ip);

/* End (exclusive) of the run of addresses on the interface of element `first`. */
uint32_t vips_same_iface(const struct vip_list *list, uint32_t first);

/* How many of them live on their interface only while we own them (address = "owner"). */
uint32_t vips_to_install(const struct vip_list *list);
/* How many of them we have put (or were about to put) there. */
uint32_t vips_installed(const struct vip_list *list);

/* How many of the addresses of each list lie where they belong, on their interface or on lo, whoever put them there. */
int vips_present(const struct vip_list *const lists[], uint32_t n, uint32_t ret[]);

/* How it is put on its interface. */
struct addr vip_form(const struct ipt_vip *vip, const struct ipt_addr *ip);
/* The address alone and no source of the kernel's choice: on lo, and where an own address has its network. */
struct addr vip_as_host(const struct ipt_addr *ip);
/* How it may lie there when it is to go: somebody else may have put it there as it is written before we used it. */
uint32_t vip_forms(const struct ipt_vip *vip, const struct ipt_addr *ip, struct addr ret[2]);

/*
 * Puts "owner" addresses on their interfaces. IPT_VIP_F_ADDED is in the map before netlink is asked,
 * so that a crash in between can be cleaned up. An address that is there already and was not marked is
 * somebody else's: -EEXIST, and nothing stays behind. The list's flags are kept up to date.
 */
int vips_install(struct kern *k, struct vip_list *list, struct err *e);
/* The same, but what is there already is used, and ours from then on: it is where it is wanted. */
int vips_accept(struct kern *k, struct vip_list *list, struct err *e);
/* Puts those marked IPT_VIP_F_ADDED back where they belong, on their interface or on lo, as far as they are not there: *ret_added. */
int vips_restore(const struct vip_list *list, uint32_t *ret_added, struct err *e);
/* Removes those marked IPT_VIP_F_ADDED, and no others; clears the marks of what is gone. */
int vips_uninstall(struct kern *k, struct vip_list *list, struct err *e);
/* The same for those that stand on lo as well: nothing that we have put anywhere stays. */
int vips_remove(struct kern *k, struct vip_list *list, struct err *e);

#endif
