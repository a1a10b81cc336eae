/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a later process must know of this one, written before anybody can rely on it. */
#ifndef IPT_KEEP_H
#define IPT_KEEP_H

#include "daemon.h"

/* Before a frame asks for votes: the terms in which this process may be given some (P6). */
void keep_epochs(struct daemon *d, const struct beat *b);
/* Before a frame tells of promises: those that this process has made. */
void keep_promises(struct daemon *d);
/* After each step: what operators asked for, drained groups and priorities. */
void keep_requests(struct daemon *d);

#endif
