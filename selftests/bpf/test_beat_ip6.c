/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heartbeats over IPv6: taken in and refused like those over IPv4, and what only IPv6 has. */
#include <linux/pkt_cls.h>
#include <string.h>
#include "beats.h"

#define PATH6 (BEATS_PATH + 1)
#define LOCAL_PATH (BEATS_PATH + 2)
#define IP 14
#define UDP (IP + 40)
#define OURS "2001:db8::1"
#define PEERS "2001:db8::2"
#define OURS_LOCAL "fe80::1"
#define PEERS_LOCAL "fe80::2"

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};

/* The peer is reached over IPv4, and by two kinds of IPv6 address. */
static void given(struct bed *b)
{
	beats_given(b);
	beats_path(b, PATH6, OURS, PEERS, BEATS_SEQ);
	beats_path(b, LOCAL_PATH, OURS_LOCAL, PEERS_LOCAL, BEATS_SEQ);
}

static void make(struct bed *b, struct beats_frame *f, const char *from, const char *to)
{
	struct beat beat;

	given(b);
	beats_good(&beat, HB_BACKUP, 0);
	beats_wrap6(&beat, from, to, f);
}

static void readdress(struct beats_frame *f, const char *from, const char *to)
{
	const struct ipt_addr addrs[] = {bed_addr(from), bed_addr(to)};

	memcpy(f->bytes + IP + 8, addrs, sizeof(addrs));
	beats_sum6(f);
}

static void test_who_is_found(void **state)
{
	static const struct {
		const char *what, *from, *to;
		uint64_t counters;
	} cases[] = {
		{"by its address", PEERS, OURS, BIT(hb_accept)},
		{"by its link-local one", PEERS_LOCAL, OURS_LOCAL, BIT(hb_accept)},
		{"one of each", PEERS_LOCAL, OURS, BIT(hb_stranger)},
		{"unknown sender", "2001:db8::3", OURS, BIT(hb_stranger)},
		{"no sender", "::", OURS, BIT(hb_stranger)},
		{"the IPv4 path's in IPv6's form", "::ffff:198.18.0.2", "::ffff:198.18.0.1",
		 BIT(pass)},
		{"not to us", PEERS, "2001:db8::9", BIT(pass)},
		{"to all nodes", PEERS_LOCAL, "ff02::1", BIT(pass)},
	};
	struct beats_frame f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(*state, &f, PEERS, OURS);
		readdress(&f, cases[i].from, cases[i].to);
		beats_expect(*state, cases[i].what, &f, cases[i].counters);
	}
}

static void test_accepted(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	const struct ipt_addr from = bed_addr(PEERS_LOCAL);
	struct bed *b = *state;
	struct beats_frame f;
	struct ipt_path path;

	make(b, &f, PEERS_LOCAL, OURS_LOCAL);
	(void)bed_events(b, ev, 0);
	beats_expect(b, "link-local", &f, BIT(hb_accept));
	path = beats_path_record(b, LOCAL_PATH);
	assert_true(path.proven_ns == beats_record(b).last_ns && path.frames == 1);
	assert_memory_equal(path.mac, peer_mac, 6);
	assert_true(beats_path_record(b, PATH6).frames == 0);
	assert_int_equal(bed_events(b, ev, 1), 1);
	assert_true(ev[0].type == IPT_EV_BEAT && ipt_addr_equal(&ev[0].addr, &from));
	beats_expect(b, "again", &f, BIT(hb_replay));
}

/* One frame by paths of both families: the second is a copy. */
static void test_both_families(void **state)
{
	struct beats_frame v4, v6;
	struct bed *b = *state;
	struct beat beat;

	given(b);
	beats_good(&beat, HB_OWNER, 0x109);
	beats_wrap(&beat, &v4);
	beats_wrap6(&beat, PEERS, OURS, &v6);
	beats_expect(b, "by IPv6", &v6, BIT(hb_accept));
	beats_expect(b, "by IPv4", &v4, BIT(hb_copy));
	beats_expect(b, "by IPv6 again", &v6, BIT(hb_replay));
	assert_true(beats_path_record(b, BEATS_PATH).proven_ns >
		    beats_path_record(b, PATH6).proven_ns);
}

static void routed(struct beats_frame *f)
{
	f->bytes[IP + 7] = 254;
}

static void version(struct beats_frame *f)
{
	f->bytes[IP] = 0x4c;
}

static void another_port(struct beats_frame *f)
{
	f->bytes[UDP + 3]++;
	beats_sum6(f);
}

static void tcp(struct beats_frame *f)
{
	f->bytes[IP + 6] = 6;
}

/* A frame whose sums are right behind it, too. */
static void extended(struct beats_frame *f, uint8_t kind)
{
	memmove(f->bytes + UDP + 8, f->bytes + UDP, f->len - UDP);
	memset(f->bytes + UDP, 0, 8);
	f->bytes[UDP] = 17;
	f->bytes[IP + 6] = kind;
	f->bytes[IP + 5] += 8;
	f->len += 8;
}

static void hop_by_hop(struct beats_frame *f)
{
	extended(f, 0);
}

static void options(struct beats_frame *f)
{
	extended(f, 60);
}

static void lone_fragment(struct beats_frame *f)
{
	extended(f, 44);
}

static void no_sum(struct beats_frame *f)
{
	memset(f->bytes + UDP + 6, 0, 2);
}

static void wrong_sum(struct beats_frame *f)
{
	f->bytes[UDP + 7]++;
}

/* The tag covers neither the ports nor the addresses, and the sum does. */
static void another_source_port(struct beats_frame *f)
{
	f->bytes[UDP + 1]++;
}

static void long_ip(struct beats_frame *f)
{
	f->bytes[IP + 5] += 8;
}

static void short_udp(struct beats_frame *f)
{
	f->bytes[UDP + 4] = 0;
	f->bytes[UDP + 5] = 7;
	f->bytes[IP + 4] = 0;
	f->bytes[IP + 5] = 7;
}

static void cut(struct beats_frame *f)
{
	f->len -= 8;
}

static void padded(struct beats_frame *f)
{
	memset(f->bytes + f->len, 0xee, 5);
	f->len += 5;
}

static void bad_tag(struct beats_frame *f)
{
	f->bytes[f->len - 1]++;
	beats_sum6(f);
}

static void priority_tag(struct beats_frame *f)
{
	memmove(f->bytes + 16, f->bytes + 12, f->len - 12);
	memcpy(f->bytes + 12, "\x81\x00\xe0\x00", 4);
	f->len += 4;
}

static void vlan_tag(struct beats_frame *f)
{
	priority_tag(f);
	f->bytes[15] = 7;
}

static void test_headers(void **state)
{
	static const struct {
		const char *what;
		void (*spoil)(struct beats_frame *f);
		uint64_t counters;
	} cases[] = {
		{"through a router", routed, BIT(hb_ttl)},
		{"another version", version, BIT(pass)},
		{"another port", another_port, BIT(pass)},
		{"another protocol", tcp, BIT(pass)},
		{"behind hop-by-hop options", hop_by_hop, BIT(pass)},
		{"behind destination options", options, BIT(pass)},
		{"a fragment, if a whole one", lone_fragment, BIT(pass)},
		{"no checksum", no_sum, BIT(hb_short)},
		{"a wrong checksum", wrong_sum, BIT(hb_short)},
		{"another source port under the sum", another_source_port, BIT(hb_short)},
		{"IP longer than UDP", long_ip, BIT(hb_short)},
		{"UDP shorter than its header", short_udp, BIT(hb_short)},
		{"cut", cut, BIT(hb_short)},
		{"padded", padded, BIT(hb_accept)},
		{"a wrong tag", bad_tag, BIT(hb_badtag)},
		{"a priority tag", priority_tag, BIT(hb_accept)},
		{"a VLAN's tag", vlan_tag, BIT(pass)},
	};
	struct beats_frame f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(*state, &f, PEERS, OURS);
		cases[i].spoil(&f);
		beats_expect(*state, cases[i].what, &f, cases[i].counters);
	}
}

/* The longest there is: all of it is under the sum. */
static void test_longest(void **state)
{
	struct beats_frame f;
	struct beat beat;

	given(*state);
	beats_good(&beat, HB_BACKUP, 0);
	beat.npeers = IPT_MAX_PEERS;
	beat.ngroups = HB_MAX_GROUPS;
	beats_wrap6(&beat, PEERS, OURS, &f);
	f.bytes[f.len - HB_TAG_LEN - 1] ^= 1;
	beats_expect(*state, "a bit of the last group", &f, BIT(hb_short));
	f.bytes[f.len - HB_TAG_LEN - 1] ^= 1;
	beats_expect(*state, "as it was", &f, BIT(hb_accept));
}

/* As far as the path says (RFC 5082), and no MAC address is learned of a router. */
static void test_routed(void **state)
{
	static const uint8_t hop_limits[] = {255, 254, 253, 252, 1};
	struct bed *b = *state;
	uint32_t index = PATH6;
	struct beats_frame f;
	struct ipt_path path;

	for (size_t i = 0; i < sizeof(hop_limits); i++) {
		make(b, &f, PEERS, OURS);
		path = beats_path_record(b, PATH6);
		path.hops = 3;
		bed_set(b, "paths", &index, &path);
		f.bytes[IP + 7] = hop_limits[i];
		beats_expect(b, "three hops", &f, i < 3 ? BIT(hb_accept) : BIT(hb_ttl));
		path = beats_path_record(b, PATH6);
		assert_true(path.frames == (i < 3));
		assert_memory_equal(path.mac, "\0\0\0\0\0\0", 6);
	}
	make(b, &f, "2001:db8::3", OURS);
	f.bytes[IP + 7] = 253;
	beats_expect(b, "a stranger from afar", &f, BIT(hb_ttl));
}

static void leaves(struct bed *b, const char *what, const struct beats_frame *f, int verdict,
		   uint64_t counters)
{
	bed_expect(b, BED_FENCE, what, f->bytes, f->len, verdict, counters);
}

/* Our own on its way out: stamped when it leaves, and not late. */
static void test_egress(void **state)
{
	struct bed *b = *state;
	struct ipt_sent sent;
	struct beats_frame f;
	struct beat beat;
	uint32_t zero = 0;

	given(b);
	bed_set(b, "sent", &zero, &(struct ipt_sent){0});
	beats_good(&beat, HB_BACKUP, 0);
	beat.node = 1;
	beat.session = BEATS_OUR_SESSION;
	beat.ts_ns = bed_now_ns();
	beats_wrap6(&beat, OURS_LOCAL, PEERS_LOCAL, &f);
	leaves(b, "ours", &f, TC_ACT_UNSPEC, BIT(out_hb));
	bed_get(b, "sent", &zero, &sent);
	assert_true(sent.session == BEATS_OUR_SESSION && sent.seq == beat.seq && sent.last_ns);
	beats_self(b, BED_SECOND_NS, BEATS_LONG_NS, 0);
	beat.ts_ns = bed_now_ns() - 5 * BED_SECOND_NS;
	beats_wrap6(&beat, OURS_LOCAL, PEERS_LOCAL, &f);
	leaves(b, "built long ago", &f, TC_ACT_SHOT, BIT(out_hb_stale));
	beats_wrap6(&beat, OURS, PEERS, &f);
	leaves(b, "from another address", &f, TC_ACT_SHOT, BIT(out_hb_stale));
	bed_vip(b, BED_IFINDEX, OURS, BEATS_GROUP, peer_mac);
	leaves(b, "from a floating address", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_who_is_found, bed_reset),
		cmocka_unit_test_setup(test_accepted, bed_reset),
		cmocka_unit_test_setup(test_both_families, bed_reset),
		cmocka_unit_test_setup(test_headers, bed_reset),
		cmocka_unit_test_setup(test_longest, bed_reset),
		cmocka_unit_test_setup(test_routed, bed_reset),
		cmocka_unit_test_setup(test_egress, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
