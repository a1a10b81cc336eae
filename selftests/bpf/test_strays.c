/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Strays from made-up MACs: all are sent on, and the daemon is told of no more than an interface's budget. */
#include <string.h>
#include "beats.h"

#define LEN 60
#define STEP_NS (BED_SECOND_NS / 100)
#define BURST 100

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};

/* A peer owns the group and has just said so; the clock stands still. */
static void given(struct bed *b, uint64_t now_ns)
{
	struct ipt_path path;
	struct ipt_group group;
	uint32_t index = BEATS_PATH, at = BEATS_GROUP;

	beats_given(b);
	path = beats_path_record(b, BEATS_PATH);
	memcpy(path.mac, "\x02\x00\x00\x00\x00\x02", 6);
	bed_set(b, "paths", &index, &path);
	group = beats_group(b);
	group.owner_epoch = 0x509;
	group.owner_ns = now_ns;
	bed_set(b, "groups", &at, &group);
	bed_vip(b, BED_IFINDEX, "198.18.1.1", BEATS_GROUP, ours);
	bed_clock(b, now_ns);
}

/* `n` clients, none of which has sent before, one packet each: of how many is the daemon told? */
static unsigned int told(struct bed *b, unsigned int n)
{
	static uint32_t client;
	struct ipt_event ev[BED_EVENTS_MAX];
	uint32_t from_be32 = bed_ip("198.18.0.9"), to_be32 = bed_ip("198.18.1.1");
	uint8_t f[LEN] = {0};
	unsigned int said = 0;
	struct bed_run run;

	memcpy(f + 12, "\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06", 12);
	memcpy(f + 26, &from_be32, 4);
	memcpy(f + 30, &to_be32, 4);
	for (; n; n--) {
		uint64_t limited = bed_counter(b, CNT_stray_limited);
		unsigned int one;

		memcpy(f, ours, 6);
		memcpy(f + 6, "\x02\xcc", 2);
		client++;
		memcpy(f + 8, &client, 4);
		bed_run(b, BED_TAKEOVER, f, LEN, &run);
		assert_int_equal(run.verdict, XDP_TX);
		one = (unsigned int)bed_events(b, ev, 0);
		assert_int_equal(one + bed_counter(b, CNT_stray_limited) - limited, 1);
		said += one;
	}
	return said;
}

static void test_budget(void **state)
{
	uint64_t now_ns = bed_now_ns() + BED_SECOND_NS;
	struct bed *b = *state;

	given(b, now_ns);
	assert_int_equal(told(b, 3 * BURST), BURST);
	bed_clock(b, now_ns + STEP_NS - 1);
	assert_int_equal(told(b, 1), 0);
	bed_clock(b, now_ns + STEP_NS);
	assert_int_equal(told(b, 2), 1);
	bed_clock(b, now_ns + 11 * STEP_NS);
	assert_int_equal(told(b, 20), 10);
	bed_clock(b, now_ns + 500 * STEP_NS);
	assert_int_equal(told(b, 2 * BURST), BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_budget, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
