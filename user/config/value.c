/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how one word of the configuration becomes one value: numbers, times, percentages. */
#include "config_int.h"

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

int config_check_name(const char *what, const char *name, struct err *e)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	static const char rest[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(name);

	if (strstr(name, CONFIG_PLACEHOLDER))
		return err_set(e, -EINVAL,
			       "%s '%s': a placeholder that convert has left: write what belongs "
			       "there",
			       what, name);
	/* A dash in front would read as an option on the command line. */
	if (len == 0 || len >= IPT_NAME_LEN || !strchr(first, name[0]) || name[strspn(name, rest)])
		return err_set(e, -EINVAL,
			       "%s '%s': a name has 1 to %d characters of A-Z a-z 0-9 _ . - and "
			       "begins with a letter, digit or _",
			       what, name, IPT_NAME_LEN - 1);
	return 0;
}
