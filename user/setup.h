/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map side of the set-up. */
#ifndef IPT_SETUP_H
#define IPT_SETUP_H

#include "daemon.h"

/* Refuses before anything is touched: groups held by hand, addresses that are there already and not ours. */
int setup_check(struct daemon *d, struct err *e);
/* Fills self, keys, peers, groups and vips; removes what an earlier configuration left. */
int setup_maps(struct daemon *d, struct err *e);

#endif
