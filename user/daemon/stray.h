/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heals clients that still send to this host for an address that a peer owns. */
#ifndef IPT_STRAY_H
#define IPT_STRAY_H

#include "daemon.h"

/* One announcement to the client of `ev` (IPT_EV_STRAY) alone. The egress program has the last word. */
void stray_heal(struct daemon *d, const struct ipt_event *ev);

#endif
