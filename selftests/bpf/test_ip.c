/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4 to and from a floating address: lease and drain decide, on the way in and on the way out. */
#include <linux/pkt_cls.h>
#include <string.h>
#include "bed.h"

#define GROUP 5
#define LEN 60
#define UNSPEC TC_ACT_UNSPEC

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer[6] = {2, 0, 0, 0, 0, 0xaa};
static const uint8_t bound[6] = {2, 0, 0, 0, 0, 0xcc};

/* TCP, enough of it. */
static void packet(uint8_t f[LEN], const uint8_t dst[6], const char *from, const char *to)
{
	uint32_t from_be32 = bed_ip(from), to_be32 = bed_ip(to);

	memset(f, 0, LEN);
	memcpy(f, dst, 6);
	memcpy(f + 6, peer, 6);
	memcpy(f + 12, "\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06", 12);
	memcpy(f + 26, &from_be32, 4);
	memcpy(f + 30, &to_be32, 4);
}

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

static void given(struct bed *b, uint64_t word, uint64_t drain_ns)
{
	uint32_t index = GROUP;

	bed_vip(b, BED_IFINDEX, "198.18.1.1", GROUP, ours);
	bed_lease(b, GROUP, word);
	bed_set(b, "drain", &index, &drain_ns);
}

static void test_lease_and_drain(void **state)
{
	const uint64_t now_ns = bed_now_ns(), later_ns = now_ns + 100 * BED_SECOND_NS;
	const struct {
		const char *what;
		uint64_t word, drain_ns;
		int in;
		uint64_t in_counters;
		int out;
		uint64_t out_counters;
	} cases[] = {
		{"live", later_ns, 0, XDP_PASS, BIT(ip_accept), UNSPEC, BIT(out_ip)},
		{"by hand", LEASE_MANUAL, 0, XDP_PASS, BIT(ip_accept), UNSPEC, BIT(out_ip)},
		{"live and draining", later_ns, later_ns, XDP_PASS, BIT(ip_accept), UNSPEC,
		 BIT(out_ip)},
		{"draining", 3, later_ns, XDP_PASS, BIT(ip_drain), UNSPEC, BIT(out_ip)},
		{"drained", 3, now_ns - BED_SECOND_NS, XDP_DROP, BIT(ip_fenced), TC_ACT_SHOT,
		 BIT(out_ip_fenced)},
		{"never held", 0, 0, XDP_DROP, BIT(ip_fenced), TC_ACT_SHOT, BIT(out_ip_fenced)},
		{"ended", now_ns, 0, XDP_DROP, BIT(ip_fenced), TC_ACT_SHOT, BIT(out_ip_fenced)},
	};
	uint8_t in[LEN], out[LEN];

	packet(in, ours, "198.18.0.9", "198.18.1.1");
	packet(out, peer, "198.18.1.1", "198.18.0.9");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		given(*state, cases[i].word, cases[i].drain_ns);
		bed_expect(*state, BED_TAKEOVER, cases[i].what, in, LEN, cases[i].in,
			   cases[i].in_counters);
		bed_expect(*state, BED_FENCE, cases[i].what, out, LEN, cases[i].out,
			   cases[i].out_counters);
	}
}

/* A request that came in just before the drain ended: its answer gets out for as long as frames may take. */
static void test_edge_of_drain(void **state)
{
	const uint64_t settle_ns = 10 * BED_SECOND_NS, now_ns = bed_now_ns();
	struct ipt_self self = {.settle_ns = settle_ns};
	uint8_t in[LEN], out[LEN];
	uint32_t zero = 0;

	packet(in, ours, "198.18.0.9", "198.18.1.1");
	packet(out, peer, "198.18.1.1", "198.18.0.9");
	bed_set(*state, "self", &zero, &self);
	given(*state, 3, now_ns - BED_SECOND_NS);
	bed_expect(*state, BED_TAKEOVER, "in: over", in, LEN, XDP_DROP, BIT(ip_fenced));
	bed_expect(*state, BED_FENCE, "out: within settle", out, LEN, UNSPEC, BIT(out_ip));
	given(*state, 3, now_ns - settle_ns - BED_SECOND_NS);
	bed_expect(*state, BED_FENCE, "out: over", out, LEN, TC_ACT_SHOT, BIT(out_ip_fenced));
	self.settle_ns = 0;
	bed_set(*state, "self", &zero, &self);
	given(*state, 3, now_ns - BED_SECOND_NS);
	bed_expect(*state, BED_FENCE, "out: a millisecond at least, no more", out, LEN, TC_ACT_SHOT,
		   BIT(out_ip_fenced));
}

static void test_destination_mac(void **state)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
	static const uint8_t zero[6];
	const struct {
		const char *what;
		const uint8_t *mac;
		int verdict;
		uint64_t counters;
	} cases[] = {
		{"ours", ours, XDP_DROP, BIT(ip_fenced)},
		{"a binding's", bound, XDP_DROP, BIT(ip_fenced)},
		{"broadcast", all, XDP_DROP, BIT(ip_fenced)},
		{"multicast", group, XDP_DROP, BIT(ip_fenced)},
		{"somebody else's", peer, XDP_PASS, BIT(not_ours)},
		{"zero", zero, XDP_PASS, BIT(not_ours)},
	};
	struct ipt_group g = {.name = "web"};
	uint32_t index = GROUP;
	uint8_t f[LEN];

	memcpy(g.binding[0].mac, bound, 6);
	bed_set(*state, "groups", &index, &g);
	given(*state, 0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet(f, cases[i].mac, "198.18.0.9", "198.18.1.1");
		bed_expect(*state, BED_TAKEOVER, cases[i].what, f, LEN, cases[i].verdict,
			   cases[i].counters);
	}
}

static void test_foreign_traffic(void **state)
{
	uint8_t f[LEN];

	given(*state, 0, 0);
	packet(f, ours, "198.18.0.9", "198.18.1.2");
	bed_expect(*state, BED_TAKEOVER, "to another address", f, LEN, XDP_PASS, BIT(pass));
	packet(f, ours, "198.18.1.1", "198.18.0.9");
	bed_expect(*state, BED_TAKEOVER, "from the address", f, LEN, XDP_PASS, BIT(pass));
	packet(f, peer, "198.18.0.9", "198.18.1.1");
	bed_expect(*state, BED_FENCE, "out to the address", f, LEN, UNSPEC, BIT(pass));
	memcpy(f + 12, "\x86\xdd", 2);
	bed_expect(*state, BED_TAKEOVER, "IPv6", f, LEN, XDP_PASS, BIT(pass));
	bed_expect(*state, BED_FENCE, "IPv6", f, LEN, UNSPEC, BIT(pass));
}

static void test_truncated(void **state)
{
	uint8_t f[LEN];

	given(*state, 0, 0);
	packet(f, ours, "198.18.0.9", "198.18.1.1");
	for (size_t len = 14; len < 34; len++)
		bed_expect(*state, BED_TAKEOVER, "truncated", f, len, XDP_PASS, BIT(pass));
	for (size_t len = 34; len <= LEN; len++)
		bed_expect(*state, BED_TAKEOVER, "whole", f, len, XDP_DROP, BIT(ip_fenced));
}

/* What a fragment or an option hides is not what decides. */
static void test_fragments_and_options(void **state)
{
	uint8_t f[LEN];

	given(*state, 0, 0);
	packet(f, ours, "198.18.0.9", "198.18.1.1");
	f[20] = 0x20;
	bed_expect(*state, BED_TAKEOVER, "first fragment", f, LEN, XDP_DROP, BIT(ip_fenced));
	f[21] = 0x10;
	bed_expect(*state, BED_TAKEOVER, "fragment", f, LEN, XDP_DROP, BIT(ip_fenced));
	packet(f, ours, "198.18.0.9", "198.18.1.1");
	f[14] = 0x46;
	bed_expect(*state, BED_TAKEOVER, "options", f, LEN, XDP_DROP, BIT(ip_fenced));
}

static void test_tags(void **state)
{
	static const struct {
		const char *what, *tags;
		size_t len;
	} cases[] = {
		{"802.1Q", "\x81\x00\x00\x07", 4},
		{"QinQ", "\x88\xa8\x00\x07\x81\x00\x00\x08", 8},
		{"priority", "\x81\x00\xe0\x00", 4},
		{"four times priority",
		 "\x81\x00\x00\x00\x81\x00\x00\x00\x81\x00\x00\x00\x81\x00\x00\x00", 16},
		{"SNAP", "\x00\x36\xaa\xaa\x03\x00\x00\x00", 8},
	};
	uint8_t in[LEN], out[LEN], f[LEN + 16];

	packet(in, ours, "198.18.0.9", "198.18.1.1");
	packet(out, peer, "198.18.1.1", "198.18.0.9");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *what = cases[i].what;
		size_t len = cases[i].len;

		memcpy(f, in, 12);
		memcpy(f + 12, cases[i].tags, len);
		memcpy(f + 12 + len, in + 12, LEN - 12);
		given(*state, 0, 0);
		bed_expect(*state, BED_TAKEOVER, what, f, LEN + len, XDP_DROP, BIT(ip_fenced));
		given(*state, live(), 0);
		bed_expect(*state, BED_TAKEOVER, what, f, LEN + len, XDP_PASS, BIT(ip_accept));
		memcpy(f, out, 12);
		memcpy(f + 12 + len, out + 12, LEN - 12);
		bed_expect(*state, BED_FENCE, what, f, LEN + len, UNSPEC, BIT(out_ip));
		given(*state, 0, 0);
		bed_expect(*state, BED_FENCE, what, f, LEN + len, TC_ACT_SHOT, BIT(out_ip_fenced));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lease_and_drain, bed_reset),
		cmocka_unit_test_setup(test_edge_of_drain, bed_reset),
		cmocka_unit_test_setup(test_destination_mac, bed_reset),
		cmocka_unit_test_setup(test_foreign_traffic, bed_reset),
		cmocka_unit_test_setup(test_truncated, bed_reset),
		cmocka_unit_test_setup(test_fragments_and_options, bed_reset),
		cmocka_unit_test_setup(test_tags, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
