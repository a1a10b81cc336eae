/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns ranges of addresses: FIRST-LAST/LENGTH, each address of which is as if it were written alone. */
#include "config_int.h"

#include <errno.h>
#include <string.h>

/* Network order is numeric order; the address is 16 bytes long in either family. */
static unsigned __int128 number_of(const struct ipt_addr *ip)
{
	unsigned __int128 n = 0;

	for (unsigned int i = 0; i < 4; i++)
		n = n << 32 | ntohl(ip->word_be32[i]);
	return n;
}

static struct ipt_addr address_of(unsigned __int128 n)
{
	struct ipt_addr ip;

	for (unsigned int i = 4; i-- > 0; n >>= 32)
		ip.word_be32[i] = htonl((uint32_t)n);
	return ip;
}

struct addr config_range_nth(const struct addr *first, uint32_t n)
{
	struct addr a = *first;

	a.ip = address_of(number_of(&first->ip) + n);
	return a;
}

/* Splits at the hyphen: `ret` is "FIRST/LENGTH", and what is returned points to "LAST/LENGTH" in `text`. NULL: no range. */
static const char *split(const char *text, char *ret, size_t size)
{
	const char *hyphen = strchr(text, '-'), *slash = strchr(text, '/');

	if (!hyphen || (slash && slash < hyphen))
		return NULL;
	(void)snprintf(ret, size, "%.*s%s", (int)(hyphen - text), text, slash ? slash : "");
	return hyphen + 1;
}

int config_parse_range(const char *text, struct addr *ret_first, uint32_t *ret_count, struct err *e)
{
	char begin[2 * ADDR_TEXT];
	const char *end = split(text, begin, sizeof(begin));
	struct addr first, last;
	unsigned __int128 n;

	*ret_count = 1;
	if (!end)
		return config_parse_addr(text, ret_first, e);
	if (config_parse_addr(begin, &first, e) || config_parse_addr(end, &last, e))
		return -EINVAL;
	if (ipt_addr_is_v4(&first.ip) != ipt_addr_is_v4(&last.ip))
		return err_set(e, -EINVAL, "addresses '%s': from one family to the other", text);
	if (addr_order(&first.ip, &last.ip) > 0)
		return err_set(e, -EINVAL, "addresses '%s': the last comes before the first", text);
	/* So that none between them is a network's own address or its broadcast address. */
	if (!addr_covers(&first, &last))
		return err_set(e, -EINVAL,
			       "addresses '%s': first and last are not of one network of /%u", text,
			       first.prefix_len);
	n = number_of(&last.ip) - number_of(&first.ip);
	if (n >= IPT_MAX_VIPS)
		return err_set(e, -EINVAL, "addresses '%s': more than %d", text, IPT_MAX_VIPS);
	*ret_first = first;
	*ret_count = (uint32_t)n + 1;
	return 0;
}
