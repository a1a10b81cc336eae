/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sysctls of attached interfaces and of those beside them; every old value is kept. */
#ifndef IPT_SYSCTL_H
#define IPT_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>
#include "kern/kern.h"

/*
 * Sets what the interfaces that are attached now require: promote_secondaries = 1 on each of them; arp_announce = 2 on all
 * interfaces while one is attached; arp_ignore on those that are not attached and where standing addresses live: 3 if all
 * floating addresses have scope host, for which no interface answers under it, else 1.
 * Restores what is no longer required, everything when nothing is attached, unless somebody else has changed our value.
 * 0, or -errno of the first value that could not be set; the others are set all the same.
 *
 * The caller holds the lock of attach and detach. Without it another command could detach the interface and remove the
 * pins between our look and our write, and nobody would restore the value that we write.
 */
int sysctl_guard_all(struct kern *k, struct err *e);

struct sysctl_known {
	uint32_t standing[IPT_MAX_IFACES]; /* interfaces by which standing addresses are reached */
	unsigned int nstanding;
	bool wide; /* a floating address has, or will have, another scope than host */
};

/* The same from a caller who knows: to look at a hundred thousand addresses once a second would take a good part of a CPU. It
 * is done all the same while some were added by hand, which the caller does not know. */
int sysctl_guard_known(struct kern *k, const struct sysctl_known *known, struct err *e);

#endif
