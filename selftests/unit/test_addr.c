/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses with prefix lengths: which are taken, how they are printed, which network holds which. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/config.h"

static void test_parse_addr(void **state)
{
	struct addr a;
	struct err e;

	(void)state;
	assert_int_equal(config_parse_addr("198.18.1.1/16", &a, &e), 0);
	assert_int_equal(a.ip.word_be32[3], inet_addr("198.18.1.1"));
	assert_int_equal(a.prefix_len, 16);
	assert_true(config_parse_addr("198.18.1.1", &a, &e) < 0);
	assert_string_equal(e.text,
			    "address '198.18.1.1': prefix length missing, write 198.18.1.1/24");
	assert_true(config_parse_addr("1111111111111111111111/8", &a, &e) < 0);
	assert_string_equal(e.text,
			    "address '1111111111111111111111/8': not an IPv4 or IPv6 address, "
			    "write it like 192.0.2.1/24 or 2001:db8::1/64");
	assert_true(config_parse_addr("", &a, &e) < 0);
	assert_int_equal(a.prefix_len, 16);
}

static void assert_text(const char *written, const char *printed)
{
	char text[ADDR_TEXT];
	struct addr a;
	struct err e;

	assert_int_equal(config_parse_addr(written, &a, &e), 0);
	assert_string_equal(addr_text(&a.ip, text), printed);
}

/* RFC 5952, section 4; the only address of a 127-bit prefix with zeros behind it is a host's (RFC 6164). */
static void test_parse_addr_ipv6(void **state)
{
	(void)state;
	assert_text("2001:DB8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1");
	assert_text("2001:0db8:0000:0001:0001:0001:0001:0001/64", "2001:db8:0:1:1:1:1:1");
	assert_text("fe80::1/64", "fe80::1");
	assert_text("2001:db8::2/127", "2001:db8::2");
	assert_text("64:ff9b::192.0.2.33/96", "64:ff9b::c000:221");
	assert_text("2001:db8::ffff/128", "2001:db8::ffff");
}

static bool covers(const char *own, const char *other)
{
	struct addr a, b;
	struct err e;

	assert_int_equal(config_parse_addr(own, &a, &e), 0);
	assert_int_equal(config_parse_addr(other, &b, &e), 0);
	return addr_covers(&a, &b);
}

static void test_addr_covers(void **state)
{
	(void)state;
	assert_true(covers("198.18.0.1/16", "198.18.255.1/24"));
	assert_false(covers("198.18.0.1/24", "198.18.0.2/16"));
	assert_false(covers("198.18.0.1/24", "198.18.1.2/24"));
	assert_true(covers("198.18.0.1/32", "198.18.0.1/32"));
	assert_true(covers("2001:db8::1/64", "2001:db8::ffff:1/64"));
	assert_true(covers("2001:db8::1/33", "2001:db8:7fff::1/48"));
	assert_false(covers("2001:db8::1/33", "2001:db8:8000::1/48"));
	assert_false(covers("2001:db8::1/128", "2001:db8::2/128"));
	/* The mapped form of IPv4 is no network of IPv6. */
	assert_false(covers("8000::1/1", "198.18.0.1/32"));
	assert_false(covers("1::1/1", "198.18.0.1/32"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_addr),
		cmocka_unit_test(test_parse_addr_ipv6),
		cmocka_unit_test(test_addr_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
