/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the byte layout of ARP over Ethernet. */
#include "frame.h"
#include "frame_int.h"

#include <string.h>

#define ETH_LEN 14

/* The fixed part of ARP for Ethernet and IPv4 (RFC 826). */
#define ARP_END (ETH_LEN + 28)
#define ARP_OPER 20
#define ARP_SHA 22
#define ARP_SPA 28
#define ARP_THA 32
#define ARP_TPA 38

static const uint8_t arp_start[8] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4};

void frame_arp_write(uint8_t bytes[FRAME_ETH_MIN], const struct arp_packet *arp)
{
	memset(bytes, 0, FRAME_ETH_MIN);
	memcpy(bytes, arp->eth_dst, 6);
	memcpy(bytes + 6, arp->eth_src, 6);
	memcpy(bytes + 12, arp_start, sizeof(arp_start));
	put_be16(bytes + ARP_OPER, arp->oper);
	memcpy(bytes + ARP_SHA, arp->sha, 6);
	memcpy(bytes + ARP_SPA, &arp->spa_be32, 4);
	memcpy(bytes + ARP_THA, arp->tha, 6);
	memcpy(bytes + ARP_TPA, &arp->tpa_be32, 4);
}

void frame_arp_build(uint8_t bytes[FRAME_ETH_MIN], enum arp_form form, const uint8_t mac[6],
		     uint32_t ip_be32)
{
	struct arp_packet arp = {.oper = form == ARP_FORM_REPLY ? 2 : 1, .tpa_be32 = ip_be32};

	memset(arp.eth_dst, 0xff, 6);
	memcpy(arp.eth_src, mac, 6);
	memcpy(arp.sha, mac, 6);
	/* A probe names no sender, so that nobody's cache learns from the question (RFC 5227 1.1). */
	if (form != ARP_FORM_PROBE)
		arp.spa_be32 = ip_be32;
	/* Linux takes a reply for gratuitous only when its target is its sender. */
	if (form == ARP_FORM_REPLY)
		memcpy(arp.tha, mac, 6);
	frame_arp_write(bytes, &arp);
}

bool frame_arp_parse(const void *bytes, size_t len, struct arp_packet *ret)
{
	const uint8_t *p = bytes;

	if (len < ARP_END || memcmp(p + 12, arp_start, sizeof(arp_start)) != 0 ||
	    p[ARP_OPER] != 0 || (p[ARP_OPER + 1] != 1 && p[ARP_OPER + 1] != 2))
		return false;
	memcpy(ret->eth_dst, p, 6);
	memcpy(ret->eth_src, p + 6, 6);
	ret->oper = p[ARP_OPER + 1];
	memcpy(ret->sha, p + ARP_SHA, 6);
	memcpy(&ret->spa_be32, p + ARP_SPA, 4);
	memcpy(ret->tha, p + ARP_THA, 6);
	memcpy(&ret->tpa_be32, p + ARP_TPA, 4);
	return true;
}
