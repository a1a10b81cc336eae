/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns which addresses a host may have, and how a word becomes one. */
#include "config_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* A host address a packet can be sent to: NULL, or what else it is. */
static const char *v4_refused(uint32_t ip_be32)
{
	uint32_t ip = ntohl(ip_be32);

	if (ip >> 24 == 0)
		return "an address of network 0";
	if (ip >> 24 == 127)
		return "a loopback address";
	if (ip >> 28 == 0xe)
		return "a multicast address";
	if (ip >> 28 == 0xf)
		return "a broadcast or reserved address";
	return NULL;
}

/* RFC 4291, 2.4 and 2.5: the first 96 bits zero are what stands for no host, or for IPv4. */
static const char *v6_refused(const struct ipt_addr *ip)
{
	const __be32 *w = ip->word_be32;

	if (ntohl(w[0]) >> 24 == 0xff)
		return "a multicast address";
	if (!w[0] && !w[1] && !w[2] && ntohl(w[3]) == 1)
		return "a loopback address";
	if (!w[0] && !w[1] && !w[2])
		return w[3] ? "an IPv4-compatible address" : "the unspecified address";
	return NULL;
}

int config_get_ip(const struct config_section *s, const char *name, unsigned int index,
		  uint32_t *ret_be32)
{
	struct config_word w = config_word(s, name, index);
	const char *refused;
	struct in_addr in;

	if (!w.text)
		return 0;
	if (inet_pton(AF_INET, w.text, &in) != 1)
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text,
					 "not an IPv4 address, write it like 192.0.2.1");
	refused = v4_refused(in.s_addr);
	if (refused)
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text, refused);
	*ret_be32 = in.s_addr;
	return 0;
}

static const char *ip_refused(const struct ipt_addr *ip)
{
	return ipt_addr_is_v4(ip) ? v4_refused(ip->word_be32[3]) : v6_refused(ip);
}

/* Empty, or why that is no interface's name. */
static const char *iface_refused(const char *iface, const struct ipt_addr *ip)
{
	if (!addr_is_link_local(ip))
		return iface ? "only a link-local address has an interface behind it" : NULL;
	if (!iface || !*iface)
		return "a link-local address needs its interface, write it like fe80::1%eth0";
	if (strlen(iface) >= IFNAMSIZ || strpbrk(iface, "/: \t%"))
		return "no name of an interface behind the %";
	return NULL;
}

int config_get_host(const struct config_section *s, const char *name, unsigned int index,
		    struct config_host *ret)
{
	struct config_word w = config_word(s, name, index);
	const char *percent = strchr(w.text, '%'), *refused;
	size_t len = percent ? (size_t)(percent - w.text) : strlen(w.text);
	struct config_host h = {0};

	if (!addr_parse_part(w.text, len, &h.ip))
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text,
					 "not an IPv4 or IPv6 address, write it like 192.0.2.1, "
					 "2001:db8::1 or fe80::1%eth0");
	refused = ip_refused(&h.ip);
	if (!refused)
		refused = iface_refused(percent ? percent + 1 : NULL, &h.ip);
	if (refused)
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text, refused);
	if (percent)
		(void)snprintf(h.iface, sizeof(h.iface), "%s", percent + 1);
	*ret = h;
	return 0;
}

int config_get_own(const struct config_section *s, const char *name, unsigned int index,
		   struct ipt_addr *ret)
{
	struct config_word w = config_word(s, name, index);
	struct ipt_addr ip;
	const char *refused;

	if (!addr_parse(w.text, &ip))
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text,
					 "not an IPv4 or IPv6 address, write it like 192.0.2.1 or "
					 "2001:db8::1");
	refused = ip_refused(&ip);
	if (refused)
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text, refused);
	*ret = ip;
	return 0;
}

const char *config_host_text(const struct config_host *h, char text[CONFIG_HOST_TEXT])
{
	char ip[ADDR_TEXT];

	(void)snprintf(text, CONFIG_HOST_TEXT, "%s%s%s", addr_text(&h->ip, ip),
		       h->iface[0] ? "%" : "", h->iface);
	return text;
}

/* Of a prefix that has both: 31 and 32 bits have neither (RFC 3021). */
static const char *net_or_broadcast(uint32_t ip, uint32_t prefix_len)
{
	uint32_t host_bits = prefix_len < 31 ? UINT32_MAX >> prefix_len : 0;

	if (host_bits && (ip & host_bits) == 0)
		return "the network's own address";
	if (host_bits && (ip & host_bits) == host_bits)
		return "the network's broadcast address";
	return NULL;
}

/* All zero behind the prefix is any router there (RFC 4291, 2.6.1), but for 127 bits (RFC 6164). */
static const char *any_router(const struct addr *a)
{
	struct addr net = {.prefix_len = a->prefix_len};

	for (unsigned int i = 0; i < a->prefix_len; i++)
		net.ip.word_be32[i / 32] |= a->ip.word_be32[i / 32] & htonl(1u << (31 - i % 32));
	return a->prefix_len < 127 && ipt_addr_equal(&net.ip, &a->ip)
		       ? "the address of every router of its network"
		       : NULL;
}

static const char *refused(const struct addr *a)
{
	bool v4 = ipt_addr_is_v4(&a->ip);
	const char *what = ip_refused(&a->ip);

	if (what)
		return what;
	return v4 ? net_or_broadcast(ntohl(a->ip.word_be32[3]), a->prefix_len) : any_router(a);
}

int config_parse_addr(const char *text, struct addr *ret, struct err *e)
{
	const char *slash = strchr(text, '/'), *what;
	struct addr a = {0};
	uint32_t len;

	if (!slash && addr_parse(text, &a.ip))
		return err_set(e, -EINVAL, "address '%s': prefix length missing, write %s/%s", text,
			       text, ipt_addr_is_v4(&a.ip) ? "24" : "64");
	if (!slash || !addr_parse_part(text, (size_t)(slash - text), &a.ip))
		return err_set(e, -EINVAL,
			       "address '%s': not an IPv4 or IPv6 address, write it like "
			       "192.0.2.1/24 or 2001:db8::1/64",
			       text);
	if (!config_parse_number(slash + 1, addr_bits(&a.ip), &len) || len == 0)
		return err_set(e, -EINVAL, "address '%s': prefix length '%s' is not 1 to %u", text,
			       slash + 1, addr_bits(&a.ip));
	a.prefix_len = (uint8_t)len;
	what = refused(&a);
	if (what)
		return err_set(e, -EINVAL, "address '%s': %s", text, what);
	*ret = a;
	return 0;
}
