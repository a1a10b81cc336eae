/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cmocka's assert_in_range(), which its version 2 deprecates in favour of two that version 1 does not have. */
#ifndef WITHIN_H
#define WITHIN_H

#define assert_within(value, least, most) within(#value, value, least, most)

static inline void within(const char *what, unsigned long long value, unsigned long long least,
			  unsigned long long most)
{
	if (value < least || value > most)
		fail_msg("%s is %llu, not %llu to %llu", what, value, least, most);
}

#endif
