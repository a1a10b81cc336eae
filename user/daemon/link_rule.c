/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hold-down and back-off of an interface. */
#include "link_rule.h"

static uint64_t doubled(uint64_t wait_ns, uint64_t min_ns)
{
	if (!wait_ns)
		return min_ns;
	return 2 * wait_ns < LINK_WAIT_MAX_NS ? 2 * wait_ns : LINK_WAIT_MAX_NS;
}

void link_hold_note(struct link_hold *h, bool well, uint64_t now_ns)
{
	if (well == !h->faulty)
		return;
	h->faulty = !well;
	if (well) {
		h->well_ns = now_ns;
		return;
	}
	if (now_ns - h->fault_ns > LINK_CALM_NS)
		h->hold_ns = 0;
	h->hold_ns = doubled(h->hold_ns, LINK_HOLD_MIN_NS);
	h->fault_ns = now_ns;
}

bool link_hold_well(const struct link_hold *h, uint64_t now_ns)
{
	return !h->faulty && now_ns >= h->well_ns + h->hold_ns;
}

uint64_t link_hold_due_ns(const struct link_hold *h, uint64_t now_ns)
{
	return h->faulty || link_hold_well(h, now_ns) ? UINT64_MAX : h->well_ns + h->hold_ns;
}

bool link_retry_due(struct link_retry *r, uint64_t now_ns)
{
	if (!r->due_ns) {
		if (now_ns - r->tried_ns > LINK_CALM_NS)
			r->wait_ns = 0;
		r->wait_ns = doubled(r->wait_ns, LINK_WAIT_MIN_NS);
		r->due_ns = now_ns + r->wait_ns;
	}
	if (now_ns < r->due_ns)
		return false;
	r->tried_ns = now_ns;
	r->due_ns = 0;
	return true;
}

bool link_retry_soon(struct link_retry *r, uint64_t now_ns)
{
	if (!r->due_ns && (!r->tried_ns || now_ns - r->tried_ns > LINK_CALM_NS)) {
		r->wait_ns = 0;
		r->due_ns = now_ns;
	}
	return link_retry_due(r, now_ns);
}

void link_retry_done(struct link_retry *r)
{
	r->due_ns = 0;
}
