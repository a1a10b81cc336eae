/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only door to multicast membership: solicited-node groups of addresses that this host may not have (RFC 4291, 2.7.1). */
#ifndef IPT_MEMBERSHIP_H
#define IPT_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>
#include "address.h"

/* Of one interface; for more, its card is told to take in all groups, and switches are told nothing. */
#define MEMBERSHIP_MAX 4096

struct membership;

/* Empty. NULL: out of memory. */
struct membership *membership_new(void);
/* An address whose group is wanted there. 0 or -ENOMEM. */
int membership_want(struct membership *m, uint32_t ifindex, const struct ipt_addr *ip);
/*
 * Joins what is wanted and is not in the kernel's own table, so that MLD reports it (RFC 3810) and the card lets it in.
 * Of all interfaces: 0, or the last -errno, with *ret_missing groups not joined. May be called again and again.
 */
int membership_keep(struct membership *m, uint32_t *ret_missing);
/* Leaves them. */
void membership_free(struct membership *m);

#endif
