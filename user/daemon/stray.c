/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells one client who has the address now: an announcement to it alone, with the owner's MAC. */
#include <errno.h>
#include <string.h>
#include "core/frame_nd.h"
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

static size_t heal_arp(uint8_t *frame, const struct ipt_event *ev, const uint8_t ours[6],
		       const uint8_t owner[6])
{
	struct arp_packet arp = {.oper = 2,
				 .spa_be32 = ev->addr.word_be32[3],
				 .tpa_be32 = ev->addr.word_be32[3]};

	memcpy(arp.eth_dst, ev->mac, 6);
	memcpy(arp.eth_src, ours, 6);
	memcpy(arp.sha, owner, 6);
	memcpy(arp.tha, owner, 6);
	frame_arp_write(frame, &arp);
	return FRAME_ETH_MIN;
}

/*
 * To all nodes, in a frame for one (RFC 6085): the packet's source may lie beyond the router that is to be told, and what
 * IPv6 address that one has here nobody knows. So it is unsolicited, and O alone says that it counts.
 */
static size_t heal_nd(uint8_t *frame, const struct ipt_event *ev, const uint8_t ours[6],
		      const uint8_t owner[6], bool router)
{
	struct nd_packet nd = frame_nd_announcement(owner, &ev->addr, router);

	memcpy(nd.eth_dst, ev->mac, 6);
	memcpy(nd.eth_src, ours, 6);
	return frame_nd_write(frame, &nd);
}

void stray_heal(struct daemon *d, const struct ipt_event *ev)
{
	uint8_t frame[FRAME_ND], owner[6];
	const struct beat_path *path = path_to(d, ev, owner);
	struct ipt_vip vip;
	size_t len;

	if (!path || kern_vip_get(d->k, ev->ifindex, ev->addr, &vip))
		return;
	/* The Ethernet source is our own, whatever the frame says: switches learn from it where this host is. */
	if (ipt_addr_is_v4(&ev->addr))
		len = heal_arp(frame, ev, path->from.mac, owner);
	else
		len = heal_nd(frame, ev, path->from.mac, owner, vip.flags & IPT_VIP_F_ROUTER);
	/* Lost or fenced, it is said again when the client's next packet comes, a second from now. */
	(void)packet_send(path->fd, frame, len);
}
