/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What traffic control holds on an interface: whose filters, which root qdisc. Reads only. */
#ifndef IPT_NETDEV_TC_H
#define IPT_NETDEV_TC_H

#include <stdint.h>

/* 1 if there is a clsact or ingress qdisc, else 0, or -errno. */
int netdev_tc_clsact(uint32_t ifindex);
/* Filters on both sides of clsact, or -errno. */
int netdev_tc_filters(uint32_t ifindex);
/* 1 and its kind if the root qdisc holds frames back (they left our egress check before), else 0, or -errno. */
int netdev_tc_shaper(uint32_t ifindex, char kind[16]);

#endif
