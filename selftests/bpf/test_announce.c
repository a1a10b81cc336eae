/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The announcer: whole frames whatever the page held, the right address for each index, none without the lease. */
#include <string.h>
#include "bed.h"
#include "core/frame.h"
#include "core/frame_nd.h"
#include "nd_frame.h"

#define GROUP 7
#define EPOCH 0x501ull
#define REQUEST IPT_FORM_REQUEST
#define REPLY IPT_FORM_REPLY

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t mac_b[6] = {2, 0, 0, 0, 0, 2};

static uint64_t live(uint32_t slot)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, slot);
}

static void job(struct bed *b, uint32_t slot, uint32_t forms, uint64_t cursor)
{
	struct ipt_announce_job j = {.epoch = EPOCH,
				     .group = GROUP,
				     .slot = slot,
				     .forms = forms,
				     .count = 2,
				     .cursor = cursor};
	uint32_t zero = 0;

	bed_set(b, "announce_job", &zero, &j);
}

static void given(struct bed *b, uint32_t slot)
{
	const struct ipt_announce_entry list[] = {
		{.addr = ipt_addr_v4(bed_ip("198.18.1.1")), .mac = {2, 0, 0, 0, 0, 1}},
		{.addr = ipt_addr_v4(bed_ip("198.18.1.2")), .mac = {2, 0, 0, 0, 0, 2}},
		{.addr = ipt_addr_v4(bed_ip("198.18.1.3")), .mac = {2, 0, 0, 0, 0, 3}},
	};
	struct ipt_group g = {.name = "web"};
	uint32_t index = GROUP, i;

	g.binding[slot].epoch = EPOCH;
	bed_set(b, "groups", &index, &g);
	for (i = 0; i < 3; i++)
		bed_set(b, "announce_list", &i, &list[i]);
	bed_lease(b, GROUP, live(slot));
}

static void expect_frame(struct bed *b, enum arp_form form, const uint8_t mac[6], const char *ip)
{
	uint8_t page[FRAME_ETH_MIN], expected[FRAME_ETH_MIN];
	struct bed_run run;

	memset(page, 0xa5, sizeof(page)); /* the remains of the frame before */
	frame_arp_build(expected, form, mac, bed_ip(ip));
	bed_run(b, BED_ANNOUNCE, page, sizeof(page), &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(run.len, sizeof(expected));
	assert_memory_equal(run.bytes, expected, sizeof(expected));
	assert_int_equal(bed_counted(b, ip), BIT(announce_sent));
}

static void expect_none(struct bed *b, const char *what, uint64_t counters)
{
	uint8_t page[FRAME_ETH_MIN] = {0};

	bed_expect(b, BED_ANNOUNCE, what, page, sizeof(page), XDP_DROP, counters);
}

static void test_both_forms(void **state)
{
	given(*state, 0);
	job(*state, 0, REQUEST | REPLY, 0);
	expect_frame(*state, ARP_FORM_REQUEST, mac_a, "198.18.1.1");
	expect_frame(*state, ARP_FORM_REPLY, mac_a, "198.18.1.1");
	expect_frame(*state, ARP_FORM_REQUEST, mac_b, "198.18.1.2");
	expect_frame(*state, ARP_FORM_REPLY, mac_b, "198.18.1.2");
	expect_none(*state, "past the end", 0);
	job(*state, 0, REQUEST | REPLY, 3);
	expect_frame(*state, ARP_FORM_REPLY, mac_b, "198.18.1.2");
}

static void test_one_form(void **state)
{
	given(*state, 1);
	job(*state, 1, REQUEST, 0);
	expect_frame(*state, ARP_FORM_REQUEST, mac_a, "198.18.1.1");
	expect_frame(*state, ARP_FORM_REQUEST, mac_b, "198.18.1.2");
	expect_none(*state, "past the end", 0);
	job(*state, 1, REPLY, 1);
	expect_frame(*state, ARP_FORM_REPLY, mac_b, "198.18.1.2");
	expect_none(*state, "past the end", 0);
}

static void expect_advert(struct bed *b, uint32_t flags, const char *mac, const char *ip)
{
	char option[8] = "\x02\x01";
	uint8_t page[FRAME_ND];
	struct nd_frame want;
	struct bed_run run;

	memset(page, 0xa5, sizeof(page));
	memcpy(option + 2, mac, 6);
	nd_message(&want, "\x33\x33\0\0\0\1", mac, ip, "ff02::1", ND_ADVERTISE, flags, ip, option,
		   8);
	bed_run(b, BED_ANNOUNCE, page, sizeof(page), &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(run.len, want.len);
	assert_memory_equal(run.bytes, want.bytes, want.len);
	assert_int_equal(bed_counted(b, ip), BIT(announce_sent));
}

/* O always, R as the host forwards, S never: nobody has asked. */
static void test_advertisement(void **state)
{
	struct ipt_announce_entry entry = {.mac = {2, 0, 0, 0, 0, 1}};
	uint8_t page[FRAME_ND - 1] = {0};
	uint32_t index = 0;

	given(*state, 0);
	entry.addr = bed_addr("2001:db8::10");
	bed_set(*state, "announce_list", &index, &entry);
	index = 1;
	entry = (struct ipt_announce_entry){.addr = bed_addr("fe80::ffff:ffff:ffff:fffe"),
					    .mac = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff},
					    .flags = IPT_NET_F_ROUTER};
	bed_set(*state, "announce_list", &index, &entry);
	job(*state, 0, IPT_FORM_ADVERT, 0);
	expect_advert(*state, 0x20000000, "\x02\0\0\0\0\1", "2001:db8::10");
	expect_advert(*state, 0xa0000000, "\xfe\xff\xff\xff\xff\xff", "fe80::ffff:ffff:ffff:fffe");
	bed_expect(*state, BED_ANNOUNCE, "past the end", page, sizeof(page), XDP_DROP, 0);
	job(*state, 0, IPT_FORM_ADVERT, 0);
	bed_expect(*state, BED_ANNOUNCE, "85 bytes", page, sizeof(page), XDP_ABORTED, 0);
	job(*state, 0, IPT_FORM_ADVERT, 0);
	bed_lease(*state, GROUP, 9);
	bed_expect(*state, BED_ANNOUNCE, "closed", page, sizeof(page), XDP_DROP,
		   BIT(announce_stale));
}

static void test_stale(void **state)
{
	struct bed *b = *state;
	struct ipt_group g = {.name = "web", .binding[0].epoch = EPOCH + 0x100};
	uint32_t index = GROUP;

	given(b, 0);
	job(b, 0, REQUEST, 0);
	bed_lease(b, GROUP, 9);
	expect_none(b, "closed", BIT(announce_stale));
	bed_lease(b, GROUP, bed_now_ns());
	expect_none(b, "ended", BIT(announce_stale));
	job(b, 0, REQUEST, 0);
	bed_lease(b, GROUP, live(1));
	expect_none(b, "taken again: the other slot", BIT(announce_stale));
	bed_lease(b, GROUP, live(0));
	job(b, 0, REQUEST, 0);
	bed_set(b, "groups", &index, &g);
	expect_none(b, "taken twice: the same slot, another epoch", BIT(announce_stale));
	given(b, 0);
	expect_frame(b, ARP_FORM_REQUEST, mac_b, "198.18.1.2");
}

static void test_frame_too_short(void **state)
{
	uint8_t page[FRAME_ETH_MIN - 1] = {0};

	given(*state, 0);
	job(*state, 0, REQUEST, 0);
	bed_expect(*state, BED_ANNOUNCE, "59 bytes", page, sizeof(page), XDP_ABORTED, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_both_forms, bed_reset),
		cmocka_unit_test_setup(test_one_form, bed_reset),
		cmocka_unit_test_setup(test_advertisement, bed_reset),
		cmocka_unit_test_setup(test_stale, bed_reset),
		cmocka_unit_test_setup(test_frame_too_short, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
