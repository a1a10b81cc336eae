/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ingress program on neighbour discovery (RFC 4861): who gets which answer, and who none. */
#include <string.h>
#include "bed.h"
#include "nd_frame.h"

#define MAC_OURS "\x02\x00\x00\x00\x00\x01"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_NODE_GROUP "\x33\x33\xff\x00\x00\x10"
#define VIP "2001:db8::10"
#define CLIENT "2001:db8::99"
#define NODE_GROUP "ff02::1:ff00:10"
#define SOURCE_OPT "\x01\x01" MAC_CLIENT
#define NONCE_OPT "\x0e\x01nonce!"
#define SOLICIT 135
#define ADVERT 136

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

static void given(struct bed *b, uint64_t word)
{
	bed_vip(b, BED_IFINDEX, VIP, 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, word);
}

static void solicit(struct nd_frame *f, const void *to_mac, const char *from, const char *to,
		    const void *opts, size_t len)
{
	nd_message(f, to_mac, MAC_CLIENT, from, to, SOLICIT, 0, VIP, opts, len);
}

static void asked(struct nd_frame *f)
{
	solicit(f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, SOURCE_OPT, 8);
}

static void expect(struct bed *b, const char *what, const struct nd_frame *f, int verdict,
		   uint64_t counters)
{
	bed_expect(b, BED_TAKEOVER, what, f->bytes, f->len, verdict, counters);
}

/* The frame keeps its length; `wrong`: what is to be missing from a right checksum. */
static void expect_answer(struct bed *b, const struct nd_frame *f, const char *to_mac,
			  const char *to, uint32_t flags, const void *mac, unsigned int wrong)
{
	char option[8] = "\x02\x01";
	struct nd_frame want;
	struct bed_run run;

	memcpy(option + 2, mac, 6);
	nd_message(&want, to_mac, MAC_OURS, VIP, to, ADVERT, flags, VIP, option,
		   f->len < 86 ? 0 : sizeof(option));
	bed_run(b, BED_TAKEOVER, f->bytes, f->len, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(bed_counted(b, "answer"), BIT(nd_answer));
	assert_int_equal(run.len, f->len);
	assert_int_equal(nd_sum(run.bytes + 14), 0xffff - wrong);
	if (!wrong)
		assert_memory_equal(run.bytes, want.bytes, want.len);
}

#define F_S_O 0x60000000u
#define F_O 0x20000000u
#define F_R 0x80000000u

static void test_answer(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	asked(&f);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 0);
	f.len += 20; /* what a card or a switch has added is no part of the answer */
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 0);
	solicit(&f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, NONCE_OPT SOURCE_OPT, 16);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 0);
}

/* Reachability probes come by unicast, and may name no MAC address: neither does the answer then (RFC 4861, 7.2.4). */
static void test_unicast(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	solicit(&f, MAC_OURS, CLIENT, VIP, NULL, 0);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 0);
	solicit(&f, MAC_OURS, CLIENT, VIP, SOURCE_OPT, 8);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 0);
	solicit(&f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, NULL, 0);
	expect(b, "by multicast, and without", &f, XDP_PASS, BIT(nd_passed));
	solicit(&f, MAC_NODE_GROUP, "ff02::9", NODE_GROUP, SOURCE_OPT, 8);
	expect(b, "from a group", &f, XDP_PASS, BIT(nd_passed));
}

static void test_duplicate_detection(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	solicit(&f, MAC_NODE_GROUP, "::", NODE_GROUP, NONCE_OPT, 8);
	bed_run(b, BED_TAKEOVER, f.bytes, f.len, &(struct bed_run){0});
	assert_int_equal(bed_counted(b, "asked and claimed"), BIT(nd_answer) | BIT(nd_rival));
	/* Within a second it is no news to the daemon, but it is counted. */
	solicit(&f, MAC_NODE_GROUP, "::", NODE_GROUP, SOURCE_OPT, 8);
	expect(b, "says whose it is", &f, XDP_PASS, BIT(nd_passed) | BIT(nd_rival));
	solicit(&f, MAC_OURS, "::", VIP, NULL, 0);
	expect(b, "by unicast", &f, XDP_PASS, BIT(nd_passed) | BIT(nd_rival));
}

/* With a Nonce option (RFC 7527) there is room for ours; where there is none, the target alone says it. */
static void test_answer_to_duplicate_detection(void **state)
{
	char option[] = "\x02\x01" MAC_OURS;
	struct bed *b = *state;
	struct nd_frame f, want;
	struct bed_run run;

	for (size_t len = 0; len <= 8; len += 8) {
		given(b, live());
		solicit(&f, MAC_NODE_GROUP, "::", NODE_GROUP, NONCE_OPT, len);
		bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
		nd_message(&want, "\x33\x33\0\0\0\x01", MAC_OURS, VIP, "ff02::1", ADVERT, F_O, VIP,
			   option, len);
		assert_int_equal(run.verdict, XDP_TX);
		assert_int_equal(run.len, want.len);
		assert_memory_equal(run.bytes, want.bytes, want.len);
		(void)bed_counted(b, "answered");
		bed_reset(state);
	}
}

/* A router's advertisements say so, or its neighbours take it out of their lists of routers. */
static void test_router(void **state)
{
	const struct ipt_net_key key = ipt_net_key(BED_IFINDEX, bed_addr(VIP));
	uint32_t block = ipt_sieve_block(BED_IFINDEX, key.net);
	struct bed *b = *state;
	struct ipt_near near;
	struct nd_frame f;

	given(b, live());
	bed_get(b, "near", &block, &near);
	near.net.flags = IPT_NET_F_ROUTER;
	bed_set(b, "near", &block, &near);
	asked(&f);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O | F_R, MAC_OURS, 0);
}

static void test_binding_of_live_slot(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x77};
	struct ipt_group g = {.name = "web"};
	struct bed *b = *state;
	struct nd_frame f;

	memcpy(g.binding[1].mac, mac, 6);
	given(b, live() | 1);
	bed_set(b, "groups", &(uint32_t){0}, &g);
	asked(&f);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, mac, 0);
}

/* The sum is made from the question's, so who damaged the one damaged the other. */
static void test_wrong_sum(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	asked(&f);
	f.bytes[57] = (uint8_t)(f.bytes[57] - 3);
	expect_answer(b, &f, MAC_CLIENT, CLIENT, F_S_O, MAC_OURS, 3);
}

static void hide(struct nd_frame *f, uint8_t ext, unsigned int n)
{
	static const uint8_t header[24] = {0};

	while (n--)
		nd_extend(f, ext, header, 8);
}

/* All that Linux would answer, without the lease: dropped. */
static void test_no_lease(void **state)
{
	static const uint8_t exts[] = {0, 43, 60};
	static const uint8_t auth[12] = {0, 1}, long_one[32] = {0, 3}, first[8] = {0, 0, 0, 1};
	struct bed *b = *state;
	struct nd_frame f;

	given(b, 0);
	asked(&f);
	expect(b, "asked by multicast", &f, XDP_DROP, BIT(nd_fenced));
	nd_tag(&f, "\x81\x00\x00\x07", 4);
	expect(b, "in a VLAN", &f, XDP_DROP, BIT(nd_fenced));
	nd_tag(&f, "\x88\xa8\xe0\x00", 4);
	expect(b, "in a VLAN, with a priority", &f, XDP_DROP, BIT(nd_fenced));
	solicit(&f, MAC_OURS, CLIENT, VIP, NULL, 0);
	expect(b, "asked by unicast", &f, XDP_DROP, BIT(nd_fenced));
	solicit(&f, MAC_OURS, CLIENT, "2001:db8::1", SOURCE_OPT, 8);
	expect(b, "at another address of ours", &f, XDP_DROP, BIT(nd_fenced));
	for (size_t i = 0; i < sizeof(exts); i++) {
		asked(&f);
		hide(&f, exts[i], 1);
		expect(b, "behind one header", &f, XDP_DROP, BIT(nd_fenced));
		hide(&f, 60, 7);
		expect(b, "behind eight", &f, XDP_DROP, BIT(nd_fenced));
	}
	asked(&f);
	nd_extend(&f, 60, long_one, sizeof(long_one));
	nd_extend(&f, 51, auth, sizeof(auth));
	expect(b, "behind long ones", &f, XDP_DROP, BIT(nd_fenced));
	asked(&f);
	hide(&f, 44, 1);
	expect(b, "as a fragment that is whole", &f, XDP_DROP, BIT(nd_fenced));
	asked(&f);
	nd_extend(&f, 44, first, 8);
	expect(b, "as a first fragment", &f, XDP_DROP, BIT(nd_fenced));
	asked(&f);
	hide(&f, 60, 16);
	expect(b, "behind sixteen", &f, XDP_DROP, BIT(nd_fenced));
	hide(&f, 0, 1);
	expect(b, "behind more than we read", &f, XDP_DROP, BIT(ext_refused));
}

/* What no stack answers, or what is another's business, we do not answer either. */
static void test_left_alone(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	asked(&f);
	f.bytes[21] = 254;
	expect(b, "hop limit 254", &f, XDP_PASS, BIT(nd_passed));
	asked(&f);
	f.bytes[55] = 1;
	expect(b, "code 1", &f, XDP_PASS, BIT(nd_passed));
	solicit(&f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, "\x01\0" MAC_CLIENT, 8);
	expect(b, "an option of length 0", &f, XDP_PASS, BIT(nd_passed));
	solicit(&f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, "\x01\2" MAC_CLIENT, 8);
	expect(b, "an option that goes beyond", &f, XDP_PASS, BIT(nd_passed));
	solicit(&f, MAC_NODE_GROUP, CLIENT, NODE_GROUP, SOURCE_OPT, 7);
	expect(b, "an option that ends early", &f, XDP_PASS, BIT(nd_passed));
	asked(&f);
	hide(&f, 60, 1);
	expect(b, "behind another header", &f, XDP_PASS, BIT(nd_passed));
	asked(&f);
	nd_tag(&f, "\x81\x00\x00\x07", 4);
	expect(b, "in a VLAN", &f, XDP_PASS, BIT(nd_passed));
	asked(&f);
	memcpy(f.bytes, "\x02\x00\x00\x00\x00\x55", 6);
	expect(b, "to another MAC", &f, XDP_PASS, BIT(not_ours));
	solicit(&f, MAC_OURS, CLIENT, "2001:db8::1", SOURCE_OPT, 8);
	expect(b, "at another address of the host", &f, XDP_PASS, BIT(nd_passed));
	asked(&f);
	f.bytes[14] = 0x40;
	expect(b, "version 4", &f, XDP_PASS, BIT(nd_passed));
	solicit(&f, MAC_NODE_GROUP, VIP, NODE_GROUP, SOURCE_OPT, 8);
	expect(b, "in its own name", &f, XDP_PASS, BIT(nd_passed) | BIT(nd_rival));
	nd_message(&f, MAC_NODE_GROUP, MAC_CLIENT, CLIENT, "ff02::1:ff00:11", SOLICIT, 0,
		   "2001:db8::11", SOURCE_OPT, 8);
	expect(b, "for another address", &f, XDP_PASS, BIT(pass));
	asked(&f);
	nd_message(&f, MAC_NODE_GROUP, MAC_OURS, "::", NODE_GROUP, SOLICIT, 0, VIP, NONCE_OPT, 8);
	expect(b, "our own, which somebody sent back", &f, XDP_DROP, BIT(nd_refused));
}

/* In an IPv6 packet an IPv4 address says nothing about who has it. */
static void test_mapped_address(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, live());
	nd_message(&f, MAC_OURS, MAC_CLIENT, CLIENT, "::ffff:198.18.1.1", SOLICIT, 0,
		   "::ffff:198.18.1.1", SOURCE_OPT, 8);
	expect(b, "asked for", &f, XDP_PASS, BIT(pass));
	nd_message(&f, MAC_OURS, MAC_CLIENT, CLIENT, "ff02::1", ADVERT, F_O, "::ffff:198.18.1.1",
		   "\x02\x01" MAC_CLIENT, 8);
	expect(b, "advertised", &f, XDP_PASS, BIT(pass));
	bed_lease(b, 0, 0);
	expect(b, "advertised, without the lease", &f, XDP_PASS, BIT(pass));
	bed_expect(b, BED_FENCE, "sent", f.bytes, f.len, -1, BIT(pass));
}

static void test_every_truncation(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;
	struct bed_run run;

	given(b, live());
	asked(&f);
	for (size_t len = 14; len < f.len; len++) {
		bed_run(b, BED_TAKEOVER, f.bytes, len, &run);
		assert_int_equal(run.verdict, XDP_PASS);
		(void)bed_counted(b, "cut");
	}
}

static void test_traffic(void **state)
{
	static const uint8_t udp[16] = {0x12, 0x34, 0, 53, 0, 16, 0, 0, 'h', 'e', 'l', 'l', 'o'};
	struct bed *b = *state;
	struct nd_frame f;
	uint64_t until_ns;

	given(b, live());
	nd_ip6(&f, MAC_OURS, MAC_CLIENT, CLIENT, VIP, 17, udp, sizeof(udp));
	expect(b, "under the lease", &f, XDP_PASS, BIT(ip_accept));
	given(b, 0);
	expect(b, "without", &f, XDP_DROP, BIT(ip_fenced));
	hide(&f, 60, 3);
	expect(b, "without, behind headers", &f, XDP_DROP, BIT(ip_fenced));
	until_ns = bed_now_ns() + BED_SECOND_NS;
	bed_set(b, "drain", &(uint32_t){0}, &until_ns);
	expect(b, "in the drain", &f, XDP_PASS, BIT(ip_drain));
	nd_ip6(&f, MAC_OURS, MAC_CLIENT, CLIENT, "2001:db8::1", 17, udp, sizeof(udp));
	expect(b, "to the host itself", &f, XDP_PASS, BIT(pass));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answer, bed_reset),
		cmocka_unit_test_setup(test_unicast, bed_reset),
		cmocka_unit_test_setup(test_duplicate_detection, bed_reset),
		cmocka_unit_test_setup(test_answer_to_duplicate_detection, bed_reset),
		cmocka_unit_test_setup(test_router, bed_reset),
		cmocka_unit_test_setup(test_binding_of_live_slot, bed_reset),
		cmocka_unit_test_setup(test_wrong_sum, bed_reset),
		cmocka_unit_test_setup(test_no_lease, bed_reset),
		cmocka_unit_test_setup(test_left_alone, bed_reset),
		cmocka_unit_test_setup(test_mapped_address, bed_reset),
		cmocka_unit_test_setup(test_every_truncation, bed_reset),
		cmocka_unit_test_setup(test_traffic, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
