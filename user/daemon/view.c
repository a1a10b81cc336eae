/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's records into the core's view: after `now`, before the step (protocol 6). */
#include "base/clock.h"
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	struct beat proven[IPT_MAX_PEERS], unproven[IPT_MAX_PEERS];
};

int view_open(struct daemon *d)
{
	d->seen = calloc(1, sizeof(*d->seen));
	return d->seen ? 0 : -ENOMEM;
}

void view_close(struct daemon *d)
{
	free(d->seen);
	d->seen = NULL;
}

static void read_frame(const struct ipt_frame *frame, uint64_t *rx_ns, struct beat *storage,
		       const struct beat **ret)
{
	if (!frame->rx_ns || frame->rx_ns == *rx_ns)
		return;
	/* XDP has checked it; a record that does not decode is an older layout's and says nothing. */
	if (!frame_beat_decode(frame->bytes, frame->len, storage))
		return;
	*rx_ns = frame->rx_ns;
	*ret = storage;
}

/*
 * The peer's own frames on this way tell where it is. One that is heard but proves nothing any more may have come back
 * with another network card, and hears us only if all do; an unproven frame's word alone is not taken. A routed one is
 * where next_hop.c has found the router.
 */
static void aim(uint8_t mac[6], const volatile struct ipt_path *path, uint64_t stale_ns)
{
	if (path->hops > 1)
		memcpy(mac, (const void *)path->via, 6);
	else if (!path->proven_ns || path->last_ns > path->proven_ns + stale_ns)
		memset(mac, 0xff, 6);
	else
		memcpy(mac, (const void *)path->mac, 6);
}

static void read_peer(struct daemon *d, uint32_t i)
{
	struct core_peer_view *v = &d->view.peer[i];
	struct ipt_peer r;

	if (kern_peer_get(d->k, i, &r))
		return;
	v->last_ns = r.last_ns;
	read_frame(&r.proven, &v->proven_rx_ns, &d->seen->proven[i], &v->proven);
	read_frame(&r.unproven, &v->unproven_rx_ns, &d->seen->unproven[i], &v->unproven);
	v->hold_us_max = hold_longest_us(r.hold_us_max, r.hold_us_next, r.hold_max_ns,
					 clock_now_ns(), d->cfg.timing.rho_ppm);
}

void view_read(struct daemon *d)
{
	const volatile struct ipt_sent *sent = kern_sent(d->k);
	volatile uint64_t *leases = kern_leases(d->k);
	volatile struct ipt_group *groups = kern_groups(d->k);

	d->view.run_start_ns = sent->session == d->session ? sent->run_start_ns : 0;
	/* Words first: a frame that comes in after them changes a word, and the claim's swap fails. */
	for (uint32_t i = 0; i < d->cfg.ngroups; i++) {
		uint32_t index = d->groups[i].index;

		d->view.group[i].word = __atomic_load_n(&leases[index], __ATOMIC_ACQUIRE);
		d->view.group[i].epoch_max = groups[index].epoch_max;
		d->view.group[i].owner_epoch = groups[index].owner_epoch;
	}
	for (uint32_t i = 0; i < d->cfg.npeers; i++)
		read_peer(d, i);
	for (unsigned int i = 0; i < d->plan.npaths; i++)
		aim(d->plan.paths[i].to.mac, &kern_paths(d->k)[i], 2 * d->cfg.timing.d_ns);
}

bool view_is_member(const struct daemon *d, const uint8_t mac[6])
{
	const volatile struct ipt_path *path = kern_paths(d->k);

	for (unsigned int i = 0; i < d->plan.npaths; i++)
		if (path[i].proven_ns && !memcmp((const void *)path[i].mac, mac, 6))
			return true;
	return false;
}
