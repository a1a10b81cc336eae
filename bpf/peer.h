/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a peer's record alone says: how long its silence must last before its lease has surely ended. */
#ifndef IPT_PEER_H
#define IPT_PEER_H

#include "maps.h"

/* G of the longer of the two holds: the peer's own word, and ours should it know a shorter one. */
static __always_inline __u64 peer_g_ns(const struct ipt_self *me, const struct ipt_peer *rec)
{
	__u64 ours_us = judge_hold_us(me->lease_ns, me->rho_ppm, me->settle_ns);

	return judge_g_of_hold_ns(rec->hold_us_max > ours_us ? rec->hold_us_max : ours_us,
				  me->rho_ppm);
}

#endif
