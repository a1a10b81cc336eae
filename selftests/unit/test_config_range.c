/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ranges of addresses: which they are, how they are printed, what is refused. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "conf_file.h"

/* Its addresses in line 8. */
#define GROUP_OF(list)                                                                        \
	CONF_PAIR "group \"web\" {\ninterface = \"e0\"\naddress = none\naddresses = {\n" list \
		  "\n}\n}"                                                                    \
		  "\n"

static void assert_address(const struct config_group *g, uint32_t i, const char *want)
{
	char text[ADDR_TEXT];

	assert_true(i < g->naddrs);
	assert_string_equal(addr_text(&g->addrs[i].ip, text), want);
}

static void test_expanded(void **state)
{
	const struct config_group *g;
	struct config c;

	(void)state;
	conf_must_load(GROUP_OF(
			       "198.18.1.254-198.18.2.1/16,\n\"2001:db8::fffe-2001:db8::1:1/64 dev "
			       "e1\", 198.18.9.9-198.18.9.9/32"),
		       &c);
	g = &c.groups[0];
	assert_int_equal(g->naddrs, 9);
	assert_address(g, 0, "198.18.1.254");
	assert_address(g, 1, "198.18.1.255");
	assert_address(g, 2, "198.18.2.0");
	assert_address(g, 3, "198.18.2.1");
	assert_int_equal(g->addrs[3].prefix_len, 16);
	assert_int_equal(g->addrs[3].iface, 0);
	assert_address(g, 4, "2001:db8::fffe");
	assert_address(g, 6, "2001:db8::1:0");
	assert_address(g, 7, "2001:db8::1:1");
	assert_int_equal(g->addrs[7].iface, 1);
	assert_int_equal(g->v6_ifaces, 1 << 1);
	assert_address(g, 8, "198.18.9.9");
	config_free(&c);
}

/* Across all four words of an address, and as many as there can be. */
static void test_as_many_as_there_can_be(void **state)
{
	struct config c;

	(void)state;
	conf_must_load(GROUP_OF("2001:db8::ffff:ffff:ffff:1-2001:db8:0:1::1:0/32"), &c);
	assert_int_equal(c.groups[0].naddrs, IPT_MAX_VIPS);
	assert_address(&c.groups[0], 0xfffe, "2001:db8::ffff:ffff:ffff:ffff");
	config_free(&c);
}

static void test_printed(void **state)
{
	static const char conf[] =
		GROUP_OF("198.18.1.1/24, 198.18.1.2/24, \"198.18.1.3-198.18.1.9/24 dev e1\"");
	struct config c;
	char *text;

	(void)state;
	conf_round_trip(conf);
	conf_must_load(conf, &c);
	text = conf_printed(&c);
	assert_non_null(strstr(text, "\t\t\"198.18.1.1/24\",\n"
				     "\t\t\"198.18.1.2/24\",\n"
				     "\t\t\"198.18.1.3-198.18.1.9/24 dev e1\"\n"));
	free(text);
	config_free(&c);
}

/* Members agree on addresses, however they are written. */
static void test_same_hash(void **state)
{
	struct config a, b;

	(void)state;
	conf_must_load(GROUP_OF("198.18.1.1/24, 198.18.1.2/24, 198.18.1.3/24"), &a);
	conf_must_load(GROUP_OF("198.18.1.2-198.18.1.3/24, 198.18.1.1/24"), &b);
	assert_int_equal(a.groups[0].addr_hash, b.groups[0].addr_hash);
	config_free(&a);
	config_free(&b);
}

static const struct conf_refused words[] = {
	{GROUP_OF("198.18.1.9-198.18.1.1/24"),
	 "8: addresses '198.18.1.9-198.18.1.1/24': the last comes before the first"},
	{GROUP_OF("198.18.1.1-2001:db8::1/24"),
	 "8: addresses '198.18.1.1-2001:db8::1/24': from one family to the other"},
	{GROUP_OF("198.18.1.9-198.18.2.1/24"),
	 "8: addresses '198.18.1.9-198.18.2.1/24': first and last are not of one network of /24"},
	{GROUP_OF("198.18.1.0-198.18.1.7/24"),
	 "8: address '198.18.1.0/24': the network's own address"},
	{GROUP_OF("198.18.1.1-198.18.1.255/24"),
	 "8: address '198.18.1.255/24': the network's broadcast address"},
	{GROUP_OF("198.18.1.1-/24"),
	 "8: address '/24': not an IPv4 or IPv6 address, write it like 192.0.2.1/24 or "
	 "2001:db8::1/64"},
	{GROUP_OF("-198.18.1.1/24"),
	 "8: address '/24': not an IPv4 or IPv6 address, write it like 192.0.2.1/24 or "
	 "2001:db8::1/64"},
	{GROUP_OF("198.18.1.1-198.18.1.2"),
	 "8: address '198.18.1.1': prefix length missing, write 198.18.1.1/24"},
	{GROUP_OF("198.18.1.1-198.18.1.2-198.18.1.3/24"),
	 "8: address '198.18.1.2-198.18.1.3/24': not an IPv4 or IPv6 address, write it like "
	 "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("2001:db8::1-2001:db8::2:1/64"),
	 "8: addresses '2001:db8::1-2001:db8::2:1/64': more than 131072"},
	{GROUP_OF("2001:db8::1-2001:db8::1:ffff/64,\n198.18.0.1/16, 198.18.0.3/16"),
	 "9: group 'web': more than 131072 addresses"},
	{GROUP_OF("198.18.1.2/24,\n198.18.1.1-198.18.1.3/24,\n198.18.1.4/24"),
	 "9: address '198.18.1.2' is twice in group 'web', first in line 8"},
	{CONF_PAIR
	 "group \"web\" {\ninterface = \"e0\"\naddresses = 198.18.0.1-198.18.255.254/16\n}\n",
	 "6: group 'web': 65534 addresses, but address = \"owner\" takes at most 1024: use address "
	 "= \"none\" and one route, ip route add local PREFIX dev lo"},
};

static void test_words(void **state)
{
	(void)state;
	conf_assert_refused(words, sizeof(words) / sizeof(words[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expanded), cmocka_unit_test(test_as_many_as_there_can_be),
		cmocka_unit_test(test_printed),	 cmocka_unit_test(test_same_hash),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
