/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A forwarded packet whose checksum the sender left to its card: completed; every other stays as it is. */
#include <string.h>
#include "beats.h"

#define MTU 1500
#define L4 34

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t client[6] = {2, 0, 0, 0, 0, 0xcc};

/* The peer owns the group of 198.18.1.1; what comes for it is forwarded. */
static void given(struct bed *b)
{
	const struct ipt_iface iface = {.ifindex = BED_IFINDEX, .flags = IPT_IF_NATIVE};
	uint32_t slot = 7, path = BEATS_PATH, group = BEATS_GROUP;
	struct ipt_group g;
	struct ipt_path p;

	beats_given(b);
	bed_set(b, "ifaces", &slot, &iface);
	p = beats_path_record(b, BEATS_PATH);
	memcpy(p.mac, theirs, 6);
	bed_set(b, "paths", &path, &p);
	g = beats_group(b);
	g.owner_epoch = 0x509;
	g.owner_ns = bed_now_ns();
	bed_set(b, "groups", &group, &g);
	bed_vip(b, BED_IFINDEX, "198.18.1.1", BEATS_GROUP, ours);
}

/* RFC 1071, a byte at a time. */
static uint16_t sum_of(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t pseudo(const uint8_t *f, size_t l4_len)
{
	return sum_of(f + 26, 8, (uint32_t)f[23] + (uint32_t)l4_len);
}

static void put_be16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* `l4_len` bytes of TCP or UDP, all different, with the pseudo header's sum where the checksum belongs. */
static size_t packet(uint8_t *f, uint8_t protocol, size_t l4_len, size_t at)
{
	uint32_t from_be32 = bed_ip("198.18.0.9"), to_be32 = bed_ip("198.18.1.1");

	memcpy(f, ours, 6);
	memcpy(f + 6, client, 6);
	memcpy(f + 12, "\x08\x00\x45\x00\x00\x00\x12\x34\x40\x00\x40\x00\x00\x00", 14);
	f[23] = protocol;
	memcpy(f + 26, &from_be32, 4);
	memcpy(f + 30, &to_be32, 4);
	put_be16(f + 16, (uint16_t)(20 + l4_len));
	for (size_t i = 0; i < l4_len; i++)
		f[L4 + i] = (uint8_t)(i * 7 + 1);
	put_be16(f + L4 + at, pseudo(f, l4_len));
	return L4 + l4_len;
}

/* Runs it; true if the frame came out as `want`, but for its Ethernet addresses. */
static bool forwarded_as(struct bed *b, const uint8_t *f, size_t len, const uint8_t *want)
{
	struct bed_run run;

	bed_run(b, BED_TAKEOVER, f, len, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(run.len, len);
	return !memcmp(run.bytes + 12, want + 12, len - 12);
}

static void test_completed(void **state)
{
	static const size_t lens[] = {20, 21, 24, 511, 512, 513, 1024, 1025, MTU - 20};
	static const struct {
		uint8_t protocol;
		size_t at;
	} kinds[] = {{6, 16}, {17, 6}};
	uint8_t f[BED_FRAME_MAX], want[BED_FRAME_MAX];

	given(*state);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]) * 2; i++) {
		size_t l4_len = lens[i / 2], at = kinds[i % 2].at;
		size_t len = packet(f, kinds[i % 2].protocol, l4_len, at);

		memcpy(want, f, len);
		put_be16(want + L4 + at, (uint16_t)~sum_of(f + L4, l4_len, 0));
		if (!forwarded_as(*state, f, len, want))
			fail_msg("protocol %u, %zu bytes: not completed", f[23], l4_len);
		if (sum_of(want + L4, l4_len, pseudo(f, l4_len)) != 0xffff)
			fail_msg("%zu bytes: this test is wrong", l4_len);
		if (!forwarded_as(*state, want, len, want))
			fail_msg("%zu bytes: a complete sum was changed", l4_len);
	}
	(void)bed_counted(*state, NULL);
}

/* Trailing bytes of a short frame are no part of the packet. */
static void test_padding(void **state)
{
	uint8_t f[BED_FRAME_MAX], want[BED_FRAME_MAX];
	size_t len = packet(f, 17, 12, 6);

	given(*state);
	memset(f + len, 0x5a, 60 - len);
	memcpy(want, f, 60);
	put_be16(want + L4 + 6, (uint16_t)~sum_of(f + L4, 12, 0));
	assert_true(forwarded_as(*state, f, 60, want));
}

/* 0xffff and 0 are the same sum, but in UDP 0 means that there is none. */
static void test_zero(void **state)
{
	uint8_t f[BED_FRAME_MAX], want[BED_FRAME_MAX];
	size_t len = packet(f, 17, 10, 6);

	given(*state);
	put_be16(f + L4 + 8, (uint16_t)~sum_of(f + L4, 8, 0));
	memcpy(want, f, len);
	put_be16(want + L4 + 6, 0xffff);
	assert_true(forwarded_as(*state, f, len, want));
}

static void test_left_alone(void **state)
{
	uint8_t f[BED_FRAME_MAX];
	size_t len;

	given(*state);
	len = packet(f, 6, 100, 16);
	f[20] = 0x20;
	assert_true(forwarded_as(*state, f, len, f)); /* a first fragment */
	f[20] = 0, f[21] = 1;
	assert_true(forwarded_as(*state, f, len, f)); /* a later one */
	len = packet(f, 1, 100, 16);
	assert_true(forwarded_as(*state, f, len, f)); /* ICMP */
	len = packet(f, 1, 100, 1);
	assert_true(forwarded_as(*state, f, len,
				 f)); /* the same, whose code and sum are such by chance */
	len = packet(f, 6, 100, 16);
	assert_true(forwarded_as(*state, f, len - 1, f)); /* cut short */
	len = packet(f, 6, 17, 16);
	assert_true(forwarded_as(*state, f, len + 9, f)); /* no room for a sum but in the padding */
	len = packet(f, 6, 100, 16);
	f[L4 + 16] ^= 1;
	assert_true(forwarded_as(*state, f, len, f)); /* wrong: the receiver shall see it */
	len = packet(f, 6, 100, 16);
	f[14] = 0x44;
	put_be16(f + L4 - 4 + 16, pseudo(f, 104));
	assert_true(forwarded_as(*state, f, len, f)); /* no IP header */
}

/* There the kernel keeps the mark that the sum is missing, and would make it a second time. */
static void test_generic_mode(void **state)
{
	const struct ipt_iface other = {.ifindex = BED_IFINDEX + 1, .flags = IPT_IF_NATIVE};
	const struct ipt_iface generic = {.ifindex = BED_IFINDEX};
	uint32_t zero = 0, slot = 7;
	uint8_t f[BED_FRAME_MAX];
	size_t len = packet(f, 6, 100, 16);

	given(*state);
	bed_set(*state, "ifaces", &zero, &other);
	bed_set(*state, "ifaces", &slot, &generic);
	assert_true(forwarded_as(*state, f, len, f));
}

/* Behind options it stands elsewhere. */
static void test_options(void **state)
{
	uint8_t f[BED_FRAME_MAX], want[BED_FRAME_MAX];
	size_t len = packet(f, 6, 100, 16);

	given(*state);
	memmove(f + L4 + 4, f + L4, 100);
	memset(f + L4, 1, 4);
	f[14] = 0x46;
	put_be16(f + 16, 124);
	len += 4;
	memcpy(want, f, len);
	put_be16(want + L4 + 4 + 16, (uint16_t)~sum_of(f + L4 + 4, 100, 0));
	assert_true(forwarded_as(*state, f, len, want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_completed, bed_reset),
		cmocka_unit_test_setup(test_padding, bed_reset),
		cmocka_unit_test_setup(test_zero, bed_reset),
		cmocka_unit_test_setup(test_left_alone, bed_reset),
		cmocka_unit_test_setup(test_generic_mode, bed_reset),
		cmocka_unit_test_setup(test_options, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
