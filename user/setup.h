/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map side of the set-up. */
#ifndef IPT_SETUP_H
#define IPT_SETUP_H

#include "daemon.h"

/* Refuses before anything is touched: groups held by hand, addresses that are there already and not ours. */
int setup_check(struct daemon *d, struct err *e);
#define LOOPBACK 1u

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

/* Takes back what an earlier configuration had put somewhere and this one has not, or elsewhere. */
int setup_remove_leftovers(struct daemon *d, struct err *e);
/* Fills self, keys, peers, groups and vips; removes what an earlier configuration left. */
int setup_maps(struct daemon *d, struct err *e);

#endif
