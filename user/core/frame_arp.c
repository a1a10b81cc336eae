/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the byte layout of what surrounds a payload: Ethernet, IPv4 and UDP headers, and ARP. */
#include "frame.h"

#include <string.h>

#define ETH_LEN 14
#define IP_LEN 20
#define UDP_LEN 8
#define ETHERTYPE_IP 0x0800
#define IP_TOS_CONTROL 0xc0 /* CS6: switches and queues serve network control first */
#define IP_DONT_FRAGMENT 0x4000
#define IP_PROTO_UDP 17

/* The fixed part of ARP for Ethernet and IPv4 (RFC 826). */
#define ARP_END (ETH_LEN + 28)
#define ARP_OPER 20
#define ARP_SHA 22
#define ARP_SPA 28
#define ARP_THA 32
#define ARP_TPA 38

static const uint8_t arp_start[8] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4};

static void put_be16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1071 over an IPv4 header without options, its checksum field being zero. */
static uint16_t ip_checksum(const uint8_t *ip)
{
	uint32_t sum = 0, i;

	for (i = 0; i < IP_LEN; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t frame_udp_wrap(void *bytes, size_t len, const struct frame_addr *from,
		      const struct frame_addr *to, uint16_t port_be16)
{
	uint8_t *eth = bytes, *ip = eth + ETH_LEN, *udp = ip + IP_LEN;

	memset(eth, 0, FRAME_HB_OVERHEAD);
	memcpy(eth, to->mac, 6);
	memcpy(eth + 6, from->mac, 6);
	put_be16(eth + 12, ETHERTYPE_IP);
	ip[0] = 0x45;
	ip[1] = IP_TOS_CONTROL;
	put_be16(ip + 2, (uint32_t)(IP_LEN + UDP_LEN + len));
	put_be16(ip + 6, IP_DONT_FRAGMENT);
	ip[8] = HB_TTL;
	ip[9] = IP_PROTO_UDP;
	memcpy(ip + 12, &from->ip_be32, 4);
	memcpy(ip + 16, &to->ip_be32, 4);
	put_be16(ip + 10, ip_checksum(ip));
	memcpy(udp, &port_be16, 2);
	memcpy(udp + 2, &port_be16, 2);
	put_be16(udp + 4, (uint32_t)(UDP_LEN + len));
	return FRAME_HB_OVERHEAD + len;
}

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
