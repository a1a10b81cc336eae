/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two kinds of questions and what answers them. */
#include <string.h>
#include "core/frame.h"
#include "packet.h"
#include "probe_int.h"

static size_t write_arp(uint8_t *frame, const struct probe_asker *asker, const struct ipt_addr *ip)
{
	struct arp_packet arp = {.oper = 1,
				 .spa_be32 = asker->from_be32,
				 .tpa_be32 = ip->word_be32[3]};

	if (!asker->from_be32) {
		frame_arp_build(frame, ARP_FORM_PROBE, asker->mac, ip->word_be32[3]);
		return FRAME_ETH_MIN;
	}
	memset(arp.eth_dst, 0xff, 6);
	memcpy(arp.eth_src, asker->mac, 6);
	memcpy(arp.sha, asker->mac, 6);
	frame_arp_write(frame, &arp);
	return FRAME_ETH_MIN;
}

/* Only what was said to us: an announcement that happens to pass by answers nobody. */
static bool read_arp(const uint8_t *frame, size_t len, const struct probe_asker *asker,
		     struct probe_said *ret)
{
	struct arp_packet arp;

	if (!frame_arp_parse(frame, len, &arp) || arp.oper != 2 || memcmp(arp.tha, asker->mac, 6))
		return false;
	ret->ip = ipt_addr_v4(arp.spa_be32);
	memcpy(ret->mac, arp.sha, 6);
	return true;
}

static size_t write_nd(uint8_t *frame, const struct probe_asker *asker, const struct ipt_addr *ip)
{
	const struct nd_packet nd = frame_nd_question(asker->mac, asker->from6, ip);

	return frame_nd_write(frame, &nd);
}

/*
 * Whoever asks from an address is answered as a neighbour is, to its MAC. Duplicate address detection is answered to
 * all (RFC 4862, 5.4.4), just as an announcement is made: whoever says so has the address, asked or not.
 */
static bool read_nd(const uint8_t *frame, size_t len, const struct probe_asker *asker,
		    struct probe_said *ret)
{
	struct nd_packet nd;

	if (!frame_nd_parse(frame, len, &nd) || nd.type != ND_ADVERTISE || !nd.has_mac)
		return false;
	if (asker->from6 && (!(nd.flags & ND_SOLICITED) || memcmp(nd.eth_dst, asker->mac, 6)))
		return false;
	ret->ip = nd.target;
	memcpy(ret->mac, nd.mac, 6);
	return true;
}

const struct probe_family probe_arp = {0, packet_open_arp, write_arp, read_arp};
const struct probe_family probe_nd = {1, packet_open_nd, write_nd, read_nd};
