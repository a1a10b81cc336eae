/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which bytes are UTF-8: RFC 3629, section 4. */
#include "utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The second byte's range tells overlong forms, surrogates and what is beyond U+10FFFF from the rest. */
static const struct {
	unsigned char first, last; /* of the first byte */
	unsigned char low, high; /* of the second one */
	unsigned char len;
} forms[] = {
	{0x01, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* Length of the sequence at `s`, which ends at a NUL at the latest; 0: none. */
static size_t sequence(const unsigned char *s)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (*s < forms[i].first || *s > forms[i].last)
			continue;
		if (forms[i].len > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t at = 2; at < forms[i].len; at++)
			if (s[at] < 0x80 || s[at] > 0xbf)
				return 0;
		return forms[i].len;
	}
	return 0;
}

void utf8_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s) {
		size_t len = sequence(s);

		if (!len)
			*s = '?';
		s += len ? len : 1;
	}
}

static bool obeyed(const unsigned char *s, size_t len)
{
	return (len == 1 && (*s < ' ' || *s == 0x7f)) || (len == 2 && *s == 0xc2 && s[1] < 0xa0);
}

void utf8_plain(char *text)
{
	unsigned char *s = (unsigned char *)text, *to = s;

	while (*s) {
		size_t len = sequence(s);

		if (!len || obeyed(s, len)) {
			*to++ = '?';
		} else {
			memmove(to, s, len);
			to += len;
		}
		s += len ? len : 1;
	}
	*to = '\0';
}
