/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One look at what the kernel tells is bounded, so that a flood of it does not keep the loop from its heartbeats. */
#include <poll.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bed.h"
#include "kern/kern_int.h"

#define CLAIMS 150
#define LOOK 64 /* events that one look takes at most */

static void on_event(const struct ipt_event *ev, void *arg)
{
	unsigned int *seen = arg;

	assert_int_equal(ev->type, IPT_EV_RIVAL);
	++*seen;
}

/* A claim in a gratuitous reply; the group has reported none before, so this one is. */
static void claim(struct bed *b)
{
	static const uint8_t foreign[6] = {2, 0, 0, 0, 0, 0xbb};
	struct ipt_group none = {.name = "web"};
	uint32_t index = 0, ip_be32 = bed_ip("198.18.1.1");
	uint8_t f[60] = {0};
	struct bed_run ret;

	bed_set(b, "groups", &index, &none);
	memset(f, 255, 6);
	memcpy(f + 6, foreign, 6);
	memcpy(f + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10);
	memcpy(f + 22, foreign, 6);
	memcpy(f + 28, &ip_be32, 4);
	memcpy(f + 38, &ip_be32, 4);
	bed_run(b, BED_TAKEOVER, f, sizeof(f), &ret);
}

static bool more(struct kern *k)
{
	struct pollfd p = {.fd = kern_events_fd(k), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void test_bounded(void **state)
{
	static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
	struct bed *b = *state;
	struct kern k = {0};
	unsigned int seen = 0, looks = 0;

	bed_vip(b, BED_IFINDEX, "198.18.1.1", 0, ours);
	k.map[KMAP_EVENTS] = bed_map_fd(b, "events");
	assert_int_equal(kern_events_open(&k, on_event, &seen), 0);
	assert_false(more(&k));
	for (int i = 0; i < CLAIMS; i++)
		claim(b);
	while (seen < CLAIMS) {
		looks++;
		assert_true(more(&k));
		kern_events_fetch(&k);
		assert_int_equal(seen, looks * LOOK < CLAIMS ? looks * LOOK : CLAIMS);
	}
	assert_false(more(&k));
	ring_buffer__free(k.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bounded, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
