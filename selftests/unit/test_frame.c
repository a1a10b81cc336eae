/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heartbeats and ARP byte for byte, and what a parser must refuse. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "core/frame.h"

/* Packed with Python's struct module, sender key and tag by `openssl mac ... SIPHASH`. */
static const char beat_hex[] = "495054480112070902010203cafebabe1122334455667788"
			       "01020304050607081112131415161718000493e00000c350"
			       "000000000000000021222324252627283132333435363738"
			       "4142434401030000abcd0364010002000000000000000502"
			       "0000000000000502010204fe050101005152535455565758"
			       "616263646566676883103f2f038233c29072acb5b380ea45";
#define BEAT_LEN ((sizeof(beat_hex) - 1) / 2)
#define TAG_AT (BEAT_LEN - HB_TAG_LEN)

static const struct sip_key master = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};

static const struct beat sample = {
	.session = 0x1122334455667788,
	.seq = 0x0102030405060708,
	.ts_ns = 0x1112131415161718,
	.lease_us = 300000,
	.interval_us = 50000,
	.cfg_hash = 0xcafebabe,
	.key_id = 7,
	.key_max = 9,
	.node = 2,
	.flags = HB_F_GW_OK | HB_F_RESTARTING,
	.npeers = 1,
	.ngroups = 2,
	.peer = {{0x2122232425262728, 0x3132333435363738, 0x41424344, 1, HB_OWNER}},
	.group = {{.epoch = 5 << 8 | 2,
		   .promise_epoch = 5 << 8 | 2,
		   .group = 0xabcd,
		   .state = HB_OWNER,
		   .priority = 100,
		   .flags = HB_GF_READY,
		   .promise_holder = 2},
		  {.epoch = 0x5152535455565758,
		   .promise_epoch = 0x6162636465666768,
		   .group = 0x0102,
		   .state = HB_RELEASE,
		   .priority = 254,
		   .flags = HB_GF_READY | HB_GF_DRAINED,
		   .release_to = 1,
		   .promise_holder = 1}},
};

static void from_hex(const char *hex, uint8_t *ret)
{
	char digits[3] = "";

	for (; *hex; hex += 2) {
		memcpy(digits, hex, 2);
		*ret++ = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static struct sip_key sender(void)
{
	return frame_sender_key(&master, 7, 2);
}

static void test_addr_mark(void **state)
{
	struct beat b = sample, again;
	struct sip_key k = sender();
	uint8_t bytes[HB_MAX_LEN];
	size_t len;

	(void)state;
	b.group[1].addr_mark = 0xa5;
	len = frame_beat_encode(&b, &k, bytes, sizeof(bytes));
	assert_int_equal(bytes[56 + 24 + 24 + 7], 0xa5);
	assert_true(frame_beat_decode(bytes, len, &again));
	assert_int_equal(again.group[0].addr_mark, 0);
	assert_int_equal(again.group[1].addr_mark, 0xa5);
	/* 0 is "not told": no address list has it. */
	assert_int_equal(frame_addr_mark(0), 0);
	assert_int_equal(frame_addr_mark(0x12345678), 0x12 ^ 0x34 ^ 0x56 ^ 0x78);
	assert_int_equal(frame_addr_mark(0x01010101), 1);
}

static void test_sender_key(void **state)
{
	struct sip_key k = sender(), other = frame_sender_key(&master, 7, 3);

	(void)state;
	assert_true(k.k0 == 0x55ef50f1dd81bfe4 && k.k1 == 0x8b8f9c70e56d6d4a);
	assert_memory_not_equal(&k, &other, sizeof(k));
	other = frame_sender_key(&master, 8, 2);
	assert_memory_not_equal(&k, &other, sizeof(k));
}

static void test_encode(void **state)
{
	uint8_t want[BEAT_LEN], got[HB_MAX_LEN];
	struct sip_key k = sender();

	(void)state;
	from_hex(beat_hex, want);
	assert_int_equal(frame_beat_encode(&sample, &k, got, sizeof(got)), BEAT_LEN);
	assert_memory_equal(got, want, BEAT_LEN);
}

static void test_decode(void **state)
{
	uint8_t bytes[BEAT_LEN];
	struct sip_key k = sender();
	struct beat got;

	(void)state;
	from_hex(beat_hex, bytes);
	assert_true(frame_beat_decode(bytes, BEAT_LEN, &got));
	assert_memory_equal(&got, &sample, sizeof(got));
	assert_true(frame_beat_verify(bytes, BEAT_LEN, &k));
}

/* What builds before them sent as zeros, and read over. */
static void test_younger_fields(void **state)
{
	uint8_t bytes[HB_MAX_LEN];
	struct sip_key k = sender();
	struct beat b = sample, got;

	(void)state;
	b.hold_us = 0x01234567;
	b.cfg_prev = 0x89abcdef;
	assert_int_equal(frame_beat_encode(&b, &k, bytes, sizeof(bytes)), BEAT_LEN);
	assert_memory_equal(bytes + 48, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_true(frame_beat_decode(bytes, BEAT_LEN, &got));
	assert_memory_equal(&got, &b, sizeof(got));
}

/* Lengths other than the right one, shorter and longer; the buffer is exact, so that a sanitizer
 * sees a byte read beyond it. */
static void test_length(void **state)
{
	uint8_t whole[BEAT_LEN + 16] = {0}, *part;
	struct beat got, before;
	size_t len;

	(void)state;
	from_hex(beat_hex, whole);
	memset(&got, 0xa5, sizeof(got));
	before = got;
	for (len = 0; len <= sizeof(whole); len++) {
		if (len == BEAT_LEN)
			continue;
		part = malloc(len ? len : 1);
		assert_non_null(part);
		memcpy(part, whole, len);
		assert_false(frame_beat_decode(part, len, &got));
		free(part);
	}
	assert_memory_equal(&got, &before, sizeof(got));
}

static void test_bit_flips(void **state)
{
	struct sip_key k = sender();
	uint8_t bytes[BEAT_LEN];
	size_t bit;

	(void)state;
	from_hex(beat_hex, bytes);
	for (bit = 0; bit < 8 * BEAT_LEN; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_false(frame_beat_verify(bytes, BEAT_LEN, &k));
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(frame_beat_verify(bytes, BEAT_LEN, &k));
}

/* Fields that decide whether the rest can be read at all: {offset, value}. */
static void test_shape(void **state)
{
	static const uint8_t wrong[][2] = {{0, 0},    {3, 0x49}, {4, 0},  {4, 2},
					   {5, 0x11}, {5, 0x13}, {9, 0},  {9, 2},
					   {9, 255},  {10, 1},	 {10, 3}, {10, 255}};
	uint8_t bytes[BEAT_LEN];
	struct beat got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		from_hex(beat_hex, bytes);
		bytes[wrong[i][0]] = wrong[i][1];
		assert_false(frame_beat_decode(bytes, BEAT_LEN, &got));
	}
	/* Counts that fit the length, but in which peers and groups have changed places. */
	from_hex(beat_hex, bytes);
	bytes[9] = 2;
	bytes[10] = 1;
	assert_true(frame_beat_decode(bytes, BEAT_LEN, &got));
}

static void test_largest(void **state)
{
	struct beat b = {.npeers = HB_MAX_NODES - 1, .ngroups = HB_MAX_GROUPS}, got;
	struct sip_key k = sender();
	uint8_t bytes[HB_MAX_LEN];
	size_t len;

	(void)state;
	b.group[HB_MAX_GROUPS - 1].epoch = UINT64_MAX;
	len = frame_beat_encode(&b, &k, bytes, sizeof(bytes));
	assert_int_equal(len, 1392);
	assert_true(frame_beat_decode(bytes, len, &got));
	assert_memory_equal(&got, &b, sizeof(b));
	assert_int_equal(frame_beat_encode(&b, &k, bytes, len - 1), 0);
	b.npeers = HB_MAX_NODES;
	assert_int_equal(frame_beat_encode(&b, &k, bytes, sizeof(bytes)), 0);
	b.npeers = 0;
	b.ngroups = HB_MAX_GROUPS + 1;
	assert_int_equal(frame_beat_encode(&b, &k, bytes, sizeof(bytes)), 0);
}

static void test_group_id(void **state)
{
	(void)state;
	assert_int_equal(frame_group_id("web"), 0x4d94);
	assert_int_equal(frame_group_id("db"), 0x8950);
	/* Names that collide, for the configuration test. */
	assert_int_equal(frame_group_id("g100"), frame_group_id("g212"));
}

static void test_udp_wrap(void **state)
{
	static const char want_hex[] =
		"020000000002020000000001080045c0002000004000ff11eee4c6120001"
		"c6120002163e163e000c000061626364";
	struct frame_addr a = {.mac = {2, 0, 0, 0, 0, 1}}, b = {.mac = {2, 0, 0, 0, 0, 2}};
	uint8_t want[FRAME_HB_OVERHEAD + 4], got[FRAME_HB_OVERHEAD + 4];

	(void)state;
	from_hex(want_hex, want);
	a.ip = ipt_addr_v4(inet_addr("198.18.0.1"));
	b.ip = ipt_addr_v4(inet_addr("198.18.0.2"));
	memset(got, 0xff, sizeof(got));
	memcpy(got + FRAME_HB_OVERHEAD, "abcd", 4);
	assert_int_equal(frame_udp_wrap(got, 4, &a, &b, htons(5694)), sizeof(got));
	assert_memory_equal(got, want, sizeof(got));
}

static void test_udp_wrap6(void **state)
{
	static const char want_hex[] =
		"02000000000202000000000186dd6c000000000c11ff20010db8000000000000000000000001"
		"20010db8000000000000000000000002163e163e000cb31e61626364";
	struct frame_addr a = {.mac = {2, 0, 0, 0, 0, 1}}, b = {.mac = {2, 0, 0, 0, 0, 2}};
	uint8_t want[FRAME_HB_OVERHEAD6 + 4], got[FRAME_HB_OVERHEAD6 + 4];

	(void)state;
	from_hex(want_hex, want);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &a.ip), 1);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::2", &b.ip), 1);
	memset(got, 0xff, sizeof(got));
	memcpy(got + FRAME_HB_OVERHEAD6, "abcd", 4);
	assert_int_equal(frame_udp_wrap(got, 4, &a, &b, htons(5694)), sizeof(got));
	assert_memory_equal(got, want, sizeof(got));
	/* A sum of 0 would say that none was made: it is written as 0xffff. */
	memcpy(got + FRAME_HB_OVERHEAD6, "\x77\xe5\0", 4);
	(void)frame_udp_wrap(got, 4, &a, &b, htons(5694));
	assert_memory_equal(got + FRAME_HB_OVERHEAD6 - 2, "\xff\xff", 2);
}

struct arp_row {
	enum arp_form form;
	const char *hex; /* without the padding */
};

static const struct arp_row arp_rows[] = {
	{ARP_FORM_REQUEST, "ffffffffffff02000000000a0806000108000604000102000000000ac6120101"
			   "000000000000c6120101"},
	{ARP_FORM_REPLY, "ffffffffffff02000000000a0806000108000604000202000000000ac6120101"
			 "02000000000ac6120101"},
	{ARP_FORM_PROBE, "ffffffffffff02000000000a0806000108000604000102000000000a00000000"
			 "000000000000c6120101"},
};

static const uint8_t arp_mac[6] = {2, 0, 0, 0, 0, 10};

static void test_arp_build(void **state)
{
	uint8_t want[FRAME_ETH_MIN], got[FRAME_ETH_MIN];
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		memset(want, 0, sizeof(want));
		memset(got, 0xff, sizeof(got));
		from_hex(arp_rows[i].hex, want);
		frame_arp_build(got, arp_rows[i].form, arp_mac, inet_addr("198.18.1.1"));
		assert_memory_equal(got, want, sizeof(want));
	}
}

static void test_arp_parse(void **state)
{
	static const char hex[] = "02000000000b02000000000a0806000108000604000202000000000ac6120101"
				  "02000000000bc6120102";
	uint8_t bytes[42], again[FRAME_ETH_MIN], *part;
	struct arp_packet p;
	size_t len;

	(void)state;
	from_hex(hex, bytes);
	assert_true(frame_arp_parse(bytes, 42, &p));
	frame_arp_write(again, &p);
	assert_memory_equal(again, bytes, 42);
	assert_memory_equal(p.eth_dst, bytes, 6);
	assert_memory_equal(p.eth_src, arp_mac, 6);
	assert_memory_equal(p.sha, arp_mac, 6);
	assert_memory_equal(p.tha, bytes, 6);
	assert_int_equal(p.oper, 2);
	assert_int_equal(p.spa_be32, inet_addr("198.18.1.1"));
	assert_int_equal(p.tpa_be32, inet_addr("198.18.1.2"));
	for (len = 0; len < 42; len++) {
		part = malloc(len ? len : 1);
		assert_non_null(part);
		memcpy(part, bytes, len);
		assert_false(frame_arp_parse(part, len, &p));
		free(part);
	}
}

/* Each bit of type, hardware, protocol, lengths and operation; 1 and 2 are both operations. */
static void test_arp_malformed(void **state)
{
	uint8_t bytes[FRAME_ETH_MIN];
	struct arp_packet p;
	size_t bit;

	(void)state;
	frame_arp_build(bytes, ARP_FORM_REQUEST, arp_mac, inet_addr("198.18.1.1"));
	for (bit = 8 * 12; bit < 8 * 22; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_false(frame_arp_parse(bytes, sizeof(bytes), &p));
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(frame_arp_parse(bytes, sizeof(bytes), &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addr_mark),      cmocka_unit_test(test_sender_key),
		cmocka_unit_test(test_encode),	       cmocka_unit_test(test_decode),
		cmocka_unit_test(test_younger_fields), cmocka_unit_test(test_length),
		cmocka_unit_test(test_bit_flips),      cmocka_unit_test(test_shape),
		cmocka_unit_test(test_largest),	       cmocka_unit_test(test_group_id),
		cmocka_unit_test(test_udp_wrap),       cmocka_unit_test(test_udp_wrap6),
		cmocka_unit_test(test_arp_build),      cmocka_unit_test(test_arp_parse),
		cmocka_unit_test(test_arp_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
