/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the byte layout of what surrounds a heartbeat: Ethernet, IPv4 or IPv6, and UDP. */
#include "frame.h"
#include "frame_int.h"

#include <string.h>

#define ETH_LEN 14
#define IP_LEN 20
#define IP6_LEN 40
#define UDP_LEN 8
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_IP6 0x86dd
#define IP_CLASS_CONTROL 0xc0 /* CS6: switches and queues serve network control first */
#define IP_DONT_FRAGMENT 0x4000
#define IP_PROTO_UDP 17

static void write_ip(uint8_t *ip, size_t len, const struct frame_addr *from,
		     const struct frame_addr *to)
{
	ip[0] = 0x45;
	ip[1] = IP_CLASS_CONTROL;
	put_be16(ip + 2, (uint32_t)(IP_LEN + len));
	put_be16(ip + 6, IP_DONT_FRAGMENT);
	ip[8] = HB_TTL;
	ip[9] = IP_PROTO_UDP;
	memcpy(ip + 12, &from->ip.word_be32[3], 4);
	memcpy(ip + 16, &to->ip.word_be32[3], 4);
	put_be16(ip + 10, checksum(0, ip, IP_LEN));
}

static void write_ip6(uint8_t *ip, size_t len, const struct frame_addr *from,
		      const struct frame_addr *to)
{
	ip[0] = 0x60 | IP_CLASS_CONTROL >> 4;
	ip[1] = (uint8_t)(IP_CLASS_CONTROL << 4);
	put_be16(ip + 4, (uint32_t)len);
	ip[6] = IP_PROTO_UDP;
	ip[7] = HB_TTL;
	memcpy(ip + 8, &from->ip, 16);
	memcpy(ip + 24, &to->ip, 16);
}

/* RFC 8200, 8.1: over both addresses, the length and the protocol, too; the field itself is still zero. */
static uint16_t udp6_checksum(const uint8_t *ip, size_t len)
{
	uint16_t sum = checksum((uint32_t)len + IP_PROTO_UDP, ip + 8, 32 + len);

	return sum ? sum : 0xffff; /* 0 says that none was made */
}

size_t frame_udp_wrap(void *bytes, size_t len, const struct frame_addr *from,
		      const struct frame_addr *to, uint16_t port_be16)
{
	size_t overhead = frame_hb_overhead(&to->ip);
	uint8_t *eth = bytes, *ip = eth + ETH_LEN, *udp = eth + overhead - UDP_LEN;
	bool v4 = ipt_addr_is_v4(&to->ip);

	memset(eth, 0, overhead);
	memcpy(eth, to->mac, 6);
	memcpy(eth + 6, from->mac, 6);
	put_be16(eth + 12, v4 ? ETHERTYPE_IP : ETHERTYPE_IP6);
	memcpy(udp, &port_be16, 2);
	memcpy(udp + 2, &port_be16, 2);
	put_be16(udp + 4, (uint32_t)(UDP_LEN + len));
	if (v4) {
		write_ip(ip, UDP_LEN + len, from, to);
	} else {
		write_ip6(ip, UDP_LEN + len, from, to);
		put_be16(udp + 6, udp6_checksum(ip, UDP_LEN + len));
	}
	return overhead + len;
}
