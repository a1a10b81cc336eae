/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong configurations: one mistake each, the whole message expected, nothing changed by the attempt. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf_file.h"

/* Line 1 to 3, then the group in lines 4 to 8, line 7 being free. */
#define NODE "node = \"n1\"\n"
#define BEAT "heartbeat { key-file = \"DIR/key\" }\n"
#define PEER "peer \"n2\" { address = \"198.18.0.2\" }\n"
#define HEAD NODE BEAT PEER
#define ADDR "addresses = { \"198.18.1.1/16\" }\n"
#define GROUP_WITH(line) "group \"web\" {\ninterface = \"e0\"\n" ADDR line "\n}\n"
#define GROUP GROUP_WITH("")
#define BEAT_WITH(line) NODE "heartbeat {\nkey-file = \"DIR/key\"\n" line "\n}\n" PEER GROUP
#define GROUP_OF(list) HEAD "group \"web\" {\ninterface = \"e0\"\naddresses = {\n" list "\n}\n}\n"
/* Lines 4 to 6, the middle one free. */
#define TRACK(line) "track t { script = /s\n" line "\n}\n"
#define NO_HOST \
	": not an IPv4 or IPv6 address, write it like 192.0.2.1, 2001:db8::1 or fe80::1%eth0"
/* Line 3, ADDRESS being a word. */
#define PEER_AT(address) NODE "peer \"n2\" {\naddress = \"" address "\"\n}\n"
#define NAME_RULE                                                                                  \
	": a name has 1 to 31 characters of A-Z a-z 0-9 _ . - and begins with a letter, digit or " \
	"_"

static const struct conf_refused syntax[] = {
	{HEAD GROUP "bogus = 1\n", "9: no such option 'bogus'"},
	{NODE BEAT "peer \"n2\" { address = \"FILL-IN-address\" }\n" GROUP,
	 "3: address 'FILL-IN-address': a placeholder that convert has left: write what belongs "
	 "there"},
	{NODE BEAT "peer \"FILL-IN-198.18.0.2\" { address = \"198.18.0.2\" }\n" GROUP,
	 "3: peer 'FILL-IN-198.18.0.2': a placeholder that convert has left: write what belongs "
	 "there"},
	{HEAD GROUP_WITH("bogus = 1"), "7: no such option 'bogus'"},
	{BEAT_WITH("bogus = 1"), "4: no such option 'bogus'"},
	{"# one\n// two\n/* three\n*/ bogus = 1\n", "4: no such option 'bogus'"},
	{HEAD GROUP "node = \"n1\"\n", "9: 'node' is set again: it was set in line 1"},
	{HEAD GROUP_WITH(ADDR), "7: 'addresses' is set again: it was set in line 6"},
	{HEAD GROUP "heartbeat { }\n", "9: 'heartbeat' is written again: the first is in line 2"},
	{HEAD GROUP "group \"web\" { }\n", "9: found duplicate title 'web'"},
	{HEAD GROUP PEER, "9: found duplicate title 'n2'"},
	{HEAD GROUP "group { }\n", "9: missing title for section 'group'"},
	{HEAD GROUP "heartbeat|interval = \"1s\"\n", "9: no such option 'interval'"},
	{HEAD GROUP_WITH("|opened = { \"x\" }"), "7: '|opened' is set again: it was set in line 4"},
	{HEAD GROUP "node { }\n", "9: missing equal sign after option 'node'"},
	{HEAD GROUP "}\n", "9: unexpected closing brace"},
	{"/*/ one\n*/ bogus = 1\n", "2: no such option 'bogus'"},
	{HEAD GROUP "\n/* open\n\n", "10: comment is not closed"},
	{HEAD GROUP "alone = \"always\n\n", "9: quoted word is not closed"},
	{HEAD "group \"web\" {\ninterface = \"e0\"\n", "4: brace is not closed"},
	{HEAD "group \"web\" {\naddresses = { \"198.18.1.1/16\"\n", "4: brace is not closed"},
	{HEAD GROUP "node =\n", "10: premature end of file"},
	{HEAD GROUP "\001\n", "9: control character"},
	{HEAD GROUP "include(/etc/ip-takeover/*.conf)\n",
	 "9: include: a configuration is one file"},
	{HEAD GROUP "include \"more.conf\"\n", "9: include: a configuration is one file"},
	{NODE "heartbeat { key-file = /etc/*.key }\n",
	 "2: comment in the middle of a word: quote the word, or put a blank before the comment"},
	{HEAD GROUP "node = n1//b\n",
	 "9: comment in the middle of a word: quote the word, or put a blank before the comment"},
	{"\xef\xbb\xbf" HEAD GROUP, "1: byte order mark: save the file as UTF-8 without one"},
	{"\xff\xfe" HEAD GROUP, "1: byte order mark: save the file as UTF-8 without one"},
	{HEAD "group \"web\" {\ninterface = e0;\n" ADDR "}\n",
	 "5: semicolon: an option ends with its line or the next blank, write none, or quote the "
	 "word"},
	{HEAD GROUP "realtime = true;\n", "9: semicolon: an option ends with its line or the next "
					  "blank, write none, or quote the word"},
};

static const struct conf_refused members[] = {
	{"", "1: node is not set: write node = \"NAME\", this host's name among the members"},
	{"\nnode = \"n 1\"\n", "2: node 'n 1'" NAME_RULE},
	{"node = \"\"\n", "1: node ''" NAME_RULE},
	{"node = \"-n\"\n", "1: node '-n'" NAME_RULE},
	{"node = \"abcdefghijklmnopqrstuvwxyz123456\"\n",
	 "1: node 'abcdefghijklmnopqrstuvwxyz123456'" NAME_RULE},
	{NODE BEAT GROUP, "1: no peer: write peer \"NAME\" { address = \"ADDRESS\" }"},
	{NODE "\npeer \"n\n2\" { }\n", "4: peer 'n?2'" NAME_RULE},
	{NODE "\npeer \"n2\"\n{\n}\n", "4: peer 'n2': address is not set"},
	{NODE "peer \"n2\" {\naddress = \"n2\"\n}\n", "3: address 'n2'" NO_HOST},
	{NODE "peer \"n2\" {\naddress = 198.18.0.02\n}\n", "3: address '198.18.0.02'" NO_HOST},
	{NODE "peer \"n2\" {\naddress = 224.0.0.18\n}\n",
	 "3: address '224.0.0.18': a multicast address"},
	{NODE "peer \"n2\" {\naddress = 10.0.0.2\nhops = 0\n}\n",
	 "4: hops '0': not a number from 1 to 64"},
	{NODE "peer \"n2\" {\naddress = 10.0.0.2\nhops = 65\n}\n",
	 "4: hops '65': not a number from 1 to 64"},
	{NODE "peer \"n2\" {\naddress = 10.0.0.2\nhops = 2\n}\n",
	 "4: hops '2': peer 'n2' is no witness, nor is this node: they must share a LAN"},
	{PEER_AT("2001:db8:::1"), "3: address '2001:db8:::1'" NO_HOST},
	{PEER_AT("2001:db8::1/64"), "3: address '2001:db8::1/64'" NO_HOST},
	{PEER_AT("::ffff:198.18.0.2"), "3: address '::ffff:198.18.0.2'" NO_HOST},
	{PEER_AT("%eth0"), "3: address '%eth0'" NO_HOST},
	{PEER_AT("ff02::2%eth0"), "3: address 'ff02::2%eth0': a multicast address"},
	{PEER_AT("::1"), "3: address '::1': a loopback address"},
	{PEER_AT("fe80::2"),
	 "3: address 'fe80::2': a link-local address needs its interface, write "
	 "it like fe80::1%eth0"},
	{PEER_AT("fe80::2%"), "3: address 'fe80::2%': a link-local address needs its interface, "
			      "write it like fe80::1%eth0"},
	{PEER_AT("fe80::2%abcdefghijklmnop"),
	 "3: address 'fe80::2%abcdefghijklmnop': no name of an interface behind the %"},
	{PEER_AT("fe80::2%e/0"), "3: address 'fe80::2%e/0': no name of an interface behind the %"},
	{PEER_AT("2001:db8::2%eth0"),
	 "3: address '2001:db8::2%eth0': only a link-local address has an interface behind it"},
	{PEER_AT("198.18.0.2%eth0"),
	 "3: address '198.18.0.2%eth0': only a link-local address has an interface behind it"},
	{NODE "peer \"n2\" {\naddress = 2001:db8::2\nsource = \"fe80::1%e0\"\n}\n",
	 "4: source 'fe80::1%e0': not an IPv4 or IPv6 address, write it like 192.0.2.1 or "
	 "2001:db8::1"},
	{NODE "peer \"n2\" {\naddress = 2001:db8::2\nsource = \"ff02::1\"\n}\n",
	 "4: source 'ff02::1': a multicast address"},
	{NODE "peer \"n2\" {\naddress = 2001:db8::2 source = ::2:1\nsources = { ::2:2 }\n}\n",
	 "4: peer 'n2': source and sources, only one of them"},
	{NODE "peer \"n2\" {\naddress = 2001:db8::2\nsources = { 10.0.0.1,\n10.0.0.2, 10.0.0.3,\n"
	      "10.0.0.4,\n10.0.0.5 }\n}\n",
	 "7: source '10.0.0.5': more than 4 of peer 'n2'"},
	{NODE "peer \"n2\" {\naddresses = { \"fe80::2%a\", \"fe80::2%b\",\n\"fe80::2%a\" }\n}\n",
	 "4: address 'fe80::2%a': twice in peer 'n2'"},
	{NODE "peer \"n1\" { address = 198.18.0.2 }\n",
	 "2: peer 'n1': that is this node's own name"},
	{HEAD "peer \"n3\" { address = 198.18.0.3 }\n" GROUP,
	 "4: peer 'n3': three members or more need quorum = true"},
	{HEAD GROUP "id = 0\n", "9: id '0': not a number from 1 to 255"},
	{HEAD GROUP "id = 256\n", "9: id '256': not a number from 1 to 255"},
	{HEAD GROUP "id = -1\n", "9: id '-1': not a number from 1 to 255"},
	{HEAD GROUP "id = 2\n", "9: id 2 is that of both 'n1' and 'n2'"},
	{NODE BEAT "\npeer \"n2\" { id = 1 address = 198.18.0.2 }\n" GROUP,
	 "4: id 1 is that of both 'n1' and 'n2'"},
	{HEAD GROUP "realtime = yes\n", "9: realtime 'yes': neither true nor false"},
	{HEAD GROUP "alone = both\n", "9: alone 'both': not one of always, never, gateway"},
};

static const struct conf_refused heartbeat[] = {
	{BEAT_WITH("interval = 50"), "4: interval '50': unit missing, one of ns, us, ms, s, min"},
	{BEAT_WITH("interval = \"50 ms\""),
	 "4: interval '50 ms': unknown unit, use one of ns, us, ms, s, min"},
	{BEAT_WITH("interval = 50h"),
	 "4: interval '50h': unknown unit, use one of ns, us, ms, s, min"},
	{BEAT_WITH("interval = fast"), "4: interval 'fast': not a time, write it like 50ms"},
	{BEAT_WITH("interval = -1ms"), "4: interval '-1ms': not a time, write it like 50ms"},
	{BEAT_WITH("interval = 1.ms"), "4: interval '1.ms': not a time, write it like 50ms"},
	{BEAT_WITH("interval = 0.5ns"),
	 "4: interval '0.5ns': too long, or finer than a nanosecond"},
	{BEAT_WITH("interval = 1000000000min"),
	 "4: interval '1000000000min': too long, or finer than a nanosecond"},
	{BEAT_WITH("interval = 99999999999s"),
	 "4: interval '99999999999s': too long, or finer than a nanosecond"},
	{BEAT_WITH("interval = 50us"), "4: heartbeat: interval 0.05 ms is outside 100us to 10s"},
	{BEAT_WITH("settle = 2s"), "4: heartbeat: settle 2000 ms is outside 1us to 1s"},
	{BEAT_WITH("misses = 4"),
	 "4: heartbeat: misses 4 breaks I4 (the peer is dropped before the lease ends, one loss "
	 "tolerated): at least 5, with a shorter interval instead"},
	{BEAT_WITH("misses = few"), "4: misses 'few': not a number from 0 to 4294967295"},
	{BEAT_WITH("drift = \"0,1%\""),
	 "4: drift '0,1%': a decimal point is missing, write it like 0.1%"},
	{BEAT_WITH("drift = 0,1%"),
	 "4: unexpected token ',': a list stands in braces, a decimal point is a '.'"},
	{BEAT_WITH("interval = \"0,5ms\""),
	 "4: interval '0,5ms': a decimal point is missing, write it like 0.5ms"},
	{BEAT_WITH("drift = 1"), "4: drift '1': percent sign missing, write it like 0.1%"},
	{BEAT_WITH("drift = x%"), "4: drift 'x%': not a percentage, write it like 0.1%"},
	{BEAT_WITH("drift = 0.00001%"), "4: drift '0.00001%': above 100%, or finer than 0.0001%"},
	{BEAT_WITH("drift = 101%"), "4: drift '101%': above 100%, or finer than 0.0001%"},
	{BEAT_WITH("drift = 100%"),
	 "4: heartbeat: drift 100% is outside 0.0001% to 49.9999% (I1: no "
	 "silence outlasts a lease on clocks that differ more)"},
	{BEAT_WITH("drift = 50%"), "4: heartbeat: drift 50% is outside 0.0001% to 49.9999% (I1: no "
				   "silence outlasts a lease on "
				   "clocks that differ more)"},
	{BEAT_WITH("drift = 45%"),
	 "2: heartbeat: 7 misses of 50 ms at a drift of 45% break I4: the lease of 300 ms leaves "
	 "no "
	 "room to drop a dead peer before it ends; raise misses or lower drift"},
	{BEAT_WITH("drift = 40%"),
	 "2: heartbeat: 7 misses of 50 ms at a drift of 40% break I3 by 59.3333 ms: one lost round "
	 "trip would end the lease of 300 ms; raise misses or lower drift"},
	{BEAT_WITH("rollout = soon"),
	 "4: rollout 'soon': not one of receive-only, permissive, enforce"},
	{BEAT_WITH("port = 0"), "4: port '0': not a number from 1 to 65535"},
	{BEAT_WITH("port = 65536"), "4: port '65536': not a number from 1 to 65535"},
};

static const struct conf_refused groups[] = {
	{HEAD, "1: no group: write group \"NAME\" { interface = ..., addresses = { ... } }"},
	{HEAD "\ngroup \"w/b\" {\n" ADDR "}\n", "5: group 'w/b'" NAME_RULE},
	{HEAD "group \"web\" {\n" ADDR "}\n", "4: group 'web': interface is not set"},
	{HEAD "group \"web\" {\ninterface = e0\n}\n",
	 "4: group 'web': no addresses; one that is to have none says lease-only = true"},
	{HEAD
	 "group \"web\" {\ninterface = e0\nlease-only = true\naddresses = { 198.18.1.1/24 }\n}\n",
	 "7: group 'web': lease-only, but it has addresses"},
	{HEAD "group \"web\" {\ninterface = e0\nlease-only = perhaps\n}\n",
	 "6: lease-only 'perhaps': neither true nor false"},
	{HEAD "group \"web\" {\ninterface = abcdefghijklmnop\n}\n",
	 "5: interface 'abcdefghijklmnop': longer than 15 characters"},
	{HEAD "group \"web\" {\ninterface = \"../e\"\n}\n",
	 "5: interface '../e': not a name of an interface"},
	{HEAD "group \"web\" {\ninterface = lo\n}\n",
	 "5: interface 'lo': there is no LAN behind it"},
	{HEAD GROUP_WITH("address = lo"), "7: address 'lo': not one of owner, standing, none"},
	{HEAD GROUP_WITH("mode = skb"), "7: mode 'skb': not one of auto, native, generic"},
	{HEAD
	 "group \"a\" {\ninterface = e0\nmode = native\n" ADDR
	 "}\ngroup \"b\" {\ninterface = e0\nmode = generic\naddresses = { 198.18.1.2/16 }\n}\n",
	 "11: mode 'generic': group 'a', line 4, says 'native' for the same interface"},
	{HEAD GROUP_WITH("refresh = 15s"), "7: refresh '15s': neither 0s (off) nor from 100ms to "
					   "below 15s (I8: neighbours may forget "
					   "an address after 15 s)"},
	{HEAD GROUP_WITH("priority = 0"), "7: priority '0': not a number from 1 to 254"},
	{HEAD GROUP_WITH("priority = 255"), "7: priority '255': not a number from 1 to 254"},
	{HEAD GROUP_WITH("burst = 0"), "7: burst '0': not a number from 1 to 1000000"},
	{HEAD GROUP_WITH("preempt-delay = 3.7s"),
	 "7: preempt-delay '3.7s': less than 10 G = 3721.67 ms (I8: an outage must not repeat "
	 "itself)"},
	{HEAD GROUP_WITH("preempt-delay = 1441min"), "7: preempt-delay '1441min': more than a day"},
	{HEAD GROUP_WITH("relinquish = loud"), "7: relinquish 'loud': not one of quiet, announce"},
	{HEAD GROUP_WITH("prefix = host"), "7: prefix 'host': not one of auto, written"},
	{HEAD GROUP_WITH("drain = 5001ms"), "7: drain '5001ms': more than 5s"},
	{HEAD GROUP_WITH("track = http"), "7: track 'http': there is no section of that name"},
	{HEAD TRACK("") GROUP_WITH("track = { t, t }"), "10: track 't': twice in group 'web'"},
	{HEAD GROUP_WITH("notify = notify.sh"), "7: notify 'notify.sh': not an absolute path"},
	{HEAD GROUP_WITH("notify = { /a, \"b\\n\" }"), "7: notify 'b?': control character"},
	{HEAD GROUP_WITH("preempt = maybe"), "7: preempt 'maybe': neither true nor false"},
	{HEAD "group \"g100\" { interface = e0 addresses = 198.18.1.1/16 }\n"
	      "group \"g212\" { interface = e0 addresses = 198.18.1.2/16 }\n",
	 "5: group 'g212': its number on the wire (35288) is that of group 'g100' too, rename one "
	 "of "
	 "them"},
};

#define LONG "2, 3, 4, 5, 6, 7, 8"

static const struct conf_refused tracks[] = {
	{HEAD TRACK("user = \"\"") GROUP, "5: user '': a name has 1 to 32 characters"},
	{HEAD TRACK("user = abcdefghijklmnopqrstuvwxyz1234567") GROUP,
	 "5: user 'abcdefghijklmnopqrstuvwxyz1234567': a name has 1 to 32 characters"},
	{HEAD GROUP_WITH("user = nobody"), "7: user 'nobody': there is no notify to run as it"},
	{HEAD GROUP_WITH("user = \"\xc2\x9b\""), "7: user '?': there is no notify to run as it"},
	{HEAD "track t { }\n" GROUP, "4: track 't': script is not set"},
	{HEAD "track \"a b\" { script = /s }\n" GROUP, "4: track 'a b'" NAME_RULE},
	{HEAD "track t { script = s }\n" GROUP, "4: script 's': not an absolute path"},
	{HEAD "track t { script = { /s, " LONG ",\n9 } }\n" GROUP,
	 "5: script '9': more than 8 words"},
	{HEAD TRACK("") TRACK("") GROUP, "7: found duplicate title 't'"},
	{HEAD TRACK("interval = 9ms") GROUP, "5: interval '9ms': not from 10ms to 60min"},
	{HEAD TRACK("interval = 61min") GROUP, "5: interval '61min': not from 10ms to 60min"},
	{HEAD TRACK("timeout = 0s") GROUP, "5: timeout '0s': less than 1ms"},
	{HEAD TRACK("timeout = 1001ms") GROUP, "5: timeout '1001ms': longer than the interval"},
	{HEAD TRACK("interval = 2s\ntimeout = 3s") GROUP,
	 "6: timeout '3s': longer than the interval"},
	{HEAD TRACK("weight = -254") GROUP, "5: weight '-254': not a number from -253 to 253"},
	{HEAD TRACK("weight = 254") GROUP, "5: weight '254': not a number from -253 to 253"},
	{HEAD TRACK("weight = --1") GROUP, "5: weight '--1': not a number from -253 to 253"},
	{HEAD TRACK("weight = -") GROUP, "5: weight '-': not a number from -253 to 253"},
	{HEAD TRACK("rise = 0") GROUP, "5: rise '0': not a number from 1 to 100"},
	{HEAD TRACK("initial = bad") GROUP, "5: initial 'bad': not one of wait, good, fail"},
	{HEAD TRACK("fall = 101") GROUP, "5: fall '101': not a number from 1 to 100"},
	{HEAD TRACK("fall = 1\nfall = 2") GROUP, "6: 'fall' is set again: it was set in line 5"},
};

static const struct conf_refused addresses[] = {
	{GROUP_OF("198.18.1.1"),
	 "7: address '198.18.1.1': prefix length missing, write 198.18.1.1/24"},
	{GROUP_OF("198.18.1/24"),
	 "7: address '198.18.1/24': not an IPv4 or IPv6 address, write it like "
	 "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("2001:db8:::1/64"),
	 "7: address '2001:db8:::1/64': not an IPv4 or IPv6 address, write it like "
	 "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("::ffff:198.18.1.1/120"),
	 "7: address '::ffff:198.18.1.1/120': not an IPv4 or IPv6 address, write it like "
	 "192.0.2.1/24 or 2001:db8::1/64"},
	{GROUP_OF("2001:db8::1"),
	 "7: address '2001:db8::1': prefix length missing, write 2001:db8::1/64"},
	{GROUP_OF("2001:db8::1/129"),
	 "7: address '2001:db8::1/129': prefix length '129' is not 1 to 128"},
	{GROUP_OF("2001:db8::/64"),
	 "7: address '2001:db8::/64': the address of every router of its network"},
	{GROUP_OF("ff02::1/64"), "7: address 'ff02::1/64': a multicast address"},
	{GROUP_OF("::1/128"), "7: address '::1/128': a loopback address"},
	{GROUP_OF("::/128"), "7: address '::/128': the unspecified address"},
	{GROUP_OF("::198.18.1.1/128"), "7: address '::198.18.1.1/128': an IPv4-compatible address"},
	{GROUP_OF("2001:db8::1/64,\n2001:DB8:0::1/48"),
	 "8: address '2001:db8::1' is twice in group 'web', first in line 7"},
	{GROUP_OF("198.18.1.1/0"), "7: address '198.18.1.1/0': prefix length '0' is not 1 to 32"},
	{GROUP_OF("198.18.1.1/33"),
	 "7: address '198.18.1.1/33': prefix length '33' is not 1 to 32"},
	{GROUP_OF("198.18.1.1/"), "7: address '198.18.1.1/': prefix length '' is not 1 to 32"},
	{GROUP_OF("198.18.1.1/24x"),
	 "7: address '198.18.1.1/24x': prefix length '24x' is not 1 to 32"},
	{GROUP_OF("198.18.1.0/24"), "7: address '198.18.1.0/24': the network's own address"},
	{GROUP_OF("198.18.1.255/24"),
	 "7: address '198.18.1.255/24': the network's broadcast address"},
	{GROUP_OF("224.0.0.1/24"), "7: address '224.0.0.1/24': a multicast address"},
	{GROUP_OF("127.0.0.1/8"), "7: address '127.0.0.1/8': a loopback address"},
	{GROUP_OF("0.0.0.1/8"), "7: address '0.0.0.1/8': an address of network 0"},
	{GROUP_OF("255.255.255.255/32"),
	 "7: address '255.255.255.255/32': a broadcast or reserved address"},
	{GROUP_OF("198.18.1.1/24,\n198.18.1.2/24,\n198.18.1.1/16"),
	 "9: address '198.18.1.1' is twice in group 'web', first in line 7"},
	{HEAD GROUP "group \"db\" {\ninterface = e0\n\naddresses = 198.18.1.1/24 }\n",
	 "12: address '198.18.1.1' is in group 'web' already, line 6"},
	{GROUP_OF("198.18.0.2/24"),
	 "7: address '198.18.0.2' is the own address of peer 'n2', which never moves"},
};

#define REFUSED_TEST(rows)                                                   \
	static void test_##rows(void **state)                                \
	{                                                                    \
		(void)state;                                                 \
		conf_assert_refused(rows, sizeof(rows) / sizeof((rows)[0])); \
	}

REFUSED_TEST(syntax)
REFUSED_TEST(members)
REFUSED_TEST(heartbeat)
REFUSED_TEST(groups)
REFUSED_TEST(tracks)
REFUSED_TEST(addresses)

static void test_not_a_file(void **state)
{
	struct config c;
	struct err e;

	(void)state;
	assert_true(config_load("/tmp/there is no such file", &c, &e) < 0);
	assert_string_equal(e.text, "/tmp/there is no such file: No such file or directory");
	assert_true(config_load("/", &c, &e) < 0);
	assert_string_equal(e.text, "/: not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),	   cmocka_unit_test(test_members),
		cmocka_unit_test(test_heartbeat),  cmocka_unit_test(test_groups),
		cmocka_unit_test(test_tracks),	   cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_not_a_file),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
