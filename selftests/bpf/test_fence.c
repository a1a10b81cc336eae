/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The egress program: ARP from a floating address, and our own heartbeats with the stamp of their leaving. */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include "bed.h"
#include "core/frame.h"

#define UNSPEC TC_ACT_UNSPEC
#define PORT 5694
#define SESSION 0x1122334455667788ull
#define SEQ 0x99aabbccull

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 2};

/* Long, so that nothing depends on this machine's speed, but several of them have passed since it booted. */
static uint64_t interval_ns;

static int setup(void **state)
{
	interval_ns = bed_now_ns() / 8;
	return bed_reset(state);
}

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 1);
}

static void test_arp(void **state)
{
	static const struct {
		const char *what;
		enum arp_form form;
		const char *ip;
		int closed;
		uint64_t closed_counters, live_counters;
	} cases[] = {
		{"gratuitous request", ARP_FORM_REQUEST, "198.18.1.1", TC_ACT_SHOT,
		 BIT(out_arp_fenced), BIT(out_arp)},
		{"gratuitous reply", ARP_FORM_REPLY, "198.18.1.1", TC_ACT_SHOT, BIT(out_arp_fenced),
		 BIT(out_arp)},
		{"probe: claims nothing", ARP_FORM_PROBE, "198.18.1.1", UNSPEC, BIT(pass),
		 BIT(pass)},
		{"another address", ARP_FORM_REQUEST, "198.18.1.2", UNSPEC, BIT(pass), BIT(pass)},
	};
	struct bed *b = *state;
	uint8_t f[FRAME_ETH_MIN];

	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, ours);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame_arp_build(f, cases[i].form, ours, bed_ip(cases[i].ip));
		bed_lease(b, 0, 5);
		bed_expect(b, BED_FENCE, cases[i].what, f, sizeof(f), cases[i].closed,
			   cases[i].closed_counters);
		bed_lease(b, 0, live());
		bed_expect(b, BED_FENCE, cases[i].what, f, sizeof(f), UNSPEC,
			   cases[i].live_counters);
	}
}

static void test_arp_odd(void **state)
{
	struct bed *b = *state;
	uint8_t f[FRAME_ETH_MIN + 8], tagged[FRAME_ETH_MIN + 4 * 65];

	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, ours);
	frame_arp_build(f, ARP_FORM_REQUEST, ours, bed_ip("198.18.1.1"));
	for (size_t len = 14; len < 42; len++)
		bed_expect(b, BED_FENCE, "truncated", f, len, UNSPEC, BIT(pass));
	bed_expect(b, BED_FENCE, "unpadded", f, 42, TC_ACT_SHOT, BIT(out_arp_fenced));
	f[15] = 6; /* Linux takes IEEE 802 hardware for Ethernet */
	bed_expect(b, BED_FENCE, "hardware type", f, 60, TC_ACT_SHOT, BIT(out_arp_fenced));
	f[21] = 9;
	bed_expect(b, BED_FENCE, "any operation", f, 60, TC_ACT_SHOT, BIT(out_arp_fenced));
	memcpy(tagged, f, 12);
	memcpy(tagged + 12, "\x88\xa8\x00\x07\x81\x00\x00\x08", 8);
	memcpy(tagged + 20, f + 12, 48);
	bed_expect(b, BED_FENCE, "two tags", tagged, 68, TC_ACT_SHOT, BIT(out_arp_fenced));
	memcpy(tagged + 12, "\x00\x24\xaa\xaa\x03\x00\x00\x00", 8);
	bed_expect(b, BED_FENCE, "SNAP", tagged, 68, TC_ACT_SHOT, BIT(out_arp_fenced));
	for (size_t i = 0; i < 65; i++)
		memcpy(tagged + 12 + 4 * i, "\x81\x00\x00\x00", 4);
	bed_expect(b, BED_FENCE, "more tags than are read", tagged, sizeof(tagged), TC_ACT_SHOT,
		   BIT(tags_refused));
	memcpy(tagged + 12 + 4 * 4, f + 12, 48);
	bed_expect(b, BED_FENCE, "four priority tags", tagged, 76, TC_ACT_SHOT,
		   BIT(out_arp_fenced));
	f[18] = 8;
	bed_expect(b, BED_FENCE, "no Ethernet addresses", f, 60, UNSPEC, BIT(pass));
}

/* Our heartbeat as the daemon builds it. */
static size_t heartbeat(uint8_t *f, uint64_t session, uint64_t ts_ns, uint8_t node)
{
	const struct sip_key key = {1, 2};
	const struct frame_addr from = {.ip = bed_addr("198.18.0.1"), .mac = {2, 0, 0, 0, 0, 1}};
	const struct frame_addr to = {.ip = bed_addr("198.18.0.2"), .mac = {2, 0, 0, 0, 0, 2}};
	struct beat beat = {.session = session,
			    .seq = SEQ,
			    .ts_ns = ts_ns,
			    .node = node,
			    .npeers = 1};
	size_t len = frame_beat_encode(&beat, &key, f + FRAME_HB_OVERHEAD, HB_MAX_LEN);

	assert_true(len > 0);
	return frame_udp_wrap(f, len, &from, &to, htons(PORT));
}

static void given_self(struct bed *b, uint64_t session)
{
	struct ipt_self self = {.session = session,
				.interval_ns = interval_ns,
				.node = 1,
				.port_be16 = htons(PORT)};
	uint32_t zero = 0;

	bed_set(b, "self", &zero, &self);
}

static void sent(struct bed *b, struct ipt_sent *ret)
{
	uint32_t zero = 0;

	bed_get(b, "sent", &zero, ret);
}

static void test_heartbeat_fresh_or_stale(void **state)
{
	struct bed *b = *state;
	struct ipt_sent s;
	uint64_t now_ns = bed_now_ns();
	uint8_t f[BED_FRAME_MAX];
	size_t len;

	given_self(b, SESSION);
	len = heartbeat(f, SESSION, now_ns - 2 * interval_ns, 1);
	bed_expect(b, BED_FENCE, "stale", f, len, TC_ACT_SHOT, BIT(out_hb_stale));
	len = heartbeat(f, SESSION, now_ns - interval_ns, 1);
	bed_expect(b, BED_FENCE, "just stale", f, len, TC_ACT_SHOT, BIT(out_hb_stale));
	len = heartbeat(f, SESSION + 1, now_ns, 1);
	bed_expect(b, BED_FENCE, "an older daemon's", f, len, TC_ACT_SHOT, BIT(out_hb_stale));
	sent(b, &s);
	assert_true(s.last_ns == 0 && s.seq == 0);
	len = heartbeat(f, SESSION, now_ns, 1);
	bed_expect(b, BED_FENCE, "fresh", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.seq == SEQ && s.session == SESSION);
	len = heartbeat(f, SESSION, now_ns + 1000 * BED_SECOND_NS, 1);
	bed_expect(b, BED_FENCE, "stamp ahead", f, len, UNSPEC, BIT(out_hb));
}

static void test_heartbeat_not_ours(void **state)
{
	struct bed *b = *state;
	uint64_t now_ns = bed_now_ns();
	uint8_t f[BED_FRAME_MAX];
	size_t len = heartbeat(f, SESSION, now_ns, 1);

	bed_expect(b, BED_FENCE, "no daemon", f, len, UNSPEC, BIT(pass));
	given_self(b, SESSION);
	len = heartbeat(f, SESSION, 0, 2);
	bed_expect(b, BED_FENCE, "another node's", f, len, UNSPEC, BIT(pass));
	len = heartbeat(f, SESSION, 0, 1);
	f[34] ^= 1;
	bed_expect(b, BED_FENCE, "source port", f, len, UNSPEC, BIT(pass));
	f[34] ^= 1;
	f[37] ^= 1;
	bed_expect(b, BED_FENCE, "destination port", f, len, UNSPEC, BIT(pass));
	f[37] ^= 1;
	f[42] ^= 1;
	bed_expect(b, BED_FENCE, "magic", f, len, UNSPEC, BIT(pass));
	f[42] ^= 1;
	for (size_t cut = 34; cut < 42 + sizeof(struct hb_fixed); cut++)
		bed_expect(b, BED_FENCE, "truncated", f, cut, UNSPEC, BIT(pass));
	bed_expect(b, BED_FENCE, "ours after all", f, len, TC_ACT_SHOT, BIT(out_hb_stale));
}

static void test_run_start(void **state)
{
	struct bed *b = *state;
	struct ipt_sent first, s;
	uint32_t zero = 0;
	uint8_t f[BED_FRAME_MAX];
	size_t len = heartbeat(f, SESSION, bed_now_ns(), 1);

	given_self(b, SESSION);
	bed_expect(b, BED_FENCE, "first", f, len, UNSPEC, BIT(out_hb));
	sent(b, &first);
	assert_true(first.session == SESSION && first.run_start_ns == first.last_ns);
	bed_expect(b, BED_FENCE, "second", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.run_start_ns == first.run_start_ns && s.last_ns > first.last_ns);
	s.last_ns -= interval_ns;
	bed_set(b, "sent", &zero, &s);
	bed_expect(b, BED_FENCE, "gap below 2T", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.run_start_ns == first.run_start_ns);
	s.last_ns -= 2 * interval_ns;
	bed_set(b, "sent", &zero, &s);
	bed_expect(b, BED_FENCE, "gap above 2T", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.run_start_ns > first.run_start_ns && s.run_start_ns == s.last_ns);
	f[14 + 20 + 8 + 11] |= HB_F_DEAF;
	bed_expect(b, BED_FENCE, "deaf", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.run_start_ns == 0 && s.last_ns > first.last_ns);
	f[14 + 20 + 8 + 11] &= (uint8_t)~HB_F_DEAF;
	bed_expect(b, BED_FENCE, "hears again", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.run_start_ns == s.last_ns);
	given_self(b, SESSION + 1);
	len = heartbeat(f, SESSION + 1, bed_now_ns(), 1);
	first = s;
	bed_expect(b, BED_FENCE, "new session", f, len, UNSPEC, BIT(out_hb));
	sent(b, &s);
	assert_true(s.session == SESSION + 1 && s.run_start_ns > first.run_start_ns);
}

/* From a floating address it is not a heartbeat but traffic of that address. */
static void test_heartbeat_from_floating_address(void **state)
{
	uint8_t f[BED_FRAME_MAX];
	size_t len = heartbeat(f, SESSION, bed_now_ns(), 1);

	given_self(*state, SESSION);
	bed_vip(*state, BED_IFINDEX, "198.18.0.1", 0, theirs);
	bed_expect(*state, BED_FENCE, "closed", f, len, TC_ACT_SHOT, BIT(out_ip_fenced));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_arp, setup),
		cmocka_unit_test_setup(test_arp_odd, setup),
		cmocka_unit_test_setup(test_heartbeat_fresh_or_stale, setup),
		cmocka_unit_test_setup(test_heartbeat_not_ours, setup),
		cmocka_unit_test_setup(test_run_start, setup),
		cmocka_unit_test_setup(test_heartbeat_from_floating_address, setup),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
