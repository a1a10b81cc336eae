/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells one client who has the address now: a gratuitous reply to it alone, with the owner's MAC. */
#include <errno.h>
#include <string.h>
#include "net/packet.h"
#include "stray.h"

/* The heartbeat path to the owner on that interface: its socket, our MAC there, and by XDP the owner's. */
static const struct beat_path *path_to(const struct daemon *d, const struct ipt_event *ev,
				       uint8_t owner_mac[6])
{
	int i = ev->peer < d->cfg.npeers
			? kern_path_newest(d->k, d->cfg.peers[ev->peer].id, ev->ifindex)
			: -ENOENT;

	if (i < 0 || (unsigned int)i >= d->plan.npaths)
		return NULL;
	memcpy(owner_mac, (const void *)kern_paths(d->k)[i].mac, 6);
	return &d->plan.paths[i];
}

void stray_heal(struct daemon *d, const struct ipt_event *ev)
{
	struct arp_packet arp = {.oper = 2,
				 .spa_be32 = ev->addr.word_be32[3],
				 .tpa_be32 = ev->addr.word_be32[3]};
	const struct beat_path *path = path_to(d, ev, arp.sha);
	uint8_t frame[FRAME_ETH_MIN];

	if (!path || !ipt_addr_is_v4(&ev->addr))
		return;
	memcpy(arp.eth_dst, ev->mac, 6);
	/* Our own, whatever the frame says: switches learn from it where this host is. */
	memcpy(arp.eth_src, path->from.mac, 6);
	memcpy(arp.tha, arp.sha, 6);
	frame_arp_write(frame, &arp);
	/* Lost or fenced, it is said again when the client's next packet comes, a second from now. */
	(void)packet_send(path->fd, frame, sizeof(frame));
}
