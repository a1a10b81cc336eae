/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ingress program on who says by neighbour discovery that he has a floating address. */
#include <string.h>
#include "bed.h"
#include "nd_frame.h"

#define MAC_OURS "\x02\x00\x00\x00\x00\x01"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_RIVAL "\x02\x00\x00\x00\x00\xbb"
#define MAC_ALL "\x33\x33\x00\x00\x00\x01"
#define VIP "2001:db8::10"
#define CLIENT "2001:db8::99"
#define TARGET_OPT "\x02\x01" MAC_RIVAL
#define SOURCE_OPT "\x01\x01" MAC_CLIENT
#define SOLICIT 135
#define ADVERT 136
#define F_O 0x20000000u
#define F_S 0x40000000u

static void given(struct bed *b)
{
	bed_vip(b, BED_IFINDEX, VIP, 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0));
}

static void advert(struct nd_frame *f, uint32_t flags, const void *opts, size_t len)
{
	nd_message(f, MAC_ALL, MAC_CLIENT, CLIENT, "ff02::1", ADVERT, flags, VIP, opts, len);
}

static void expect_rival(void **state, const char *what, const struct nd_frame *f, const char *mac)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct ipt_addr vip = bed_addr(VIP);
	struct ipt_group g = {.name = "web"};
	struct bed *b = *state;

	bed_reset(state);
	given(b);
	bed_set(b, "groups", &(uint32_t){0}, &g);
	bed_expect(b, BED_TAKEOVER, what, f->bytes, f->len, XDP_PASS, BIT(nd_rival) | BIT(pass));
	assert_int_equal(bed_events(b, ev, 0), 1);
	assert_int_equal(ev[0].type, IPT_EV_RIVAL);
	assert_memory_equal(ev[0].mac, mac, 6);
	assert_memory_equal(&ev[0].addr, &vip, 16);
	bed_get(b, "groups", &(uint32_t){0}, &g);
	assert_int_equal(g.rival_v6, 1);
}

static void expect_none(struct bed *b, const char *what, const struct nd_frame *f)
{
	bed_expect(b, BED_TAKEOVER, what, f->bytes, f->len, XDP_PASS, BIT(pass));
}

static void test_rivals(void **state)
{
	struct nd_frame f;

	advert(&f, F_O, TARGET_OPT, 8);
	expect_rival(state, "advertises it", &f, MAC_RIVAL);
	advert(&f, F_O, NULL, 0);
	expect_rival(state, "without an option: who sent it", &f, MAC_CLIENT);
	nd_message(&f, MAC_ALL, MAC_CLIENT, VIP, "ff02::1", SOLICIT, 0, "2001:db8::55", SOURCE_OPT,
		   8);
	expect_rival(state, "asks with it as its own", &f, MAC_CLIENT);
}

/* A host that signs what it says (RFC 3971) has options of hundreds of bytes. */
static void test_many_options(void **state)
{
	char options[400] = {0};
	struct nd_frame f;

	memcpy(options, "\x0b\x18", 2); /* 24 eights of parameters */
	memcpy(options + 192, TARGET_OPT, 8);
	memcpy(options + 200, "\x0c\x19", 2);
	advert(&f, F_O, options, sizeof(options));
	expect_rival(state, "behind what we do not read", &f, MAC_CLIENT);
	memmove(options + 8, options, 192);
	memcpy(options, TARGET_OPT, 8);
	advert(&f, F_O, options, sizeof(options));
	expect_rival(state, "before it", &f, MAC_RIVAL);
}

/* What no stack believes claims nothing. */
static void test_invalid(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b);
	advert(&f, F_O | F_S, TARGET_OPT, 8);
	expect_none(b, "to all, as if they had asked", &f);
	advert(&f, F_O, TARGET_OPT, 8);
	f.bytes[14] = 0x40;
	expect_none(b, "version 4", &f);
	advert(&f, F_O, TARGET_OPT, 8);
	f.bytes[21] = 254;
	expect_none(b, "from beyond a router", &f);
	advert(&f, F_O, "\x02\0" MAC_RIVAL, 8);
	expect_none(b, "an option of length 0", &f);
	nd_message(&f, MAC_ALL, MAC_CLIENT, CLIENT, "ff02::1", ADVERT, F_O, "ff02::9", TARGET_OPT,
		   8);
	expect_none(b, "of a group", &f);
}

static void test_ours(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b);
	nd_message(&f, MAC_ALL, MAC_OURS, VIP, "ff02::1", ADVERT, F_O, VIP, "\x02\x01" MAC_OURS, 8);
	expect_none(b, "ours", &f);
	nd_message(&f, MAC_ALL, MAC_CLIENT, VIP, "ff02::1", ADVERT, F_O, VIP, "\x02\x01" MAC_OURS,
		   8);
	expect_none(b, "ours, by another", &f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rivals, bed_reset),
		cmocka_unit_test_setup(test_many_options, bed_reset),
		cmocka_unit_test_setup(test_invalid, bed_reset),
		cmocka_unit_test_setup(test_ours, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
