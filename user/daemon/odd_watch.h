/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heartbeats that the peer of their address cannot have sent: told when they begin, and when they are over. */
#ifndef IPT_ODD_WATCH_H
#define IPT_ODD_WATCH_H

#include <stdint.h>
#include "abi.h"

struct daemon;

/* IPT_EV_IDENTITY or IPT_EV_BOUNDS has come from the kernel. */
void odd_seen(struct daemon *d, const struct ipt_event *ev);
/* Once a second: what is over? */
void odd_look(struct daemon *d, uint64_t now_ns);

#endif
