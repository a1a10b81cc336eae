/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses that name their interface: which they get, how that is printed, what is refused. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "conf_file.h"

/* Its addresses in line 7. */
#define GROUP_OF(list) \
	CONF_PAIR "group \"web\" {\ninterface = \"e0\"\naddresses = {\n" list "\n}\n}\n"
#define GOOD                                                                                       \
	GROUP_OF(                                                                                  \
		"\"198.18.1.1/24\", \"198.18.2.1/24 dev e1\",\n\"2001:db8::1/64 dev e\\$\\\"2\", " \
		"\" 198.18.2.2/24   dev  e1 \", \"198.18.1.2/24 dev e0\"")

static void test_each_on_its_own(void **state)
{
	const struct config_group *g;
	struct config c;

	(void)state;
	conf_must_load(GOOD, &c);
	g = &c.groups[0];
	assert_int_equal(g->nifaces, 3);
	assert_string_equal(g->iface[0], "e0");
	assert_string_equal(g->iface[1], "e1");
	assert_string_equal(g->iface[2], "e$\"2");
	assert_int_equal(g->naddrs, 5);
	assert_int_equal(g->addrs[0].iface, 0);
	assert_int_equal(g->addrs[1].iface, 1);
	assert_int_equal(g->addrs[2].iface, 2);
	assert_int_equal(g->addrs[3].iface, 1);
	/* The group's own, written out. */
	assert_int_equal(g->addrs[4].iface, 0);
	config_free(&c);
}

static void test_label_and_scope(void **state)
{
	static const char text[] = GROUP_OF(
		"\"198.18.1.1/24 label e0:vip scope link\", \"198.18.2.1/24 scope host dev e1\",\n"
		"\"198.18.2.2/24 dev e1 label e1\", \"198.18.1.2/24 scope global\"");
	const struct addr *a;
	struct config c;
	char *printed;

	(void)state;
	conf_round_trip(text);
	conf_must_load(text, &c);
	a = c.groups[0].addrs;
	assert_string_equal(a[0].label, "e0:vip");
	assert_int_equal(a[0].scope, VIP_SCOPE_LINK);
	assert_int_equal(a[1].scope, VIP_SCOPE_HOST);
	assert_int_equal(a[1].iface, 1);
	assert_string_equal(a[2].label, "e1");
	assert_int_equal(a[2].scope, VIP_SCOPE_UNSAID);
	assert_int_equal(a[3].scope, VIP_SCOPE_GLOBAL);
	printed = conf_printed(&c);
	assert_non_null(strstr(printed, "\"198.18.1.1/24 label e0:vip scope link\",\n"
					"\t\t\"198.18.2.1/24 dev e1 scope host\",\n"
					"\t\t\"198.18.2.2/24 dev e1 label e1\",\n"
					"\t\t\"198.18.1.2/24 scope global\"\n"));
	free(printed);
	config_free(&c);
}

static void test_label_and_scope_refused(void **state)
{
	static const struct conf_refused rows[] = {
		{GROUP_OF("\"198.18.1.1/24 label e1:vip\""),
		 "7: address '198.18.1.1/24': label 'e1:vip' is not that of e0, write e0:NAME"},
		{GROUP_OF("\"198.18.1.1/24 label e0vip\""),
		 "7: address '198.18.1.1/24': label 'e0vip' is not that of e0, write e0:NAME"},
		{GROUP_OF("\"198.18.1.1/24 label e0:0123456789abc\""),
		 "7: address '198.18.1.1/24': label 'e0:0123456789abc': longer than 15 characters"},
		{GROUP_OF("\"198.18.1.1/24 label\""),
		 "7: address '198.18.1.1/24': label without its value"},
		{GROUP_OF("\"198.18.1.1/24 scope site\""),
		 "7: address '198.18.1.1/24': scope 'site' is none of global, link, host"},
		{GROUP_OF("\"2001:db8::1/64 label e0:vip\""),
		 "7: address '2001:db8::1/64': IPv6 has no label"},
		{GROUP_OF("\"2001:db8::1/64 scope link\""),
		 "7: address '2001:db8::1/64': IPv6 has no scope"},
		{CONF_PAIR "group \"web\" {\ninterface = \"e0\"\naddress = none\naddresses = { "
			   "\"198.18.1.1/24 "
			   "scope link\" }\n}\n",
		 "7: address '198.18.1.1/24': scope means nothing with address = \"none\""},
	};

	(void)state;
	conf_assert_refused(rows, sizeof(rows) / sizeof(*rows));
}

static void test_printed(void **state)
{
	struct config c;
	char *text;

	(void)state;
	conf_round_trip(GOOD);
	conf_must_load(GOOD, &c);
	text = conf_printed(&c);
	assert_non_null(strstr(text, "\t\t\"198.18.1.1/24\",\n"
				     "\t\t\"198.18.2.1/24 dev e1\",\n"
				     "\t\t\"2001:db8::1/64 dev e\\$\\\"2\",\n"
				     "\t\t\"198.18.2.2/24 dev e1\",\n"
				     "\t\t\"198.18.1.2/24\"\n"));
	free(text);
	config_free(&c);
}

/* Members may call their interfaces as they like: they agree on addresses. */
static void test_same_hash(void **state)
{
	struct config a, b;

	(void)state;
	conf_must_load(GROUP_OF("198.18.1.1/24, \"198.18.2.1/24 dev e1\""), &a);
	conf_must_load(GROUP_OF("198.18.2.1/24, \"198.18.1.1/24 dev x7\""), &b);
	assert_int_not_equal(a.groups[0].addr_hash, 0);
	assert_int_equal(a.groups[0].addr_hash, b.groups[0].addr_hash);
	config_free(&a);
	config_free(&b);
}

/* The same address in two VLANs is two addresses; which of the names are VLANs of what, `run` sees. */
static void test_same_address_elsewhere(void **state)
{
	static const char both[] =
		GROUP_OF("\"198.18.1.1/24 dev e0.7\", 198.18.1.2/24, 198.18.1.1/24");
	static const char others[] = CONF_PAIR
		"group a { interface = e0.7 addresses = { 198.18.1.1/24, 198.18.1.2/24 } }\n"
		"group b { interface = e0.8 addresses = 198.18.1.1/24 }\n"
		"group c { interface = e0 addresses = 198.18.1.1/24 }\n";
	static const bool again[] = {true, false, true};
	struct config c;

	(void)state;
	conf_round_trip(both);
	conf_must_load(both, &c);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(c.groups[0].addrs[i].again, again[i]);
	config_free(&c);
	conf_round_trip(others);
	conf_must_load(others, &c);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(c.groups[i].addrs[0].again);
	assert_false(c.groups[0].addrs[1].again);
	config_free(&c);
}

/* Not one that is on the interface already, with another one between, and not one that stands on lo. */
static void test_same_address_refused(void **state)
{
	static const struct conf_refused rows[] = {
		{GROUP_OF("198.18.1.1/24,\n\"198.18.1.1/24 dev e1\",\n\"198.18.1.1/16 dev e0\""),
		 "9: address '198.18.1.1' is twice in group 'web', first in line 7"},
		{CONF_PAIR
		 "group a { interface = e0.7 addresses = 198.18.1.1/24 }\n"
		 "group b { interface = e0.8 address = standing addresses = 198.18.1.1/24 }\n",
		 "5: address '198.18.1.1' is in group 'a' already, line 4"},
		{CONF_PAIR
		 "group a { interface = e0.7 address = standing addresses = 198.18.1.1/24 }\n"
		 "group b { interface = e0.8 addresses = 198.18.1.1/24 }\n",
		 "5: address '198.18.1.1' is in group 'a' already, line 4"},
	};

	(void)state;
	conf_assert_refused(rows, sizeof(rows) / sizeof(*rows));
}

#define DEV(n, dev) "\"198.18." n ".1/24 dev " dev "\", "

static const struct conf_refused words[] = {
	{GROUP_OF("\"198.18.1.1/24 e1\""), "7: address '198.18.1.1/24': unknown word 'e1', write "
					   "198.18.1.1/24 dev INTERFACE"},
	{GROUP_OF("\"198.18.1.1/24 via e1\""),
	 "7: address '198.18.1.1/24': unknown word 'via', write 198.18.1.1/24 dev INTERFACE"},
	{GROUP_OF("\"198.18.1.1/24 dev e1 e2\""),
	 "7: address '198.18.1.1/24': unknown word 'e2', write 198.18.1.1/24 dev INTERFACE"},
	{GROUP_OF("198.18.1.1/24,\n\"198.18.2.1/24 dev\""),
	 "8: address '198.18.2.1/24': dev without the name of an interface"},
	{GROUP_OF("\"198.18.1.1/24 dev abcdefghijklmnop\""),
	 "7: address '198.18.1.1/24': interface 'abcdefghijklmnop': longer than 15 characters"},
	{GROUP_OF("\"198.18.1.1/24 dev ../e\""),
	 "7: address '198.18.1.1/24': interface '../e': not a name of an interface"},
	{GROUP_OF("\"198.18.1.1/24 dev .\""),
	 "7: address '198.18.1.1/24': interface '.': not a name of an interface"},
	{GROUP_OF("\"198.18.1.1/24 dev ..\""),
	 "7: address '198.18.1.1/24': interface '..': not a name of an interface"},
	{GROUP_OF("\"2001:db8::1/64 dev lo\""),
	 "7: address '2001:db8::1/64': interface 'lo': there is no LAN behind it"},
	{GROUP_OF("\"dev e1\""), "7: address 'dev': not an IPv4 or IPv6 address, write it like "
				 "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("\"\""), "7: address '': not an IPv4 or IPv6 address, write it like "
			   "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("\"198.18.1.1 dev e1\""),
	 "7: address '198.18.1.1': prefix length missing, write 198.18.1.1/24"},
	{GROUP_OF("198.18.1.1/24, \"198.18.1.1/24 dev e0\""),
	 "7: address '198.18.1.1' is twice in group 'web', first in line 7"},
	{GROUP_OF("\"198.18.1.1/24 dev e1\", \"198.18.2.1/24 dev e2\""),
	 "5: interface 'e0': each address of group 'web' names another one, write one of those"},
	{GROUP_OF("198.18.0.1/24, " DEV("1", "e1") DEV("2", "e2") DEV("3", "e3") DEV("4", "e4")
			  DEV("5", "e5") DEV("6", "e6")
				  DEV("7", "e7") "\n\"198.18.8.1/24 dev e8\""),
	 "8: address '198.18.8.1/24': interface 'e8': group 'web' has 8 others already, the most "
	 "there can be"},
	{CONF_PAIR
	 "group a {\ninterface = e0\nmode = native\naddresses = { 198.18.1.1/24, \"198.18.2.1/24 "
	 "dev "
	 "e1\" }\n}\ngroup b {\ninterface = e1\nmode = generic\naddresses = 198.18.2.2/24\n}\n",
	 "11: mode 'generic': group 'a', line 4, says 'native' for the same interface"},
	{CONF_PAIR "group a {\ninterface = e1\nmode = native\naddresses = 198.18.2.2/24\n}\n"
		   "group b {\ninterface = e0\nmode = generic\naddresses = { 198.18.1.1/24, "
		   "\"198.18.2.1/24 dev e1\" }\n}\n",
	 "11: mode 'generic': group 'a', line 4, says 'native' for the same interface"},
};

static void test_words(void **state)
{
	(void)state;
	conf_assert_refused(words, sizeof(words) / sizeof(words[0]));
}

/* Only two that say something may contradict each other. */
static void test_auto_takes_what_another_says(void **state)
{
	struct config c;

	(void)state;
	conf_must_load(CONF_PAIR
		       "group a { interface = e0 addresses = 198.18.1.1/24 }\n"
		       "group b { interface = e0 mode = generic addresses = 198.18.1.2/24 }\n"
		       "group c { interface = e0 addresses = 198.18.1.3/24 }\n",
		       &c);
	assert_int_equal(c.groups[0].mode, MODE_AUTO);
	assert_int_equal(c.groups[1].mode, MODE_GENERIC);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_on_its_own),
		cmocka_unit_test(test_label_and_scope),
		cmocka_unit_test(test_label_and_scope_refused),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_same_hash),
		cmocka_unit_test(test_same_address_elsewhere),
		cmocka_unit_test(test_same_address_refused),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_auto_takes_what_another_says),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
