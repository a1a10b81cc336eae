/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sysctls of attached interfaces and of those beside them; every old value is kept. */
#ifndef IPT_SYSCTL_H
#define IPT_SYSCTL_H

#include <stdint.h>
#include "kern/kern.h"

/*
 * For all interfaces, given those attached now: promote_secondaries = 1 on attached ones, arp_announce = 2 on all while
 * any is, arp_ignore = 1 on every interface beside an attached one and where standing addresses live. Undoes what is no
 * longer needed: with nothing attached, everything, except where somebody else has changed our value meanwhile.
 * 0, or -errno of the first that could not be set; the others are set all the same.
 *
 * Under the lock of attach and detach: between another command's look and its deed an interface may be detached and the
 * pins removed, and a value written then would be nobody's to restore.
 */
int sysctl_guard_all(struct kern *k, struct err *e);
/* The same from a caller who knows by which interfaces standing addresses are reached: to look at a hundred thousand
 * addresses once a second would take a good part of a CPU. */
int sysctl_guard_known(struct kern *k, const uint32_t *standing, unsigned int n, struct err *e);

#endif
