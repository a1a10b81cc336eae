/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how one word of the configuration becomes one value: numbers, times, percentages, addresses. */
#include "config_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define FRACTION_DIGITS 6
#define FRACTION 1000000ull /* ten to the FRACTION_DIGITS */
/* More nanoseconds than any time may have, and far from overflow. */
#define WHOLE_MAX 100000000000000000ull
#define PPM_OF_PERCENT 10000

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000},
};

bool config_parse_number(const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && v <= max; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == text || *p || v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool config_has_control(const char *text)
{
	while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
		text++;
	return *text;
}

/* "12.5": 12 and 500,000 millionths, *end behind it. Never a double: it must come out exact. */
static bool parse_decimal(const char *text, uint64_t *whole, uint64_t *fraction, const char **end)
{
	uint64_t scale = FRACTION;
	const char *p = text;

	*whole = 0;
	*fraction = 0;
	for (; *p >= '0' && *p <= '9' && *whole <= WHOLE_MAX; p++)
		*whole = *whole * 10 + (uint64_t)(*p - '0');
	if (p == text || *whole > WHOLE_MAX)
		return false;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9' && scale > 1; p++) {
			scale /= 10;
			*fraction += (uint64_t)(*p - '0') * scale;
		}
		if (scale == FRACTION)
			return false;
	}
	*end = p;
	return true;
}

/* value * unit, if that is a whole number. */
static bool scale_decimal(uint64_t whole, uint64_t fraction, uint64_t unit, uint64_t *ret)
{
	if (fraction * unit % FRACTION || whole > UINT64_MAX / 2 / unit)
		return false;
	*ret = whole * unit + fraction * unit / FRACTION;
	return true;
}

/* Behind the digits: as some languages write fractions. */
static bool has_comma(const char *unit)
{
	return unit[0] == ',' && unit[1] >= '0' && unit[1] <= '9';
}

static int wrong(const struct config_section *s, const char *name, struct config_word w,
		 const char *want)
{
	return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text, want);
}

int config_get_number(const struct config_section *s, const char *name, uint32_t min, uint32_t max,
		      uint32_t *ret)
{
	struct config_word w = config_word(s, name, 0);
	uint32_t v;

	if (!w.text)
		return 0;
	if (!config_parse_number(w.text, max, &v) || v < min)
		return config_file_error(s->file, w.line, "%s '%s': not a number from %u to %u",
					 name, w.text, min, max);
	*ret = v;
	return 0;
}

int config_get_signed(const struct config_section *s, const char *name, uint32_t most, int *ret)
{
	struct config_word w = config_word(s, name, 0);
	uint32_t v;

	if (!w.text)
		return 0;
	if (!config_parse_number(w.text + (w.text[0] == '-'), most, &v))
		return config_file_error(s->file, w.line, "%s '%s': not a number from -%u to %u",
					 name, w.text, most, most);
	*ret = w.text[0] == '-' ? -(int)v : (int)v;
	return 0;
}

int config_get_bool(const struct config_section *s, const char *name, bool *ret)
{
	struct config_word w = config_word(s, name, 0);

	if (!w.text)
		return 0;
	if (strcmp(w.text, "true") != 0 && strcmp(w.text, "false") != 0)
		return wrong(s, name, w, "neither true nor false");
	*ret = w.text[0] == 't';
	return 0;
}

int config_get_time(const struct config_section *s, const char *name, uint64_t *ret_ns)
{
	struct config_word w = config_word(s, name, 0);
	uint64_t whole, fraction;
	const char *unit;
	size_t i;

	if (!w.text)
		return 0;
	if (!parse_decimal(w.text, &whole, &fraction, &unit))
		return wrong(s, name, w, "not a time, write it like 50ms");
	if (has_comma(unit))
		return wrong(s, name, w, "a decimal point is missing, write it like 0.5ms");
	if (!*unit)
		return wrong(s, name, w, "unit missing, one of ns, us, ms, s, min");
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (!scale_decimal(whole, fraction, units[i].ns, ret_ns))
			return wrong(s, name, w, "too long, or finer than a nanosecond");
		return 0;
	}
	return wrong(s, name, w, "unknown unit, use one of ns, us, ms, s, min");
}

int config_get_percent(const struct config_section *s, const char *name, uint32_t *ret_ppm)
{
	struct config_word w = config_word(s, name, 0);
	uint64_t whole, fraction, ppm;
	const char *unit;

	if (!w.text)
		return 0;
	if (!parse_decimal(w.text, &whole, &fraction, &unit))
		return wrong(s, name, w, "not a percentage, write it like 0.1%");
	if (has_comma(unit))
		return wrong(s, name, w, "a decimal point is missing, write it like 0.1%");
	if (strcmp(unit, "%") != 0)
		return wrong(s, name, w, "percent sign missing, write it like 0.1%");
	if (whole > 100 || !scale_decimal(whole, fraction, PPM_OF_PERCENT, &ppm))
		return wrong(s, name, w, "above 100%, or finer than 0.0001%");
	*ret_ppm = (uint32_t)ppm;
	return 0;
}

int config_get_choice(const struct config_section *s, const char *name,
		      const char *(*name_of)(uint32_t), uint32_t *ret)
{
	struct config_word w = config_word(s, name, 0);
	char known[128] = "";
	size_t len = 0;
	uint32_t i;

	if (!w.text)
		return 0;
	for (i = 0; strcmp(name_of(i), "?") != 0; i++) {
		if (strcmp(name_of(i), w.text) == 0) {
			*ret = i;
			return 0;
		}
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "",
					name_of(i));
	}
	return config_file_error(s->file, w.line, "%s '%s': not one of %s", name, w.text, known);
}

const char *config_ip_refused(uint32_t ip_be32)
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

int config_get_ip(const struct config_section *s, const char *name, unsigned int index,
		  uint32_t *ret_be32)
{
	struct config_word w = config_word(s, name, index);
	const char *refused;
	struct in_addr in;

	if (!w.text)
		return 0;
	if (inet_pton(AF_INET, w.text, &in) != 1)
		return wrong(s, name, w, "not an IPv4 address, write it like 192.0.2.1");
	refused = config_ip_refused(in.s_addr);
	if (refused)
		return config_file_error(s->file, w.line, "%s '%s': %s", name, w.text, refused);
	*ret_be32 = in.s_addr;
	return 0;
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

int config_parse_addr(const char *text, struct addr *ret, struct err *e)
{
	const char *slash = strchr(text, '/'), *refused;
	char ip[INET_ADDRSTRLEN] = "";
	struct in_addr in;
	uint32_t len;

	if (slash && (size_t)(slash - text) < sizeof(ip))
		memcpy(ip, text, (size_t)(slash - text));
	if (!slash && inet_pton(AF_INET, text, &in) == 1)
		return err_set(e, -EINVAL, "address '%s': prefix length missing, write %s/24", text,
			       text);
	if (inet_pton(AF_INET, ip, &in) != 1)
		return err_set(e, -EINVAL,
			       "address '%s': not an IPv4 address, write it like 192.0.2.1/24",
			       text);
	if (!config_parse_number(slash + 1, 32, &len) || len == 0)
		return err_set(e, -EINVAL, "address '%s': prefix length '%s' is not 1 to 32", text,
			       slash + 1);
	refused = config_ip_refused(in.s_addr);
	if (!refused)
		refused = net_or_broadcast(ntohl(in.s_addr), len);
	if (refused)
		return err_set(e, -EINVAL, "address '%s': %s", text, refused);
	*ret = (struct addr){.ip_be32 = in.s_addr, .prefix_len = (uint8_t)len};
	return 0;
}

int config_check_name(const char *what, const char *name, struct err *e)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	static const char rest[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(name);

	/* A dash in front would read as an option on the command line. */
	if (len == 0 || len >= IPT_NAME_LEN || !strchr(first, name[0]) || name[strspn(name, rest)])
		return err_set(e, -EINVAL,
			       "%s '%s': a name has 1 to %d characters of A-Z a-z 0-9 _ . - and "
			       "begins with a letter, digit or _",
			       what, name, IPT_NAME_LEN - 1);
	return 0;
}
