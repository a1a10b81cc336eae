/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Good configurations: defaults, every option, ids and hash, the largest ones, and parse(print(x)) = x. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf_file.h"

#define MS 1000000ull
#define HEAD                                                                                       \
	"node = \"n1\"\nheartbeat { key-file = \"DIR/key\" }\npeer \"n2\" { address = 198.18.0.2 " \
	"}\n"
#define GROUP "group \"web\" { interface = \"eth0\" addresses = { \"198.18.1.1/16\" } }\n"

static const char every_option[] = "# all of it\n"
				   "node = 'zeta' /* quoted\nas one likes */\n"
				   "id = 200\n"
				   "realtime = false\n"
				   "alone = never // consistency\n"
				   "heartbeat {\n"
				   "interval = 500us misses = 9 drift = 0.25% settle = \"0.2ms\"\n"
				   "port = 65535 key-file = \"DIR/key\"\n"
				   "}\n"
				   "peer \"alpha\" { address = \"10.0.0.2\" id = 255 }\n"
				   "group \"a\" {\n"
				   "interface = \"en\\$\\\"p0\"\n"
				   "addresses = { 10.0.0.10/24, \"10.0.1.10/32\" }\n"
				   "address = \"standing\" refresh = 0s priority = 1\n"
				   "preempt = false burst = 1000000\n"
				   "}\n"
				   "group b.c-d_e {\n"
				   "interface = e1 address = none addresses = { 10.0.2.0/31 }\n"
				   "addresses += { 10.0.3.1/1 } refresh = 14.999s priority = 254\n"
				   "}\n";

static void load(const char *text, struct config *c)
{
	struct err e;

	if (conf_load(text, c, &e))
		fail_msg("%s", e.text);
}

static char *printed(const struct config *c)
{
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	config_print(c, f);
	assert_int_equal(fclose(f), 0);
	return ret;
}

/* Everything but the lines, which a canonical form has elsewhere. */
static void assert_same(struct config *a, struct config *b)
{
	uint32_t i;

	assert_int_equal(a->ngroups, b->ngroups);
	for (i = 0; i < a->npeers; i++)
		a->peers[i].line = b->peers[i].line;
	for (i = 0; i < a->ngroups; i++) {
		assert_int_equal(a->groups[i].naddrs, b->groups[i].naddrs);
		assert_memory_equal(a->groups[i].addrs, b->groups[i].addrs,
				    a->groups[i].naddrs * sizeof(*a->groups[i].addrs));
		free(a->groups[i].addrs);
		a->groups[i].addrs = b->groups[i].addrs;
		a->groups[i].line = b->groups[i].line;
	}
	assert_memory_equal(a, b, sizeof(*a));
	config_free(b);
}

static void assert_round_trip(const char *text)
{
	struct config a, b;
	char *first, *second;

	load(text, &a);
	first = printed(&a);
	load(first, &b);
	second = printed(&b);
	assert_string_equal(first, second);
	assert_same(&a, &b);
	free(first);
	free(second);
}

static void test_defaults(void **state)
{
	const struct config_group *g;
	struct config c;

	(void)state;
	load(HEAD GROUP, &c);
	assert_string_equal(c.node, "n1");
	assert_int_equal(c.id, 1);
	assert_true(c.realtime);
	assert_int_equal(c.alone, ALONE_ALWAYS);
	assert_int_equal(c.port, 5694);
	assert_int_equal(c.timing.interval_ns, 50 * MS);
	assert_int_equal(c.timing.misses, 7);
	assert_int_equal(c.timing.rho_ppm, 100000);
	assert_int_equal(c.timing.settle_ns, 5 * MS);
	assert_int_equal(c.timing.lease_ns, 300 * MS);
	assert_string_equal(c.key_file, conf_path("key"));
	assert_int_equal(c.nkeys, 1);
	assert_int_equal(c.npeers, 1);
	assert_string_equal(c.peers[0].name, "n2");
	assert_int_equal(c.peers[0].id, 2);
	assert_int_equal(c.peers[0].ip_be32, inet_addr("198.18.0.2"));
	assert_int_equal(c.peers[0].line, 3);
	assert_int_equal(c.ngroups, 1);
	g = &c.groups[0];
	assert_string_equal(g->name, "web");
	assert_string_equal(g->interface, "eth0");
	assert_int_equal(g->naddrs, 1);
	assert_int_equal(g->addrs[0].ip_be32, inet_addr("198.18.1.1"));
	assert_int_equal(g->addrs[0].prefix_len, 16);
	assert_int_equal(g->address, ADDRESS_OWNER);
	assert_int_equal(g->refresh_ns, 10000 * MS);
	assert_int_equal(g->burst_pps, 10000);
	assert_int_equal(g->priority, 100);
	assert_false(g->preempt);
	assert_int_equal(g->line, 4);
	config_free(&c);
}

static void test_every_option(void **state)
{
	struct config c;

	(void)state;
	load(every_option, &c);
	assert_string_equal(c.node, "zeta");
	assert_int_equal(c.id, 200);
	assert_false(c.realtime);
	assert_int_equal(c.alone, ALONE_NEVER);
	assert_int_equal(c.timing.interval_ns, 500000);
	assert_int_equal(c.timing.misses, 9);
	assert_int_equal(c.timing.rho_ppm, 2500);
	assert_int_equal(c.timing.settle_ns, 200000);
	assert_int_equal(c.port, 65535);
	assert_int_equal(c.peers[0].id, 255);
	assert_string_equal(c.groups[0].interface, "en$\"p0");
	assert_int_equal(c.groups[0].naddrs, 2);
	assert_int_equal(c.groups[0].address, ADDRESS_STANDING);
	assert_int_equal(c.groups[0].refresh_ns, 0);
	assert_int_equal(c.groups[0].priority, 1);
	assert_int_equal(c.groups[0].burst_pps, 1000000);
	assert_string_equal(c.groups[1].name, "b.c-d_e");
	assert_int_equal(c.groups[1].address, ADDRESS_NONE);
	assert_int_equal(c.groups[1].naddrs, 2);
	assert_int_equal(c.groups[1].addrs[1].prefix_len, 1);
	assert_int_equal(c.groups[1].refresh_ns, 14999 * MS);
	config_free(&c);
}

static void test_round_trip(void **state)
{
	(void)state;
	assert_round_trip(HEAD GROUP);
	assert_round_trip(every_option);
}

/* The sentence and figures that `check` prints (protocol 2.7). */
static void test_print_derived(void **state)
{
	struct config c;
	char *text;

	(void)state;
	load(HEAD GROUP, &c);
	text = printed(&c);
	assert_non_null(strstr(text, "# tolerates 20 ms of scheduling delay\n"));
	assert_non_null(strstr(text, " L     300 ms\n"));
	assert_non_null(strstr(text, " G     372.168 ms of silence\n"));
	assert_non_null(strstr(text, " D     185.111 ms (room: 144.222 to 226 ms)\n"));
	free(text);
	config_free(&c);
}

#define PAIR(node, peer, more)                                              \
	"node = " node "\nheartbeat { key-file = \"DIR/key\" }\npeer " peer \
	" { address = 198.18.0.2 }\n" GROUP more

/* Both members must come to the same ids and to the same hash, which covers nothing else. */
static void test_members_agree(void **state)
{
	struct config a, b;

	(void)state;
	load(PAIR("n1", "n2", ""), &a);
	load(PAIR("n2", "n1", "alone = never\n"), &b);
	assert_int_equal(a.id, 1);
	assert_int_equal(a.peers[0].id, 2);
	assert_int_equal(b.id, 2);
	assert_int_equal(b.peers[0].id, 1);
	/* SipHash of "mode pair\nmember n1 1\nmember n2 2\n", folded, by OpenSSL. */
	assert_int_equal(a.cfg_hash, 0xb5e94b0b);
	assert_int_equal(b.cfg_hash, a.cfg_hash);
	config_free(&b);
	load(PAIR("n1", "n2", "id = 3\n"), &b);
	assert_int_not_equal(b.cfg_hash, a.cfg_hash);
	config_free(&b);
	load(PAIR("n1", "n3", ""), &b);
	assert_int_not_equal(b.cfg_hash, a.cfg_hash);
	config_free(&a);
	config_free(&b);
}

/* HEAD and `ngroups` groups of `naddrs` addresses each. */
static char *large(unsigned int ngroups, unsigned int naddrs, const char *address)
{
	unsigned int g, i, ip = 0x0a000001;
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	fputs(HEAD, f);
	for (g = 0; g < ngroups; g++) {
		fprintf(f, "group \"s%u\" {\ninterface = e0\naddress = %s\naddresses = {", g,
			address);
		for (i = 0; i < naddrs; i++, ip++)
			fprintf(f, "%s\n%u.%u.%u.%u/32", i ? "," : "", ip >> 24, ip >> 16 & 255,
				ip >> 8 & 255, ip & 255);
		fprintf(f, "\n}\n}\n");
	}
	assert_int_equal(fclose(f), 0);
	return ret;
}

static void assert_large(unsigned int ngroups, unsigned int naddrs, const char *address,
			 const char *message)
{
	char *text = large(ngroups, naddrs, address);
	struct config c;
	struct err e;

	if (message) {
		assert_true(conf_load(text, &c, &e) < 0);
		assert_string_equal(e.text, message);
	} else {
		assert_round_trip(text);
	}
	free(text);
}

static void test_maxima(void **state)
{
	(void)state;
	assert_large(48, 1, "owner", NULL);
	assert_large(49, 1, "owner", "DIR/conf:340: group 's48': more than 48 groups");
	assert_large(1, 1024, "owner", NULL);
	assert_large(1, 1025, "standing",
		     "DIR/conf:8: group 's0': 1025 addresses, but address = \"standing\" takes at "
		     "most 1024: use address = \"none\" and one route, ip route add local PREFIX "
		     "dev lo");
	assert_large(2, 65536, "none", NULL);
	assert_large(2, 65537, "none",
		     "DIR/conf:65547: group 's1': more than 131072 addresses in all");
}

static void test_parse_addr(void **state)
{
	struct config_addr a;
	struct err e;

	(void)state;
	assert_int_equal(config_parse_addr("198.18.1.1/16", &a, &e), 0);
	assert_int_equal(a.ip_be32, inet_addr("198.18.1.1"));
	assert_int_equal(a.prefix_len, 16);
	assert_true(config_parse_addr("198.18.1.1", &a, &e) < 0);
	assert_string_equal(e.text,
			    "address '198.18.1.1': prefix length missing, write 198.18.1.1/24");
	assert_true(config_parse_addr("1111111111111111111111/8", &a, &e) < 0);
	assert_string_equal(e.text,
			    "address '1111111111111111111111/8': not an IPv4 address, write "
			    "it like 192.0.2.1/24");
	assert_true(config_parse_addr("", &a, &e) < 0);
	assert_int_equal(a.prefix_len, 16);
}

static void test_check_name(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(config_check_name("group", "abcdefghijklmnopqrstuvwxyz.-_09", &e), 0);
	assert_int_equal(config_check_name("group", "7", &e), 0);
	assert_true(config_check_name("group", "abcdefghijklmnopqrstuvwxyz.-_090", &e) < 0);
	assert_true(config_check_name("group", "", &e) < 0);
	assert_true(config_check_name("group", ".a", &e) < 0);
	assert_true(config_check_name("group", "a b", &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),      cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_print_derived),
		cmocka_unit_test(test_members_agree), cmocka_unit_test(test_maxima),
		cmocka_unit_test(test_parse_addr),    cmocka_unit_test(test_check_name),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
