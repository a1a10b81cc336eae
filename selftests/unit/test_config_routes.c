/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes and rules that follow the owner: what is read, how it is printed, what is refused. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/route.h"
#include "conf_file.h"

/* The lists are in line 7. */
#define GROUP_OF(lists)                                                                        \
	CONF_PAIR "group \"web\" {\ninterface = \"e0\"\naddresses = { 198.18.1.1/24 }\n" lists \
		  "\n}\n"
#define GOOD                                                                                       \
	GROUP_OF("routes = { \"default via 198.18.0.254\", \"198.51.100.0/24 dev e1 metric 7\",\n" \
		 "\"to 2001:db8::/32 via fe80::1 src 2001:db8::1 table 100 onlink\",\n"            \
		 "\"default src 2001:db8::1\", \"192.0.2.1 scope host table local\" }\n"           \
		 "rules = { \"from 198.18.1.1 table 100 priority 100\",\n"                         \
		 "\"to 2001:db8::/32 iif lo oif e1 fwmark 0x10/0xff table main priority 7\" }")

static void test_read(void **state)
{
	const struct ipt_route *r;
	struct config c;

	(void)state;
	conf_must_load(GOOD, &c);
	r = c.groups[0].routes;
	assert_int_equal(c.groups[0].nroutes, 7);
	assert_int_equal(r[0].to_len, 0);
	assert_true(ipt_addr_is_v4(&r[0].to));
	assert_string_equal(r[0].dev, "e0");
	assert_int_equal(r[0].scope, IPT_SCOPE_GLOBAL);
	assert_int_equal(r[0].table, IPT_TABLE_MAIN);
	assert_int_equal(r[1].scope, IPT_SCOPE_LINK);
	assert_int_equal(r[1].metric, 7);
	assert_int_equal(r[2].flags, IPT_ROUTE_V6 | IPT_ROUTE_ONLINK);
	assert_int_equal(r[2].from_len, 128);
	assert_int_equal(r[2].metric, 1024);
	assert_int_equal(r[3].flags, IPT_ROUTE_V6);
	assert_int_equal(r[4].table, IPT_TABLE_LOCAL);
	assert_int_equal(r[4].to_len, 32);
	assert_int_equal(r[5].flags, IPT_ROUTE_RULE);
	assert_int_equal(r[5].from_len, 32);
	assert_int_equal(r[5].to_len, 0);
	assert_int_equal(r[6].flags, IPT_ROUTE_RULE | IPT_ROUTE_V6);
	assert_int_equal(r[6].mark, 0x10);
	assert_int_equal(r[6].mask, 0xff);
	assert_string_equal(r[6].oif, "e1");
	config_free(&c);
}

static void test_printed(void **state)
{
	struct config c;
	char *text;

	(void)state;
	conf_round_trip(GOOD);
	conf_must_load(GOOD, &c);
	text = conf_printed(&c);
	assert_non_null(strstr(
		text,
		"\troutes = {\n"
		"\t\t\"0.0.0.0/0 via 198.18.0.254 dev e0 metric 0 table 254 scope global\",\n"
		"\t\t\"198.51.100.0/24 dev e1 metric 7 table 254 scope link\",\n"
		"\t\t\"2001:db8::/32 via fe80::1 dev e0 src 2001:db8::1 metric 1024 table 100 "
		"onlink\",\n"
		"\t\t\"::/0 dev e0 src 2001:db8::1 metric 1024 table 254\",\n"
		"\t\t\"192.0.2.1/32 dev e0 metric 0 table 255 scope host\"\n\t}\n"
		"\trules = {\n"
		"\t\t\"from 198.18.1.1/32 to 0.0.0.0/0 table 100 priority 100\",\n"
		"\t\t\"from ::/0 to 2001:db8::/32 iif lo oif e1 fwmark 0x10/0xff table 254 "
		"priority 7\"\n\t}\n"));
	free(text);
	config_free(&c);
}

/* A lease and what follows it, with a mark of its own for the members. */
static void test_lease_only(void **state)
{
	static const char text[] =
		CONF_PAIR "group \"cloud\" {\ninterface = \"e0\"\nlease-only = true\n"
			  "routes = { default }\n}\n";
	struct config c;

	(void)state;
	conf_round_trip(text);
	conf_must_load(text, &c);
	assert_true(c.groups[0].lease_only);
	assert_int_equal(c.groups[0].naddrs, 0);
	assert_int_equal(c.groups[0].nroutes, 1);
	assert_int_not_equal(c.groups[0].addr_hash, 0);
	config_free(&c);
}

#define ROUTE(word, why)                                                           \
	{                                                                          \
		GROUP_OF("routes = { \"" word "\" }"), "7: route '" word "': " why \
	}
#define RULE(word, why)                                                          \
	{                                                                        \
		GROUP_OF("rules = { \"" word "\" }"), "7: rule '" word "': " why \
	}

static void test_refused(void **state)
{
	static const struct conf_refused rows[] = {
		ROUTE("", "empty"),
		ROUTE("198.51.100.0/33", "prefix length '33' is not 0 to 32"),
		ROUTE("198.51.100.1/24", "'198.51.100.1/24' has bits behind its prefix length"),
		ROUTE("elsewhere via 198.18.0.254",
		      "'elsewhere' is no address, write it like 192.0.2.0/24 or 2001:db8::/64"),
		/* One character more than the longest address has. */
		ROUTE("2001:0db8:0000:0000:0000:0000:192.168.100.1009/128",
		      "'2001:0db8:0000:0000:0000:0000:192.168.100.1009/128' is no address, write "
		      "it like 192.0.2.0/24 or 2001:db8::/64"),
		ROUTE("default via gateway", "'gateway' is no address"),
		ROUTE("default via 198.18.0.254 via 198.18.0.253", "via is there twice"),
		ROUTE("default via", "via without its value"),
		ROUTE("default gateway 198.18.0.254", "unknown word 'gateway'"),
		ROUTE("default dev lo", "interface 'lo': there is no LAN behind it"),
		ROUTE("default dev 0123456789abcdef",
		      "interface '0123456789abcdef': longer than 15 characters"),
		ROUTE("default metric -1", "metric '-1' is not a number from 0 to 4294967295"),
		ROUTE("default table 0", "table '0' is not a number from 1 to 4294967295"),
		ROUTE("default scope site", "scope 'site' is none of global, link, host"),
		ROUTE("::/0 scope link", "a route of IPv6 has no scope"),
		ROUTE("::/0 via 198.18.0.254", "IPv4 and IPv6 do not go into one route"),
		ROUTE("0.0.0.0/0 src 2001:db8::1", "IPv4 and IPv6 do not go into one route"),
		ROUTE("default onlink", "onlink without via"),
		RULE("table 100 priority 100",
		     "neither from nor to, write from 0.0.0.0/0 or from ::/0 for all"),
		RULE("from 198.18.1.1 table 100", "priority is not set"),
		RULE("from 198.18.1.1 priority 100", "table is not set"),
		RULE("from 198.18.1.1 table 100 priority 0",
		     "priority '0' is not a number from 1 to 4294967295"),
		RULE("from 198.18.1.1 to ::/0 table 100 priority 1",
		     "IPv4 and IPv6 do not go into one rule"),
		RULE("from 198.18.1.1 fwmark 0x100/0xff table 1 priority 1",
		     "fwmark '0x100/0xff' is not MARK or MARK/MASK"),
		RULE("from 198.18.1.1 fwmark one table 1 priority 1",
		     "fwmark 'one' is not MARK or MARK/MASK"),
		RULE("from 198.18.1.1 via 198.18.0.254 table 1 priority 1", "unknown word 'via'"),
	};
	static const struct conf_refused places[] = {
		{GROUP_OF("routes = { \"default via 198.18.0.254\",\n\"default dev e1\" }"),
		 "8: route 'default dev e1': twice in group 'web'"},
		{GROUP_OF("routes = { default }\n}\ngroup \"b\" {\ninterface = e0\naddresses = { "
			  "198.18.2.1/24 }\nroutes = { \"0.0.0.0/0 dev e1\" }"),
		 "12: route '0.0.0.0/0 dev e1 metric 0 table 254 scope link' is in group 'web' "
		 "already"},
		{CONF_PAIR
		 "peer \"n3\" { address = 198.18.0.3 }\nquorum = true\nwitness = true\ngroup "
		 "\"web\" { routes = { default } }\n",
		 "7: routes 'default': a witness owns nothing, write group \"web\" { }"},
	};

	(void)state;
	conf_assert_refused(rows, sizeof(rows) / sizeof(*rows));
	conf_assert_refused(places, sizeof(places) / sizeof(*places));
}

/* To the kernel, what a rule does not say is what any other one says. */
static void test_alike(void **state)
{
	static const struct conf_refused rows[] = {
		{GROUP_OF("rules = { \"from 198.18.1.1 fwmark 1 table 9 priority 9\",\n"
			  "\"from 198.18.1.1 table 9 priority 9\" }"),
		 "8: rule 'from 198.18.1.1 table 9 priority 9': the kernel cannot tell it from "
		 "another one in group 'web', give it another priority"},
		{GROUP_OF("rules = { \"to 198.18.1.1 table 9 priority 9\",\n"
			  "\"from 10.0.0.0/8 to 198.18.1.1 table 9 priority 9\" }"),
		 "8: rule 'from 10.0.0.0/8 to 198.18.1.1 table 9 priority 9': the kernel cannot "
		 "tell it from another one in group 'web', give it another priority"},
		{GROUP_OF("rules = { \"from ::/0 iif e0 table 9 priority 9\",\n"
			  "\"from ::/0 oif e0 table 9 priority 9\",\n"
			  "\"from ::/0 iif e1 oif e0 table 9 priority 9\" }"),
		 "9: rule 'from ::/0 iif e1 oif e0 table 9 priority 9': the kernel cannot tell it "
		 "from another one in group 'web', give it another priority"},
		{GROUP_OF("rules = { \"from 198.18.1.1 table 9 priority 9\" }\n}\ngroup \"b\" "
			  "{\ninterface = e0\naddresses = { 198.18.2.1/24 }\n"
			  "rules = { \"from 0.0.0.0/0 table 9 priority 9\" }"),
		 "12: rule 'from 0.0.0.0/0 to 0.0.0.0/0 table 9 priority 9': the kernel cannot "
		 "tell it from another one in group 'web', give it another priority"},
	};

	(void)state;
	conf_assert_refused(rows, sizeof(rows) / sizeof(*rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	   cmocka_unit_test(test_printed),
		cmocka_unit_test(test_lease_only), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_alike),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
