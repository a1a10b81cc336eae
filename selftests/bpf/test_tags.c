/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ingress program on ARP in disguise: in VLANs, with priority tags, behind SNAP, with IEEE 802 hardware. */
#include <string.h>
#include "bed.h"

#define MAC_OURS "\x02\x00\x00\x00\x00\x01"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_ALL "\xff\xff\xff\xff\xff\xff"
#define MAC_ZERO "\x00\x00\x00\x00\x00\x00"
#define IP_VIP "\xc6\x12\x01\x01" /* 198.18.1.1 */
#define IP_CLIENT "\xc6\x12\x00\x09"
#define ARP_IPV4 "\x08\x06\x00\x01\x08\x00\x06\x04"

#define FRAME_LEN 60

static const char request[] = MAC_ALL MAC_CLIENT ARP_IPV4
	"\x00\x01" MAC_CLIENT IP_CLIENT MAC_ZERO IP_VIP "eighteen padding.\n";
static const char answer[] = MAC_CLIENT MAC_OURS ARP_IPV4
	"\x00\x02" MAC_OURS IP_VIP MAC_CLIENT IP_CLIENT "eighteen padding.\n";

static void given(struct bed *b, uint64_t word)
{
	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, word);
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

/* Puts `len` bytes between the MACs and what follows them: tags. */
static size_t tagged(uint8_t *out, const char *frame, const char *tags, size_t len)
{
	memcpy(out, frame, 12);
	memcpy(out + 12, tags, len);
	memcpy(out + 12 + len, frame + 12, FRAME_LEN - 12);
	return FRAME_LEN + len;
}

static void test_vlan(void **state)
{
	static const struct {
		const char *what, *tags;
		size_t n;
	} cases[] = {
		{"802.1Q", "\x81\x00\x00\x07", 1},
		{"802.1ad", "\x88\xa8\x00\x07", 1},
		{"QinQ", "\x88\xa8\x00\x07\x81\x00\x00\x08", 2},
		{"priority before it", "\x81\x00\xe0\x00\x81\x00\x00\x07", 2},
		{"priority behind it", "\x81\x00\x00\x07\x81\x00\xe0\x00", 2},
		{"three tags", "\x81\x00\x00\x07\x81\x00\x00\x08\x81\x00\x00\x09", 3},
		{"the highest", "\x81\x00\x0f\xff", 1},
	};
	struct bed *b = *state;
	uint8_t frame[FRAME_LEN + 12];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = tagged(frame, request, cases[i].tags, 4 * cases[i].n);

		given(b, live());
		bed_expect(b, BED_TAKEOVER, cases[i].what, frame, len, XDP_PASS, BIT(arp_tagged));
		given(b, 0);
		bed_expect(b, BED_TAKEOVER, cases[i].what, frame, len, XDP_DROP, BIT(arp_fenced));
	}
	bed_expect(b, BED_TAKEOVER, "ends in the tag", frame, 17, XDP_PASS, BIT(pass));
}

/* VLAN 0 names none: Linux takes off such tags, however many, and believes what is below. */
static void test_priority_tags(void **state)
{
	static const size_t depths[] = {1, 2, 3, 4, 17, 63, 64};
	struct bed *b = *state;
	uint8_t in[FRAME_LEN + 4 * 65], out[FRAME_LEN + 4 * 65];
	char tags[4 * 65];
	size_t len;

	for (size_t i = 0; i < sizeof(tags); i += 4)
		memcpy(tags + i, i & 4 ? "\x88\xa8\xf0\x00" : "\x81\x00\xe0\x00", 4);
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		len = tagged(in, request, tags, 4 * depths[i]);
		(void)tagged(out, answer, tags, 4 * depths[i]);
		given(b, live());
		expect_answer(b, in, out, len);
		given(b, 0);
		bed_expect(b, BED_TAKEOVER, "priority tags, closed", in, len, XDP_DROP,
			   BIT(arp_fenced));
	}
	len = tagged(in, request, tags, sizeof(tags));
	bed_expect(b, BED_TAKEOVER, "more tags than are read", in, len, XDP_DROP,
		   BIT(tags_refused));
	bed_expect(b, BED_TAKEOVER, "ends in the last tag", in, 12 + 4 * 64 + 1, XDP_PASS,
		   BIT(pass));
}

/* What Linux or another system takes for the same question: IEEE 802 hardware, SNAP. The answer is of the usual type. */
static void test_other_kinds_of_arp(void **state)
{
	static const char snap[] = "\x00\x24\xaa\xaa\x03\x00\x00\x00";
	struct bed *b = *state;
	uint8_t in[FRAME_LEN + 8], out[FRAME_LEN + 8];
	size_t len;

	given(b, live());
	memcpy(in, request, FRAME_LEN);
	in[15] = 6;
	expect_answer(b, in, answer, FRAME_LEN);
	len = tagged(in, request, snap, 8);
	(void)tagged(out, answer, snap, 8);
	expect_answer(b, in, out, len);
	given(b, 0);
	bed_expect(b, BED_TAKEOVER, "SNAP, closed", in, len, XDP_DROP, BIT(arp_fenced));
	in[19] = 1;
	bed_expect(b, BED_TAKEOVER, "another organisation's", in, len, XDP_PASS, BIT(pass));
	bed_expect(b, BED_TAKEOVER, "ends in SNAP", in, 21, XDP_PASS, BIT(pass));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vlan, bed_reset),
		cmocka_unit_test_setup(test_priority_tags, bed_reset),
		cmocka_unit_test_setup(test_other_kinds_of_arp, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
