/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sieve: neighbours have bits of their own, and the nets of a /16 blocks of their own, but for a few. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../within.h"
#include "sieve.h"

static void test_neighbours(void **state)
{
	struct ipt_sieve s = {0};

	(void)state;
	for (uint32_t i = 0; i < 256; i++) {
		for (uint32_t j = 0; j < 256; j++)
			assert_int_equal(ipt_sieve_has(&s, j), j < i);
		ipt_sieve_add(&s, i);
	}
	for (uint32_t i = 0; i < 256; i++)
		assert_true(ipt_sieve_has(&s, i));
}

static uint32_t blocks_of(uint32_t ifindex, uint32_t base, uint32_t step)
{
	uint8_t seen[IPT_SIEVE_BLOCKS] = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t block = ipt_sieve_block(ifindex, ipt_addr_v4(htonl(base + i * step)));

		assert_within(block, 0, IPT_SIEVE_BLOCKS - 1);
		n += !seen[block];
		seen[block] = 1;
	}
	return n;
}

/* 256 balls thrown at random into 1,024 boxes fill 226 of them. */
static void test_spread(void **state)
{
	(void)state;
	for (uint32_t ifindex = 1; ifindex < 40; ifindex++) {
		assert_within(blocks_of(ifindex, 0xc6120000, 0x100), 226, 256);
		assert_within(blocks_of(ifindex, 0x0a000000, 0x100), 226, 256);
		assert_within(blocks_of(ifindex, 0xc0a80000, 0x100), 226, 256);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
