/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* P8: what a predecessor left in the pinned maps, and which of its gates we may go on with. */
#ifndef IPT_ADOPT_H
#define IPT_ADOPT_H

#include "daemon.h"

/* Fills d->adopt and, with a gate to go on with, d->session; closes every other gate that a daemon left open, and
 * waits until the last frame under it has left. */
void adopt_predecessor(struct daemon *d);

#endif
