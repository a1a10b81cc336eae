/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a plan to programs, sysctls and maps; and back. */
#ifndef IPT_SETUP_H
#define IPT_SETUP_H

#include "daemon.h"
#include "net/netdev.h"

/*
 * Would setup_open() take this configuration beside what is running? Touches nothing, answers with the reason. *ret is
 * what the process that does it need not ask again; may be NULL.
 */
int setup_rehearse(const struct daemon *d, const struct config *next, struct found *ret,
		   struct err *e);

/* Attaches what is missing and silences the kernel elsewhere; a process that takes another's place goes on with less. */
int setup_attach(struct daemon *d, struct err *e);
/* Detaches what was not attached `before`; with nothing attached before, no pin stays either. */
void setup_undo_attach(struct daemon *d, const struct ipt_iface *before, int nbefore);

/* Does every standing address stand on lo already, put there by us? After plan_check(). */
bool setup_all_stand(const struct daemon *d);

/*
 * The sysctls of all interfaces, as what is attached and what stands on lo need them, and floating addresses that do not
 * have the scope of a host: the plan's, or `wide`, found there. Waits for netlink and locks.
 */
int setup_silence(struct daemon *d, bool wide, struct err *e);
/* Is the address a configuration's? `groups`: kern_groups(). Else it was added by hand. */
bool setup_is_managed(const struct ipt_vip_key *key, const struct ipt_vip *vip, const void *groups);

/* How the map says where an address lives. */
static inline uint8_t setup_mode_flag(enum config_address address)
{
	switch (address) {
	case ADDRESS_STANDING:
		return IPT_VIP_F_STANDING;
	case ADDRESS_NONE:
		return IPT_VIP_F_NONE;
	case ADDRESS_OWNER:
		break;
	}
	return 0;
}

/* Does an address lie on its interface in another form than `now`? `old`: as the map had it, may be NULL. */
bool setup_reforms(const struct ipt_vip *old, const struct ipt_vip *now, const struct ipt_addr *ip);
/* Gives the group's addresses the form that its list has, where they lie in another: no moment without any of them. */
int setup_reform(struct daemon *d, uint32_t group, struct err *e);
/* Takes back what an earlier configuration had put somewhere and this one has not, or elsewhere. */
int setup_remove_leftovers(struct daemon *d, struct err *e);
/* Fills self, keys, peers, groups and vips; removes what an earlier configuration left. */
int setup_maps(struct daemon *d, struct err *e);

#endif
