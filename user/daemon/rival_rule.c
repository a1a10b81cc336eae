/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Remembers rivals and paces the answers to them. Pure: time is a parameter. */
#include <string.h>
#include "rival_rule.h"

#define DEFEND_INTERVAL_NS 10000000000ull /* RFC 5227: no second defence within it */
#define FORGET_NS 600000000000ull /* one that comes back after this is news again */

bool rival_seen(struct rivals *r, const uint8_t mac[6], uint64_t now_ns)
{
	struct rival *oldest = &r->list[0];
	bool known;

	for (int i = 0; i < RIVALS_MAX; i++) {
		struct rival *one = &r->list[i];

		if (one->seen_ns && !memcmp(one->mac, mac, 6)) {
			known = now_ns - one->seen_ns < FORGET_NS;
			one->seen_ns = now_ns;
			return !known;
		}
		if (one->seen_ns < oldest->seen_ns)
			oldest = one;
	}
	memcpy(oldest->mac, mac, 6);
	oldest->seen_ns = now_ns;
	return true;
}

static bool defended_lately(const struct defended *one, uint64_t now_ns)
{
	return one->at_ns && now_ns - one->at_ns < DEFEND_INTERVAL_NS;
}

bool rival_defend(struct rivals *r, const struct ipt_addr *ip, uint32_t ifindex, uint64_t now_ns)
{
	struct defended *room = NULL;

	for (int i = 0; i < DEFENDED_MAX; i++) {
		struct defended *one = &r->defended[i];

		if (!defended_lately(one, now_ns))
			room = one;
		else if (ipt_addr_equal(&one->ip, ip) && one->ifindex == ifindex)
			return false;
	}
	if (!room)
		return false;
	*room = (struct defended){*ip, ifindex, now_ns};
	return true;
}
