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
#define GROUP "group \"web\" { interface = \"eth0\" addresses = { \"198.18.1.1/16\" } }\n"

static const char every_option[] =
	"# all of it\n"
	"node = 'zeta' /* quoted\nas one likes */\n"
	"id = 200\n"
	"realtime = false\n"
	"alone = gateway // consistency\n"
	"gateway = 10.0.0.1 hold-off = 1.5s\n"
	"heartbeat {\n"
	"interval = 500us misses = 9 drift = 0.25% settle = \"0.2ms\"\n"
	"port = 65535 key-file = \"DIR/key\" rollout = receive-only\n"
	"}\n"
	"peer \"alpha\" { addresses = { 10.0.0.2, 10.9.0.2,\n10.8.0.2, "
	"\"fe80::2%eth1\" } sources = { 10.0.0.9, \"fe80::9\", 2001:db8::9 } id = 255 }\n"
	"track http { script = { /usr/bin/check, web, \"a b\" } interval = 500ms\n"
	"timeout = 250ms weight = -253 rise = 3 fall = 100 user = nobody initial = fail }\n"
	"track disk.1 { script = /bin/d weight = 253 }\n"
	"group \"a\" {\n"
	"interface = \"en\\$\\\"p0\"\n"
	"addresses = { 10.0.0.10/24, \"10.0.1.10/32\" }\n"
	"mode = native address = \"standing\" prefix = written refresh = 0s priority = 1\n"
	"preempt = true preempt-delay = 5min burst = 1000000\n"
	"relinquish = announce drain = 5s track = { http, 'disk.1' }\n"
	"notify = { \"/n o\\\"tify\", '$x', \"\" } user = \"a\\\"b\"\n"
	"}\n"
	"group b.c-d_e {\n"
	"interface = e1 address = none addresses = { 10.0.2.0/31 }\n"
	"addresses += { 10.0.3.1/1 } refresh = 14.999s priority = 254\n"
	"}\n";

static void test_defaults(void **state)
{
	const struct config_group *g;
	struct config c;

	(void)state;
	conf_must_load(CONF_PAIR GROUP, &c);
	assert_string_equal(c.node, "n1");
	assert_int_equal(c.id, 1);
	assert_true(c.realtime);
	assert_int_equal(c.alone, ALONE_ALWAYS);
	assert_false(c.quorum);
	assert_false(c.witness);
	assert_int_equal(c.gateway_be32, 0);
	assert_int_equal(c.hold_off_ns, 0);
	assert_int_equal(c.rollout, ROLLOUT_PERMISSIVE);
	assert_int_equal(c.ntracks, 0);
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
	assert_int_equal(c.peers[0].naddrs, 1);
	assert_false(c.peers[0].witness);
	assert_int_equal(c.peers[0].addrs[0].ip.word_be32[3], inet_addr("198.18.0.2"));
	assert_int_equal(c.peers[0].line, 3);
	assert_int_equal(c.ngroups, 1);
	g = &c.groups[0];
	assert_string_equal(g->name, "web");
	assert_int_equal(g->nifaces, 1);
	assert_string_equal(g->iface[0], "eth0");
	assert_int_equal(g->naddrs, 1);
	assert_int_equal(g->addrs[0].ip.word_be32[3], inet_addr("198.18.1.1"));
	assert_int_equal(g->addrs[0].prefix_len, 16);
	assert_int_equal(g->mode, MODE_AUTO);
	assert_int_equal(g->address, ADDRESS_OWNER);
	assert_int_equal(g->refresh_ns, 10000 * MS);
	assert_int_equal(g->burst_pps, 10000);
	assert_int_equal(g->priority, 100);
	assert_false(g->preempt);
	assert_int_equal(g->preempt_delay_ns, 60000 * MS);
	assert_int_equal(g->drain_ns, 2000 * MS);
	assert_null(g->notify.argv[0]);
	assert_int_equal(g->ntracks, 0);
	assert_int_equal(g->line, 4);
	config_free(&c);
}

static void assert_every_track(const struct config *c)
{
	const struct config_track *t = &c->tracks[0];

	assert_int_equal(c->ntracks, 2);
	assert_string_equal(t->name, "http");
	assert_string_equal(t->script.argv[0], "/usr/bin/check");
	assert_string_equal(t->script.argv[2], "a b");
	assert_null(t->script.argv[3]);
	assert_int_equal(t->interval_ns, 500 * MS);
	assert_int_equal(t->timeout_ns, 250 * MS);
	assert_int_equal(t->weight, -253);
	assert_int_equal(t->rise, 3);
	assert_int_equal(t->fall, 100);
	assert_string_equal(t->script.user, "nobody");
	assert_int_equal(t->initial, INITIAL_FAIL);
	t++;
	assert_string_equal(t->name, "disk.1");
	assert_int_equal(t->interval_ns, 1000 * MS);
	assert_int_equal(t->timeout_ns, 1000 * MS);
	assert_int_equal(t->weight, 253);
	assert_int_equal(t->rise, 1);
	assert_int_equal(t->fall, 1);
	assert_string_equal(t->script.user, "");
	assert_int_equal(t->initial, INITIAL_WAIT);
}

static void test_every_option(void **state)
{
	struct config c;

	(void)state;
	conf_must_load(every_option, &c);
	assert_string_equal(c.node, "zeta");
	assert_int_equal(c.id, 200);
	assert_false(c.realtime);
	assert_int_equal(c.alone, ALONE_GATEWAY);
	assert_int_equal(c.gateway_be32, inet_addr("10.0.0.1"));
	assert_int_equal(c.hold_off_ns, 1500 * MS);
	assert_int_equal(c.rollout, ROLLOUT_RECEIVE_ONLY);
	assert_int_equal(c.timing.interval_ns, 500000);
	assert_int_equal(c.timing.misses, 9);
	assert_int_equal(c.timing.rho_ppm, 2500);
	assert_int_equal(c.timing.settle_ns, 200000);
	assert_int_equal(c.port, 65535);
	assert_int_equal(c.peers[0].id, 255);
	assert_int_equal(c.peers[0].naddrs, 4);
	assert_int_equal(c.peers[0].addrs[2].ip.word_be32[3], inet_addr("10.8.0.2"));
	assert_string_equal(c.peers[0].addrs[2].iface, "");
	assert_string_equal(c.peers[0].addrs[3].iface, "eth1");
	assert_int_equal(c.peers[0].addrs[3].ip.word_be32[3], htonl(2));
	assert_int_equal(c.peers[0].nsources, 3);
	assert_int_equal(c.peers[0].sources[2].word_be32[0], htonl(0x20010db8));
	assert_every_track(&c);
	assert_string_equal(c.groups[0].iface[0], "en$\"p0");
	assert_int_equal(c.groups[0].naddrs, 2);
	assert_int_equal(c.groups[0].address, ADDRESS_STANDING);
	assert_int_equal(c.groups[0].prefix, PREFIX_WRITTEN);
	assert_int_equal(c.groups[0].refresh_ns, 0);
	assert_int_equal(c.groups[0].priority, 1);
	assert_int_equal(c.groups[0].burst_pps, 1000000);
	assert_true(c.groups[0].preempt);
	assert_int_equal(c.groups[0].preempt_delay_ns, 300000 * MS);
	assert_int_equal(c.groups[0].drain_ns, 5000 * MS);
	assert_int_equal(c.groups[0].relinquish, RELINQUISH_ANNOUNCE);
	assert_int_equal(c.groups[0].ntracks, 2);
	assert_int_equal(c.groups[0].track[1], 1);
	assert_string_equal(c.groups[0].notify.argv[0], "/n o\"tify");
	assert_string_equal(c.groups[0].notify.argv[1], "$x");
	assert_string_equal(c.groups[0].notify.argv[2], "");
	assert_null(c.groups[0].notify.argv[3]);
	assert_string_equal(c.groups[0].notify.user, "a\"b");
	assert_string_equal(c.groups[1].name, "b.c-d_e");
	assert_int_equal(c.groups[1].address, ADDRESS_NONE);
	assert_int_equal(c.groups[1].prefix, PREFIX_AUTO);
	assert_int_equal(c.groups[1].relinquish, RELINQUISH_QUIET);
	assert_int_equal(c.groups[1].naddrs, 2);
	assert_int_equal(c.groups[1].addrs[1].prefix_len, 1);
	assert_int_equal(c.groups[1].refresh_ns, 14999 * MS);
	config_free(&c);
}

static void test_round_trip(void **state)
{
	(void)state;
	conf_round_trip(CONF_PAIR GROUP);
	conf_round_trip(every_option);
}

/* The sentence and figures that `check` prints (protocol 10). */
static void test_print_derived(void **state)
{
	struct config c;
	char *text;

	(void)state;
	conf_must_load(CONF_PAIR GROUP, &c);
	text = conf_printed(&c);
	assert_non_null(strstr(text, "# tolerates 20 ms of scheduling delay\n"));
	assert_non_null(strstr(text, "\n# pair: survives the loss of either; two owners only while "
				     "no heartbeat passes either way\n"));
	assert_non_null(strstr(text, " L     300 ms\n"));
	assert_non_null(strstr(text, " X     1000 ms,"));
	assert_non_null(strstr(text, " boot wait              394.167 ms of own sending\n"));
	assert_non_null(strstr(text, " S     24 ms (2 ranks: 48 ms within G)\n"));
	assert_non_null(strstr(text, " G     372.167 ms of silence\n"));
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
	conf_must_load(PAIR("n1", "n2", ""), &a);
	conf_must_load(PAIR("n2", "n1", "alone = gateway gateway = 10.0.0.1\n"), &b);
	assert_int_equal(a.id, 1);
	assert_int_equal(a.peers[0].id, 2);
	assert_int_equal(b.id, 2);
	assert_int_equal(b.peers[0].id, 1);
	/* SipHash of "mode pair\nmember n1 1\nmember n2 2\n", folded, by OpenSSL. */
	assert_int_equal(a.cfg_hash, 0xb5e94b0b);
	assert_int_equal(b.cfg_hash, a.cfg_hash);
	config_free(&b);
	/* The same of "mode pair never alone": what a pair promises alone, a majority must not rely on. */
	conf_must_load(PAIR("n2", "n1", "alone = never\n"), &b);
	assert_int_equal(b.cfg_hash, 0x86f375af);
	config_free(&b);
	conf_must_load(PAIR("n1", "n2", "id = 3\n"), &b);
	assert_int_not_equal(b.cfg_hash, a.cfg_hash);
	config_free(&b);
	conf_must_load(PAIR("n1", "n3", ""), &b);
	assert_int_not_equal(b.cfg_hash, a.cfg_hash);
	config_free(&a);
	config_free(&b);
}

/* CONF_PAIR and `ngroups` groups of `naddrs` addresses each. */
static char *large(unsigned int ngroups, unsigned int naddrs, const char *address)
{
	unsigned int g, i, ip = 0x0a000001;
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	fputs(CONF_PAIR, f);
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
		conf_round_trip(text);
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

static char *with_tracks(unsigned int n)
{
	char *ret = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret, &size);

	assert_non_null(f);
	fputs(CONF_PAIR GROUP, f);
	while (n--)
		fprintf(f, "track t%u { script = /s }\n", n);
	assert_int_equal(fclose(f), 0);
	return ret;
}

static void test_most_tracks(void **state)
{
	char *most = with_tracks(16), *more = with_tracks(17);
	struct config c;
	struct err e;

	(void)state;
	conf_round_trip(most);
	assert_true(conf_load(more, &c, &e) < 0);
	assert_string_equal(e.text, "DIR/conf:21: track 't0': more than 16 tracks");
	free(most);
	free(more);
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
		cmocka_unit_test(test_most_tracks),   cmocka_unit_test(test_check_name),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
