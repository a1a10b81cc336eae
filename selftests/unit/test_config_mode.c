/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pair, quorum and witness: who may be together with whom, what is promised, and what a reload may change. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf_file.h"

#define NODE(name) "node = " name "\nheartbeat { key-file = \"DIR/key\" }\n"
#define QUORUM "quorum = true\n"
#define PEER(n) "peer n" #n " { address = 198.18.0." #n " }\n"
#define PEER_W "peer w { address = 10.0.0.9 witness = true }\n"
#define GROUP_WITH(line) "group web {\ninterface = e0 addresses = 198.18.1.1/16\n" line "\n}\n"
#define GROUP GROUP_WITH("")
#define THREE NODE("n1") QUORUM PEER(2) PEER(3)
#define PAIR NODE("n1") PEER(2)

static const struct conf_refused modes[] = {
	{NODE("n1") PEER(2) PEER(3) GROUP,
	 "4: peer 'n3': three members or more need quorum = true"},
	{PAIR QUORUM GROUP,
	 "4: quorum 'true': 2 members; two have no majority: add a witness, peer \"NAME\" { "
	 "address = ... witness = true }"},
	{NODE("n1") PEER_W QUORUM GROUP,
	 "4: quorum 'true': 2 members; two have no majority: add a witness, peer \"NAME\" { "
	 "address = ... witness = true }"},
	{NODE("n1") PEER_W GROUP,
	 "3: peer 'w': a pair has no witness; set quorum = true, with another peer that is none"},
	{PAIR "witness = true\ngroup web { }\n",
	 "4: witness 'true': a pair has none; set quorum = true, with two nodes that are none"},
	{NODE("v") QUORUM "\nwitness = true\n" PEER_W
			  "peer x { address = 10.0.0.8 witness = true }\ngroup web { }\n",
	 "3: quorum 'true': all 3 members are witnesses, nobody could own anything"},
	{THREE "alone = always\n" GROUP,
	 "6: alone 'always': only a pair has it, with quorum = true the majority decides"},
	{THREE "gateway = 198.18.0.1\n" GROUP,
	 "6: gateway '198.18.0.1': only a pair has it, with quorum = true the majority decides"},
	{PAIR "alone = gateway\n" GROUP,
	 "4: alone 'gateway': gateway is not set, write gateway = \"A.B.C.D\""},
	{PAIR "gateway = 198.18.0.1\n" GROUP,
	 "4: gateway '198.18.0.1': is asked only with alone = \"gateway\""},
	{PAIR "alone = gateway\ngateway = 224.0.0.1\n" GROUP,
	 "5: gateway '224.0.0.1': a multicast address"},
	{PAIR "alone = gateway\ngateway = 198.18.1.1\n" GROUP,
	 "7: address '198.18.1.1' is the gateway"},
	{PAIR "alone = gateway\ngateway = 198.18.0.2\n" GROUP,
	 "5: gateway '198.18.0.2': that is peer 'n2'"},
	{PAIR "quorum = yes\n" GROUP, "4: quorum 'yes': neither true nor false"},
	{PAIR "hold-off = 3600.001s\n" GROUP, "4: hold-off '3600.001s': more than an hour"},
};

static const struct conf_refused members[] = {
	{THREE PEER(4) PEER(5) PEER(6) PEER(7) PEER(8) "peer n9 { address = 198.18.0.9 }\n" GROUP,
	 "11: peer 'n9': more than 7 peers"},
	{THREE "peer n4 {\naddress = 198.18.0.4\nid = 2\n}\n" GROUP,
	 "6: id 2 is that of both 'n2' and 'n4'"},
	{THREE "id = 3\n" GROUP, "6: id 3 is that of both 'n1' and 'n3'"},
	{NODE("n1") "peer n2 {\naddress = 198.18.0.2\naddresses = 10.0.0.2\n}\n" GROUP,
	 "5: peer 'n2': address and addresses, only one of them"},
	{NODE("n1") "\npeer n2 { addresses = { } }\n" GROUP, "4: peer 'n2': address is not set"},
	{NODE("n1") "peer n2 { addresses = { 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4,\n10.0.0.5 } "
		    "}\n",
	 "4: address '10.0.0.5': more than 4 of peer 'n2'"},
	{NODE("n1") "peer n2 { addresses = { 10.0.0.1,\n\n10.0.0.1 } }\n",
	 "5: address '10.0.0.1': twice in peer 'n2'"},
	{NODE("n1") "peer n2 { addresses = { 10.0.0.1, 10.0.0.x } }\n",
	 "3: addresses '10.0.0.x': not an IPv4 or IPv6 address, write it like 192.0.2.1, "
	 "2001:db8::1 or fe80::1%eth0"},
	{THREE "peer n4 {\naddresses = { 10.0.0.4,\n198.18.0.3 }\n}\n" GROUP,
	 "8: address '198.18.0.3': that of peer 'n3', line 5"},
	{NODE("n1") "peer n2 { addresses = { 10.0.0.2, 198.18.1.1 } }\n" GROUP,
	 "5: address '198.18.1.1' is the own address of peer 'n2', which never moves"},
	{NODE("n1") "peer n2 {\naddress = 10.0.0.2\nwitness = 1\n}\n",
	 "5: witness '1': neither true nor false"},
};

#define WITNESS(lines) NODE("w") QUORUM "witness = true\n" PEER(1) PEER(2) lines
#define OWNS_NOTHING "': a witness owns nothing, write group \"web\" { }"

static const struct conf_refused witnesses[] = {
	{WITNESS("group web {\ninterface = e0 }\n"), "8: interface 'e0" OWNS_NOTHING},
	{WITNESS("group web {\n\naddresses = 198.18.1.1/16 }\n"),
	 "9: addresses '198.18.1.1/16" OWNS_NOTHING},
	{WITNESS("group web {\npreempt = false }\n"), "8: preempt 'false" OWNS_NOTHING},
	{WITNESS("group web {\ntrack = x }\n"), "8: track 'x" OWNS_NOTHING},
	{WITNESS("group web {\nnotify = x }\n"), "8: notify 'x" OWNS_NOTHING},
	{WITNESS("group g100 { }\ngroup g212 { }\n"),
	 "8: group 'g212': its number on the wire (35288) is that of group 'g100' too, rename one "
	 "of them"},
};

static void test_refused(void **state)
{
	(void)state;
	conf_assert_refused(modes, sizeof(modes) / sizeof(modes[0]));
	conf_assert_refused(members, sizeof(members) / sizeof(members[0]));
	conf_assert_refused(witnesses, sizeof(witnesses) / sizeof(witnesses[0]));
}

static void assert_promise(const char *text, const char *promise)
{
	struct config c;
	char *shown;

	conf_round_trip(text);
	conf_must_load(text, &c);
	shown = conf_printed(&c);
	if (!strstr(shown, promise))
		fail_msg("not there: %s", promise);
	free(shown);
	config_free(&c);
}

static void test_promises(void **state)
{
	(void)state;
	assert_promise(PAIR GROUP,
		       "\n# pair: survives the loss of either; two owners only while no "
		       "heartbeat passes either way\n");
	assert_promise(PAIR "alone = never\n" GROUP,
		       "\n# pair: never two owners; no owner once either node is lost\n");
	assert_promise(PAIR "alone = gateway gateway = 10.0.0.1\n" GROUP,
		       "\n# pair: survives the loss of either where the gateway answers; two "
		       "owners "
		       "only while no heartbeat passes and both reach it\n");
	assert_promise(THREE GROUP, "\n# quorum of 3: survives the loss of 1; never two owners, "
				    "whatever the network does\n");
	assert_promise(THREE PEER(4) GROUP, "\n# quorum of 4: survives the loss of 1;");
	assert_promise(THREE PEER(4) PEER(5) GROUP, "\n# quorum of 5: survives the loss of 2;");
	assert_promise(THREE PEER(4) PEER(5) PEER(6) PEER(7) PEER(8) GROUP,
		       "\n# quorum of 8: survives the loss of 3;");
	assert_promise(NODE("n1") QUORUM PEER(2) PEER_W GROUP,
		       "\n# quorum of 3, 1 of them witness: survives the loss of 1;");
	assert_promise(WITNESS("peer x { address = 10.0.0.8 witness = true }\ngroup web { }\n"),
		       "\n# quorum of 4, 2 of them witnesses: survives the loss of 1;");
}

static void test_witness(void **state)
{
	struct config c;

	(void)state;
	conf_must_load(WITNESS("group web { }\ngroup db { }\n"), &c);
	assert_true(c.quorum);
	assert_true(c.witness);
	assert_int_equal(c.id, 3);
	assert_int_equal(c.timing.members, 3);
	assert_int_equal(c.ngroups, 2);
	assert_string_equal(c.groups[1].name, "db");
	assert_int_equal(c.groups[1].nifaces, 0);
	assert_int_equal(c.groups[1].naddrs, 0);
	assert_int_equal(c.groups[1].addr_hash, 0);
	config_free(&c);
}

static uint32_t hash_of(const char *text)
{
	struct config c;
	uint32_t hash;

	conf_must_load(text, &c);
	hash = c.cfg_hash;
	config_free(&c);
	return hash;
}

/* All members come to it alone, from their own files; mode, names, ids and witnesses count, and whether a pair goes on alone. */
static void test_cfg_hash(void **state)
{
	uint32_t three = hash_of(THREE GROUP);

	(void)state;
	assert_int_equal(hash_of(NODE("n2") QUORUM PEER(1) PEER(3) GROUP), three);
	assert_int_equal(hash_of(NODE("n3") QUORUM PEER(2) PEER(1) "hold-off = 9s\n" GROUP), three);
	assert_int_equal(hash_of(NODE("n1") QUORUM
				 "peer n2 { addresses = { 10.1.1.1, 10.1.1.2 } }\n"
				 "peer n3 { address = 10.1.1.3 id = 3 }\n"
				 "group x { interface = e9 addresses = 10.0.0.1/8 }\n"),
			 three);
	assert_int_not_equal(hash_of(THREE PEER(4) GROUP), three);
	assert_int_not_equal(hash_of(THREE "id = 9\n" GROUP), three);
	assert_int_not_equal(hash_of(NODE("n1") QUORUM PEER(2) PEER(4) GROUP), three);
	assert_int_not_equal(hash_of(NODE("n1") QUORUM PEER(
				     2) "peer n3 { address = 198.18.0.3 witness = true }\n" GROUP),
			     three);
	assert_int_equal(hash_of(NODE("n1") QUORUM PEER(2) PEER_W GROUP),
			 hash_of(WITNESS("group web { }\n")));
}

static uint32_t addr_hash_of(const char *text)
{
	struct config c;
	uint32_t hash;

	conf_must_load(text, &c);
	hash = c.groups[c.ngroups - 1].addr_hash;
	config_free(&c);
	return hash;
}

#define GROUP_OF(list) PAIR "group web { interface = e0 addresses = { " list " } }\n"

static void test_addr_hash(void **state)
{
	uint32_t two = addr_hash_of(GROUP_OF("10.0.0.9/24, 10.0.0.1/24"));

	(void)state;
	/* FNV-1a of the four bytes c6 12 01 01, worked out elsewhere. */
	assert_int_equal(addr_hash_of(PAIR GROUP), 0xf46de343);
	assert_int_equal(addr_hash_of(GROUP_OF("10.0.0.1/32, 10.0.0.9/8")), two);
	assert_int_equal(addr_hash_of(PAIR "group a { interface = e1 addresses = 10.0.0.5/8 }\n"
					   "group web { interface = e0 addresses = { 10.0.0.1/8, "
					   "10.0.0.9/8 } }\n"),
			 two);
	assert_int_not_equal(addr_hash_of(GROUP_OF("10.0.0.9/24, 10.0.0.2/24")), two);
	assert_int_equal(addr_hash_of(GROUP_OF("2001:db8::1/64, 10.0.0.1/24")),
			 addr_hash_of(GROUP_OF("10.0.0.1/24, 2001:0db8::0001/64")));
	assert_int_not_equal(addr_hash_of(GROUP_OF("2001:db8::1/64")),
			     addr_hash_of(GROUP_OF("2001:db9::1/64")));
	assert_int_not_equal(addr_hash_of(GROUP_OF("10.0.0.9/24")), two);
}

static int refused(const char *from, const char *to, struct err *e)
{
	struct config a, b;
	int err;

	e->text[0] = '\0';
	conf_must_load(from, &a);
	conf_must_load(to, &b);
	err = config_reload_refused(&a, &b, e);
	config_free(&a);
	config_free(&b);
	return err;
}

static void test_reload(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(refused(PAIR GROUP,
				 PAIR "alone = never realtime = false\n"
				      "group db { interface = e1 addresses = 10.0.0.1/8 }\n",
				 &e),
			 0);
	assert_int_equal(refused(PAIR GROUP, THREE GROUP, &e), 0);
	assert_int_equal(refused(PAIR GROUP, NODE("n0") PEER(2) GROUP, &e), -EBUSY);
	assert_string_equal(e.text, "node 'n0': a reload cannot rename the running node 'n1', stop "
				    "it and start it again");
	assert_int_equal(refused(PAIR GROUP,
				 NODE("n1") QUORUM PEER(2) "peer m { address = 10.0.0.1 }\n" GROUP,
				 &e),
			 -EBUSY);
	assert_string_equal(e.text,
			    "id 2: a reload cannot change the id 1 of the running node 'n1'. Where "
			    "it is not written it is the rank of the name: write id = 1 for this "
			    "node, and id = N for every peer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_promises),
		cmocka_unit_test(test_witness),	  cmocka_unit_test(test_cfg_hash),
		cmocka_unit_test(test_addr_hash), cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
