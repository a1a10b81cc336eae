/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Foreign ARP claims for a floating address: each counted, one a second reported, ours not mistaken for one. */
#include <string.h>
#include "bed.h"

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t foreign[6] = {2, 0, 0, 0, 0, 0xbb};
static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};

static size_t arp(uint8_t bytes[60], uint8_t oper, const uint8_t src[6], const uint8_t sha[6],
		  const char *spa, const char *tpa)
{
	uint32_t spa_be32 = bed_ip(spa), tpa_be32 = bed_ip(tpa);

	memset(bytes, 0, 60);
	memcpy(bytes, all, 6);
	memcpy(bytes + 6, src, 6);
	memcpy(bytes + 12, "\x08\x06\x00\x01\x08\x00\x06\x04", 8);
	bytes[21] = oper;
	memcpy(bytes + 22, sha, 6);
	memcpy(bytes + 28, &spa_be32, 4);
	memcpy(bytes + 38, &tpa_be32, 4);
	return 60;
}

static void given(struct bed *b, uint64_t rival_ns)
{
	struct ipt_group g = {.name = "web", .rival_ns = rival_ns};
	uint32_t index = 0;

	bed_set(b, "groups", &index, &g);
	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, ours);
	bed_lease(b, 0, 0);
}

static void test_counted_and_reported(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct ipt_group g;
	uint32_t zero = 0;
	uint8_t f[60];

	given(b, 0);
	arp(f, 2, foreign, foreign, "198.18.1.1", "198.18.0.9");
	bed_expect(b, BED_TAKEOVER, "reply", f, 60, XDP_PASS, BIT(pass) | BIT(arp_rival));
	assert_int_equal(bed_events(b, ev, 0), 1);
	assert_int_equal(ev[0].type, IPT_EV_RIVAL);
	assert_int_equal(ev[0].group, 0);
	assert_int_equal(ev[0].ifindex, BED_IFINDEX);
	assert_int_equal(ev[0].addr.word_be32[3], bed_ip("198.18.1.1"));
	assert_memory_equal(ev[0].mac, foreign, 6);
	bed_get(b, "groups", &zero, &g);
	assert_memory_equal(g.rival_mac, foreign, 6);
	assert_int_equal(g.rival_v6, 0);
	assert_true(g.rival_ns == ev[0].time_ns);
	bed_expect(b, BED_TAKEOVER, "reply again", f, 60, XDP_PASS, BIT(pass) | BIT(arp_rival));
	assert_int_equal(bed_events(b, ev, 0), 0);
	given(b, bed_now_ns() - BED_SECOND_NS);
	bed_expect(b, BED_TAKEOVER, "a second later", f, 60, XDP_PASS, BIT(pass) | BIT(arp_rival));
	assert_int_equal(bed_events(b, ev, 0), 1);
}

static void test_every_kind(void **state)
{
	struct bed *b = *state;
	uint8_t f[60];

	given(b, 0);
	arp(f, 1, foreign, foreign, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, "gratuitous request", f, 60, XDP_DROP,
		   BIT(arp_fenced) | BIT(arp_rival));
	arp(f, 2, foreign, foreign, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, "gratuitous reply", f, 60, XDP_PASS,
		   BIT(pass) | BIT(arp_rival));
	arp(f, 1, foreign, foreign, "198.18.1.1", "198.18.0.9");
	bed_expect(b, BED_TAKEOVER, "request from the address", f, 60, XDP_PASS,
		   BIT(pass) | BIT(arp_rival));
	f[0] = 2; /* unicast to somebody else: a claim all the same */
	bed_expect(b, BED_TAKEOVER, "to another MAC", f, 60, XDP_PASS, BIT(pass) | BIT(arp_rival));
}

static void test_none(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	uint8_t f[64];

	given(b, 0);
	arp(f, 2, ours, ours, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, "own frame seen back", f, 60, XDP_PASS, BIT(pass));
	arp(f, 2, foreign, ours, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, "our MAC as sender", f, 60, XDP_PASS, BIT(pass));
	arp(f, 2, ours, foreign, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, "our MAC as source", f, 60, XDP_PASS, BIT(pass));
	arp(f, 1, foreign, foreign, "0.0.0.0", "198.18.1.2");
	bed_expect(b, BED_TAKEOVER, "probe for another address", f, 60, XDP_PASS, BIT(pass));
	arp(f, 2, foreign, foreign, "198.18.1.1", "198.18.0.9");
	memmove(f + 16, f + 12, 48);
	memcpy(f + 12, "\x81\x00\x00\x07", 4);
	bed_expect(b, BED_TAKEOVER, "in a VLAN: another network", f, 64, XDP_PASS, BIT(pass));
	assert_int_equal(bed_events(b, ev, 0), 0);
}

/* Whatever Linux's ARP believes, or another system's: priority tags, IEEE 802 hardware, SNAP. */
static void test_odd_ones(void **state)
{
	static const char between[] = "\x81\x00\xe0\x00\x88\xa8\x00\x00\x81\x00\x00\x00\x00\x24"
				      "\xaa\xaa\x03\x00\x00\x00";
	static const struct {
		const char *what;
		size_t from, len;
	} cases[] = {
		{"a priority tag", 0, 4},
		{"three of them", 0, 12},
		{"SNAP", 12, 8},
		{"SNAP behind a priority tag", 8, 12},
	};
	struct bed *b = *state;
	uint8_t f[60], tagged[80];

	given(b, 0);
	arp(f, 2, foreign, foreign, "198.18.1.1", "198.18.1.1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(tagged, f, 12);
		memcpy(tagged + 12, between + cases[i].from, cases[i].len);
		memcpy(tagged + 12 + cases[i].len, f + 12, 48);
		bed_expect(b, BED_TAKEOVER, cases[i].what, tagged, 60 + cases[i].len, XDP_PASS,
			   BIT(pass) | BIT(arp_rival));
	}
	f[15] = 6;
	bed_expect(b, BED_TAKEOVER, "IEEE 802 hardware", f, 60, XDP_PASS,
		   BIT(pass) | BIT(arp_rival));
}

static void claim(struct bed *b, const char *what, const uint8_t mac[6], bool counted)
{
	uint8_t f[60];

	arp(f, 2, mac, mac, "198.18.1.1", "198.18.1.1");
	bed_expect(b, BED_TAKEOVER, what, f, 60, XDP_PASS,
		   BIT(pass) | (counted ? BIT(arp_rival) : 0));
}

/* Members settle it by their epochs: to who owns nothing their claims are no news. */
static void test_members(void **state)
{
	struct ipt_path path = {.ifindex = BED_IFINDEX + 1,
				.addr = bed_addr("198.19.0.2"),
				.mac = {2, 0, 0, 0, 0, 2}};
	struct bed *b = *state;
	uint32_t index = IPT_MAX_PATHS - 1;

	given(b, 0);
	bed_set(b, "paths", &index, &path);
	claim(b, "a member's", path.mac, false);
	claim(b, "a stranger's", foreign, true);
	bed_lease(b, 0, lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0));
	claim(b, "a member's, and we own", path.mac, true);
	claim(b, "a stranger's, and we own", foreign, true);
	path.ifindex = 0;
	bed_lease(b, 0, 0);
	bed_set(b, "paths", &index, &path);
	claim(b, "no longer a member's", path.mac, true);
}

/* Nobody takes them out: what has no room is counted, and the claim is counted all the same. */
static void test_events_without_room(void **state)
{
	const uint32_t room = IPT_EVENTS_BYTES / (sizeof(struct ipt_event) + 8), more = 3;
	uint64_t lost = bed_counter(*state, CNT_event_lost), seen, full;
	struct ipt_group g = {.name = "web"};
	struct bed *b = *state;
	struct bed_run run;
	uint32_t zero = 0;
	uint8_t f[60];

	given(b, 0);
	seen = bed_counter(b, CNT_arp_rival);
	arp(f, 2, foreign, foreign, "198.18.1.1", "198.18.0.9");
	for (uint32_t i = 0; i < room + more; i++) {
		bed_set(b, "groups", &zero, &g);
		bed_run(b, BED_TAKEOVER, f, 60, &run);
	}
	assert_true(bed_counter(b, CNT_arp_rival) == seen + room + more);
	/* The ring is never filled to its last byte. */
	full = bed_counter(b, CNT_event_lost) - lost;
	assert_true(full == more || full == more + 1);
	(void)bed_counted(b, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_counted_and_reported, bed_reset),
		cmocka_unit_test_setup(test_every_kind, bed_reset),
		cmocka_unit_test_setup(test_none, bed_reset),
		cmocka_unit_test_setup(test_odd_ones, bed_reset),
		cmocka_unit_test_setup(test_members, bed_reset),
		cmocka_unit_test_setup(test_events_without_room, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
