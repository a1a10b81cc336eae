/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does a card take VLAN tags off what comes in, before any XDP program sees it? */
#ifndef IPT_STRIP_H
#define IPT_STRIP_H

#include <stdbool.h>
#include <stdint.h>

/* Of tags of that protocol (ETH_P_8021Q or ETH_P_8021AD). What cannot be asked takes none off: such a driver has no switch. */
bool strip_is_on(const char *ifname, uint16_t proto);

#endif
