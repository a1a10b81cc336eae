/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ingress program on ARP: what is answered, byte for byte, what is dropped, what is left alone. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "bed.h"

#define MAC_OURS "\x02\x00\x00\x00\x00\x01"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_OTHER "\x02\x00\x00\x00\x00\xbb"
#define MAC_BOUND "\x02\x00\x00\x00\x00\xcc"
#define MAC_ALL "\xff\xff\xff\xff\xff\xff"
#define MAC_ZERO "\x00\x00\x00\x00\x00\x00"
#define IP_VIP "\xc6\x12\x01\x01" /* 198.18.1.1 */
#define IP_CLIENT "\xc6\x12\x00\x09"
#define IP_ZERO "\x00\x00\x00\x00"
#define ARP_IPV4 "\x08\x06\x00\x01\x08\x00\x06\x04"
#define REQUEST "\x00\x01"
#define REPLY "\x00\x02"
#define PADDING "eighteen padding.\n"

#define ARP_LEN 42
#define FRAME_LEN 60

#define OFF_SHA 22
#define OFF_SPA 28
#define OFF_TPA 38

#define GROUP 3

static const char request[] =
	MAC_ALL MAC_CLIENT ARP_IPV4 REQUEST MAC_CLIENT IP_CLIENT MAC_ZERO IP_VIP PADDING;
static const char answer[] =
	MAC_CLIENT MAC_OURS ARP_IPV4 REPLY MAC_OURS IP_VIP MAC_CLIENT IP_CLIENT PADDING;

static void given(struct bed *b, uint64_t word)
{
	bed_vip(b, BED_IFINDEX, "198.18.1.1", GROUP, (const uint8_t *)MAC_OURS);
	bed_lease(b, GROUP, word);
}

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

static void expect_answer(struct bed *b, const void *in, const void *out, size_t len)
{
	struct bed_run run;

	bed_run(b, BED_TAKEOVER, in, len, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(run.len, len);
	assert_memory_equal(run.bytes, out, len);
	assert_int_equal(bed_counted(b, "answer"), BIT(arp_answer));
}

static void test_answer(void **state)
{
	struct bed *b = *state;

	given(b, live());
	expect_answer(b, request, answer, FRAME_LEN);
	expect_answer(b, request, answer, ARP_LEN); /* no padding: as a veth carries it */
	expect_answer(b, request, answer, FRAME_LEN - 3);
}

static void test_answer_keeps_trailing_bytes(void **state)
{
	uint8_t in[1500], out[1500];

	memset(in, 0x5a, sizeof(in));
	memcpy(in, request, FRAME_LEN);
	memcpy(out, in, sizeof(out));
	memcpy(out, answer, FRAME_LEN);
	given(*state, live());
	expect_answer(*state, in, out, sizeof(in));
}

/* Linux asks the MAC that it has cached before it forgets it: by unicast. */
static void test_answer_unicast(void **state)
{
	static const char in[] =
		MAC_OURS MAC_CLIENT ARP_IPV4 REQUEST MAC_CLIENT IP_CLIENT MAC_OURS IP_VIP PADDING;

	given(*state, live());
	expect_answer(*state, in, answer, FRAME_LEN);
}

static void test_answer_probe(void **state)
{
	static const char in[] =
		MAC_ALL MAC_CLIENT ARP_IPV4 REQUEST MAC_CLIENT IP_ZERO MAC_ZERO IP_VIP PADDING;
	static const char out[] =
		MAC_CLIENT MAC_OURS ARP_IPV4 REPLY MAC_OURS IP_VIP MAC_CLIENT IP_ZERO PADDING;

	given(*state, live());
	expect_answer(*state, in, out, FRAME_LEN);
}

/* The answer goes to the station that asks, not to the one whose frame carried the question. */
static void test_answer_goes_to_sender_in_arp(void **state)
{
	static const char in[] =
		MAC_ALL MAC_OTHER ARP_IPV4 REQUEST MAC_CLIENT IP_CLIENT MAC_ZERO IP_VIP PADDING;

	given(*state, live());
	expect_answer(*state, in, answer, FRAME_LEN);
}

static void test_binding_of_live_slot_answers(void **state)
{
	static const char bound[] =
		MAC_CLIENT MAC_OURS ARP_IPV4 REPLY MAC_BOUND IP_VIP MAC_CLIENT IP_CLIENT PADDING;
	static const char to_bound[] =
		MAC_BOUND MAC_CLIENT ARP_IPV4 REQUEST MAC_CLIENT IP_CLIENT MAC_ZERO IP_VIP PADDING;
	struct ipt_group g = {.name = "web"};
	struct bed *b = *state;
	uint32_t index = GROUP;

	memcpy(g.binding[1].mac, MAC_BOUND, 6);
	bed_set(b, "groups", &index, &g);
	given(b, live());
	expect_answer(b, request, answer, FRAME_LEN);
	bed_lease(b, GROUP, live() | 1);
	expect_answer(b, request, bound, FRAME_LEN);
	expect_answer(b, to_bound, bound, FRAME_LEN);
}

static void test_lease_end(void **state)
{
	const uint64_t now_ns = bed_now_ns();
	const struct {
		const char *what;
		uint64_t word;
	} cases[] = {
		{"never held", 0},
		{"slot bit alone", 1},
		{"generation", LEASE_GEN_LIMIT - 1},
		{"ended long ago", now_ns - BED_SECOND_NS},
		{"ends now", now_ns},
		{"ended now, slot 1", now_ns | 1},
	};
	struct bed *b = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		given(b, cases[i].word);
		bed_expect(b, BED_TAKEOVER, cases[i].what, request, FRAME_LEN, XDP_DROP,
			   BIT(arp_fenced));
	}
	given(b, LEASE_MANUAL);
	expect_answer(b, request, answer, FRAME_LEN);
	given(b, lease_word(bed_now_ns() + BED_SECOND_NS, 0));
	expect_answer(b, request, answer, FRAME_LEN);
}

/* No sleep: ask until the answers stop, and then they must have stopped for good, at the deadline. */
static void test_lease_ends_by_itself(void **state)
{
	const uint64_t until_ns = lease_deadline_ns(bed_now_ns() + BED_SECOND_NS / 50);
	struct bed *b = *state;
	struct bed_run run;
	uint64_t before_ns, after_ns, answers = 0;

	given(b, until_ns);
	do {
		before_ns = bed_now_ns();
		bed_run(b, BED_TAKEOVER, request, FRAME_LEN, &run);
		after_ns = bed_now_ns();
		if (run.verdict == XDP_TX)
			assert_true(before_ns < until_ns);
		else
			assert_true(after_ns >= until_ns);
		answers += run.verdict == XDP_TX;
	} while (before_ns < until_ns);
	assert_true(answers > 0);
	assert_int_equal(run.verdict, XDP_DROP);
}

static void test_every_truncation(void **state)
{
	struct bed *b = *state;

	given(b, live());
	for (size_t len = 14; len < ARP_LEN; len++)
		bed_expect(b, BED_TAKEOVER, "truncated, live", request, len, XDP_PASS,
			   BIT(arp_malformed));
	given(b, 0);
	for (size_t len = 14; len < ARP_LEN; len++)
		bed_expect(b, BED_TAKEOVER, "truncated, not live", request, len, XDP_PASS,
			   BIT(arp_malformed));
	for (size_t len = ARP_LEN; len <= FRAME_LEN; len++)
		bed_expect(b, BED_TAKEOVER, "whole, not live", request, len, XDP_DROP,
			   BIT(arp_fenced));
}

/* One thing about the request differs. */
struct spoiled {
	const char *what;
	int offset, len;
	const char *bytes;
	int live_verdict;
	uint64_t live_counters;
	int closed_verdict;
	uint64_t closed_counters;
};

static const struct spoiled spoiled[] = {
	{"other ethertype", 12, 2, "\x86\xdd", XDP_PASS, BIT(pass), XDP_PASS, BIT(pass)},
	{"hardware type", 14, 2, "\x00\x07", XDP_PASS, BIT(arp_malformed), XDP_PASS,
	 BIT(arp_malformed)},
	{"protocol type", 16, 2, "\x08\x01", XDP_PASS, BIT(arp_malformed), XDP_PASS,
	 BIT(arp_malformed)},
	{"hardware length", 18, 1, "\x08", XDP_PASS, BIT(arp_malformed), XDP_PASS,
	 BIT(arp_malformed)},
	{"protocol length", 19, 1, "\x10", XDP_PASS, BIT(arp_malformed), XDP_PASS,
	 BIT(arp_malformed)},
	{"reply", 20, 2, REPLY, XDP_PASS, BIT(pass), XDP_PASS, BIT(pass)},
	{"operation 0", 20, 2, "\x00\x00", XDP_PASS, BIT(pass), XDP_PASS, BIT(pass)},
	{"operation 256", 20, 2, "\x01\x00", XDP_PASS, BIT(pass), XDP_PASS, BIT(pass)},
	{"other target", OFF_TPA, 4, "\xc6\x12\x01\x02", XDP_PASS, BIT(pass), XDP_PASS, BIT(pass)},
	{"to another MAC", 0, 6, MAC_OTHER, XDP_PASS, BIT(not_ours), XDP_PASS, BIT(not_ours)},
	{"to the zero MAC", 0, 6, MAC_ZERO, XDP_PASS, BIT(not_ours), XDP_PASS, BIT(not_ours)},
	{"sender is a group", OFF_SHA, 6, MAC_ALL, XDP_DROP, BIT(arp_refused), XDP_DROP,
	 BIT(arp_fenced)},
	{"sender is zero", OFF_SHA, 6, MAC_ZERO, XDP_DROP, BIT(arp_refused), XDP_DROP,
	 BIT(arp_fenced)},
	{"own frame, by sender", OFF_SHA, 6, MAC_OURS, XDP_DROP, BIT(arp_refused), XDP_DROP,
	 BIT(arp_fenced)},
	{"own frame, by Ethernet source", 6, 6, MAC_OURS, XDP_DROP, BIT(arp_refused), XDP_DROP,
	 BIT(arp_fenced)},
	{"gratuitous", OFF_SPA, 4, IP_VIP, XDP_PASS, BIT(pass) | BIT(arp_rival), XDP_DROP,
	 BIT(arp_fenced) | BIT(arp_rival)},
};

static void test_one_field_differs(void **state)
{
	struct bed *b = *state;
	uint8_t frame[FRAME_LEN];

	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		const struct spoiled *s = &spoiled[i];

		memcpy(frame, request, sizeof(frame));
		memcpy(frame + s->offset, s->bytes, s->len);
		given(b, live());
		bed_expect(b, BED_TAKEOVER, s->what, frame, sizeof(frame), s->live_verdict,
			   s->live_counters);
		given(b, 0);
		bed_expect(b, BED_TAKEOVER, s->what, frame, sizeof(frame), s->closed_verdict,
			   s->closed_counters);
	}
}

static void test_other_interface(void **state)
{
	struct bed *b = *state;

	bed_vip(b, BED_IFINDEX + 1, "198.18.1.1", GROUP, (const uint8_t *)MAC_OURS);
	bed_expect(b, BED_TAKEOVER, "address of another interface", request, FRAME_LEN, XDP_PASS,
		   BIT(pass));
}

/* The sieve lets through what shares a block with a floating address: looked up, and found to be none. */
static void test_bit_of_another(void **state)
{
	const struct ipt_net_key key = ipt_net_key(BED_IFINDEX, ipt_addr_v4(bed_ip("198.18.1.1")));
	uint32_t block = ipt_sieve_block(BED_IFINDEX, key.net);
	struct ipt_sieve all;
	struct bed *b = *state;

	memset(&all, 0xff, sizeof(all));
	bed_set(b, "sieve", &block, &all);
	bed_expect(b, BED_TAKEOVER, "no neighbours", request, FRAME_LEN, XDP_PASS, BIT(pass));
	bed_vip(b, BED_IFINDEX, "198.18.1.2", GROUP, (const uint8_t *)MAC_OURS);
	bed_expect(b, BED_TAKEOVER, "a neighbour", request, FRAME_LEN, XDP_PASS, BIT(pass));
}

/* A /24 that shares a block of the sieve with that of 198.18.1.1: its third byte. */
static uint32_t block_mate(void)
{
	uint32_t taken = ipt_sieve_block(BED_IFINDEX, ipt_addr_v4(bed_ip("198.18.1.0"))), c;

	for (c = 2; c < 256; c++)
		if (ipt_sieve_block(BED_IFINDEX, ipt_addr_v4(htonl(0xc6120000u | c << 8))) == taken)
			return c;
	fail_msg("198.18.1.0/24 shares its block with none of the /16");
	return 0;
}

/* Who comes first is near, who comes second in the hash, and the one does not answer for the other. */
static void test_two_nets_in_a_block(void **state)
{
	uint8_t in[FRAME_LEN], out[FRAME_LEN];
	uint8_t c = (uint8_t)block_mate();
	struct bed *b = *state;
	char address[16];

	(void)snprintf(address, sizeof(address), "198.18.%u.1", c);
	memcpy(in, request, sizeof(in));
	memcpy(out, answer, sizeof(out));
	in[OFF_TPA + 2] = out[OFF_SPA + 2] = c;
	given(b, live());
	bed_expect(b, BED_TAKEOVER, "no floating one", in, sizeof(in), XDP_PASS, BIT(pass));
	bed_vip(b, BED_IFINDEX, address, GROUP, (const uint8_t *)MAC_OURS);
	expect_answer(b, in, out, sizeof(in));
	expect_answer(b, request, answer, FRAME_LEN);
}

/* Neighbours of the same name on another interface, in the same element. */
static void test_near_on_another_interface(void **state)
{
	uint32_t taken = ipt_sieve_block(BED_IFINDEX, ipt_addr_v4(bed_ip("198.18.1.0"))),
		 other = BED_IFINDEX;
	struct bed *b = *state;

	do
		other++;
	while (ipt_sieve_block(other, ipt_addr_v4(bed_ip("198.18.1.0"))) != taken);
	bed_vip(b, other, "198.18.1.1", GROUP, (const uint8_t *)MAC_OURS);
	bed_lease(b, GROUP, live());
	bed_expect(b, BED_TAKEOVER, "not on this one", request, FRAME_LEN, XDP_PASS, BIT(pass));
}

/* Silent, not free: an address whose group does not exist, or whose element has no MAC yet, being written. */
static void test_element_not_whole(void **state)
{
	struct bed *b = *state;

	bed_vip(b, BED_IFINDEX, "198.18.1.1", IPT_MAX_GROUPS, (const uint8_t *)MAC_OURS);
	bed_expect(b, BED_TAKEOVER, "no such group", request, FRAME_LEN, XDP_DROP, BIT(arp_fenced));
	bed_vip(b, BED_IFINDEX, "198.18.1.1", GROUP, (const uint8_t *)MAC_ZERO);
	bed_lease(b, GROUP, live());
	bed_expect(b, BED_TAKEOVER, "no MAC", request, FRAME_LEN, XDP_DROP, BIT(arp_refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answer, bed_reset),
		cmocka_unit_test_setup(test_answer_keeps_trailing_bytes, bed_reset),
		cmocka_unit_test_setup(test_answer_unicast, bed_reset),
		cmocka_unit_test_setup(test_answer_probe, bed_reset),
		cmocka_unit_test_setup(test_answer_goes_to_sender_in_arp, bed_reset),
		cmocka_unit_test_setup(test_binding_of_live_slot_answers, bed_reset),
		cmocka_unit_test_setup(test_lease_end, bed_reset),
		cmocka_unit_test_setup(test_lease_ends_by_itself, bed_reset),
		cmocka_unit_test_setup(test_every_truncation, bed_reset),
		cmocka_unit_test_setup(test_one_field_differs, bed_reset),
		cmocka_unit_test_setup(test_other_interface, bed_reset),
		cmocka_unit_test_setup(test_bit_of_another, bed_reset),
		cmocka_unit_test_setup(test_two_nets_in_a_block, bed_reset),
		cmocka_unit_test_setup(test_near_on_another_interface, bed_reset),
		cmocka_unit_test_setup(test_element_not_whole, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
