/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Neighbour discovery: frames byte for byte, and what is believed of those that come. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/addr.h"
#include "core/frame_nd.h"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x0a};

static struct ipt_addr ip(const char *text)
{
	struct ipt_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

/* Written down from RFC 4861, 4.3 and 4.4, the checksums worked out elsewhere. */
static const uint8_t dad[FRAME_ND_BARE] = {0x33, 0x33, 0xff,	    0,		 0,
					   0x10, 2,    0,	    0,		 0,
					   0,	 0x0a, 0x86,	    0xdd,	 0x60,
					   0,	 0,    0,	    0,		 24,
					   58,	 255,  [38] = 0xff, 2,		 [49] = 1,
					   0xff, 0,    0,	    0x10,	 135,
					   0,	 0x4c, 0xcf,	    [62] = 0x20, 1,
					   0x0d, 0xb8, [77] = 0x10};

static void test_question(void **state)
{
	struct ipt_addr vip = ip("2001:db8::10"), own = ip("fe80::a");
	struct nd_packet nd = frame_nd_question(mac, NULL, &vip), again;
	uint8_t bytes[FRAME_ND];

	(void)state;
	assert_int_equal(frame_nd_write(bytes, &nd), FRAME_ND_BARE);
	assert_memory_equal(bytes, dad, sizeof(dad));
	nd = frame_nd_question(mac, &own, &vip);
	assert_int_equal(frame_nd_write(bytes, &nd), FRAME_ND);
	assert_true(frame_nd_parse(bytes, FRAME_ND, &again));
	assert_true(ipt_addr_equal(&again.src, &own));
	assert_true(again.has_mac);
	assert_memory_equal(again.mac, mac, 6);
	assert_int_equal(bytes[78], 1);
	assert_int_equal(bytes[79], 1);
}

static void test_announcement(void **state)
{
	static const uint8_t all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
	struct ipt_addr vip = ip("2001:db8::10"), all = ip("ff02::1");
	struct nd_packet nd = frame_nd_announcement(mac, &vip, false), again;
	uint8_t bytes[FRAME_ND];

	(void)state;
	assert_int_equal(frame_nd_write(bytes, &nd), FRAME_ND);
	assert_true(frame_nd_parse(bytes, FRAME_ND, &again));
	assert_int_equal(again.type, ND_ADVERTISE);
	assert_int_equal(again.flags, ND_OVERRIDE);
	assert_memory_equal(again.eth_dst, all_nodes, 6);
	assert_memory_equal(again.eth_src, mac, 6);
	assert_true(ipt_addr_equal(&again.dst, &all));
	assert_true(ipt_addr_equal(&again.src, &vip));
	assert_true(ipt_addr_equal(&again.target, &vip));
	assert_int_equal(bytes[58], ND_OVERRIDE);
	assert_int_equal(bytes[78], 2);
	nd = frame_nd_announcement(mac, &vip, true);
	(void)frame_nd_write(bytes, &nd);
	assert_true(frame_nd_parse(bytes, FRAME_ND, &again));
	assert_int_equal(again.flags, ND_OVERRIDE | ND_ROUTER);
}

/* Whatever byte of it is another, it is another message or none: the checksum covers all but some of the headers. */
static void test_malformed(void **state)
{
	struct ipt_addr vip = ip("2001:db8::10");
	const struct nd_packet nd = frame_nd_announcement(mac, &vip, false);
	uint8_t bytes[FRAME_ND];
	struct nd_packet got;

	(void)state;
	for (size_t i = 12; i < FRAME_ND; i++) {
		/* Traffic class and flow label are nobody's business. */
		if (i >= 14 && i < 18)
			continue;
		(void)frame_nd_write(bytes, &nd);
		bytes[i] ^= 4;
		assert_false(frame_nd_parse(bytes, sizeof(bytes), &got));
	}
	(void)frame_nd_write(bytes, &nd);
	for (size_t len = 0; len < FRAME_ND; len++)
		assert_false(frame_nd_parse(bytes, len, &got));
	bytes[14] = 0x4f;
	assert_false(frame_nd_parse(bytes, sizeof(bytes), &got));
}

static void sum_again(uint8_t *bytes, size_t len)
{
	uint32_t sum = (uint32_t)(len - 54) + 58;

	bytes[56] = bytes[57] = 0;
	for (size_t i = 22; i < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes[56] = (uint8_t)(~sum >> 8);
	bytes[57] = (uint8_t)~sum;
}

static void test_options(void **state)
{
	struct ipt_addr vip = ip("2001:db8::10");
	const struct nd_packet nd = frame_nd_announcement(mac, &vip, false);
	uint8_t bytes[FRAME_ND + 16] = {0};
	struct nd_packet got;

	(void)state;
	(void)frame_nd_write(bytes, &nd);
	/* An option of two units that nobody knows, and behind it the one that counts. */
	memmove(bytes + 94, bytes + 78, 8);
	bytes[78] = 200;
	bytes[79] = 2;
	bytes[19] = 48;
	sum_again(bytes, sizeof(bytes));
	assert_true(frame_nd_parse(bytes, sizeof(bytes), &got));
	assert_memory_equal(got.mac, mac, 6);
	/* The other kind of link-layer address is none. */
	bytes[94] = 1;
	sum_again(bytes, sizeof(bytes));
	assert_true(frame_nd_parse(bytes, sizeof(bytes), &got));
	assert_false(got.has_mac);
	bytes[79] = 0;
	sum_again(bytes, sizeof(bytes));
	assert_false(frame_nd_parse(bytes, sizeof(bytes), &got));
	bytes[79] = 4;
	sum_again(bytes, sizeof(bytes));
	assert_false(frame_nd_parse(bytes, sizeof(bytes), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_announcement),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
