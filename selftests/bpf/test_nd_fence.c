/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The egress program on IPv6: nothing leaves in the name of a floating address without the lease. */
#include <linux/pkt_cls.h>
#include <string.h>
#include "bed.h"
#include "nd_frame.h"

#define MAC_OURS "\x02\x00\x00\x00\x00\x01"
#define MAC_PEER "\x02\x00\x00\x00\x00\x02"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_ALL_NODES "\x33\x33\x00\x00\x00\x01"
#define VIP "2001:db8::10"
#define HOST "2001:db8::1"
#define CLIENT "2001:db8::99"
#define SOLICIT 135
#define ADVERT 136
#define F_O 0x20000000u

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

static void given(struct bed *b, uint64_t word)
{
	bed_vip(b, BED_IFINDEX, VIP, 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, word);
}

static void expect(struct bed *b, const char *what, const struct nd_frame *f, int verdict,
		   uint64_t counters)
{
	bed_expect(b, BED_FENCE, what, f->bytes, f->len, verdict, counters);
}

static void advert(struct nd_frame *f, const char *from, const char *mac)
{
	char option[8] = "\x02\x01";

	memcpy(option + 2, mac, 6);
	nd_message(f, MAC_ALL_NODES, MAC_OURS, from, "ff02::1", ADVERT, F_O, VIP, option, 8);
}

static void test_advertisements(void **state)
{
	static const uint8_t header[8] = {0};
	struct bed *b = *state;
	struct nd_frame f;

	advert(&f, VIP, MAC_OURS);
	given(b, live());
	expect(b, "under the lease", &f, TC_ACT_UNSPEC, BIT(out_nd));
	given(b, 0);
	expect(b, "without", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
	advert(&f, HOST, MAC_OURS);
	expect(b, "sent from an address of the host", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
	for (int i = 0; i < 16; i++)
		nd_extend(&f, 60, header, sizeof(header));
	expect(b, "behind sixteen headers", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
	nd_extend(&f, 0, header, sizeof(header));
	expect(b, "behind more than we read", &f, TC_ACT_SHOT, BIT(ext_refused));
	advert(&f, HOST, MAC_OURS);
	nd_tag(&f, "\x81\x00\x00\x07", 4);
	expect(b, "in a VLAN", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
}

/* To others that is a claim: the kernel must not ask whether the address is free while another has it. */
static void test_duplicate_detection(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	nd_message(&f, "\x33\x33\xff\x00\x00\x10", MAC_OURS, "::", "ff02::1:ff00:10", SOLICIT, 0,
		   VIP, NULL, 0);
	given(b, 0);
	expect(b, "without the lease", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
	given(b, live());
	expect(b, "under it", &f, TC_ACT_UNSPEC, BIT(out_nd));
	/* A question of the host's own, for an address that another has: its business. */
	nd_message(&f, "\x33\x33\xff\x00\x00\x10", MAC_OURS, HOST, "ff02::1:ff00:10", SOLICIT, 0,
		   VIP, "\x01\x01" MAC_OURS, 8);
	given(b, 0);
	expect(b, "the host asks for it", &f, TC_ACT_UNSPEC, BIT(pass));
}

static void test_traffic(void **state)
{
	static const uint8_t udp[16] = {0, 53, 0x12, 0x34, 0, 16}, header[8] = {0};
	struct bed *b = *state;
	struct nd_frame f;
	uint64_t until_ns;

	nd_ip6(&f, MAC_CLIENT, MAC_OURS, VIP, CLIENT, 17, udp, sizeof(udp));
	given(b, live());
	expect(b, "under the lease", &f, TC_ACT_UNSPEC, BIT(out_ip));
	given(b, 0);
	expect(b, "without", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
	nd_extend(&f, 44, header, sizeof(header));
	expect(b, "a fragment", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
	until_ns = bed_now_ns() + BED_SECOND_NS;
	bed_set(b, "drain", &(uint32_t){0}, &until_ns);
	expect(b, "in the drain", &f, TC_ACT_UNSPEC, BIT(out_ip));
	nd_ip6(&f, MAC_CLIENT, MAC_OURS, HOST, CLIENT, 17, udp, sizeof(udp));
	expect(b, "of the host itself", &f, TC_ACT_UNSPEC, BIT(pass));
	/* Not even now: whom it asks would take that MAC address for the floating address's. */
	nd_message(&f, MAC_CLIENT, MAC_OURS, VIP, CLIENT, SOLICIT, 0, CLIENT, "\x01\x01" MAC_OURS,
		   8);
	expect(b, "asks as the floating address in the drain", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
	given(b, live());
	expect(b, "under the lease", &f, TC_ACT_UNSPEC, BIT(out_ip));
	given(b, 0);
	bed_set(b, "drain", &(uint32_t){0}, &(uint64_t){0});
	expect(b, "asks as the floating address", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
}

/* What drains is traffic. Neighbour discovery is none, but what only looks like it in a later fragment is. */
static void test_drain(void **state)
{
	static const uint8_t later[8] = {0, 0, 0, 8}, first[8] = {0, 0, 0, 1};
	const uint64_t until_ns = bed_now_ns() + BED_SECOND_NS;
	struct bed *b = *state;
	struct nd_frame f;

	given(b, 0);
	bed_set(b, "drain", &(uint32_t){0}, &until_ns);
	for (uint8_t type = 132; type <= 138; type++) {
		int nd = type >= 133 && type <= 137;

		nd_message(&f, MAC_CLIENT, MAC_OURS, VIP, CLIENT, type, 0, CLIENT, NULL, 0);
		expect(b, "a message", &f, nd ? TC_ACT_SHOT : TC_ACT_UNSPEC,
		       nd ? BIT(out_ip_fenced) : BIT(out_ip));
	}
	nd_message(&f, MAC_CLIENT, MAC_OURS, VIP, CLIENT, SOLICIT, 0, CLIENT, NULL, 0);
	nd_extend(&f, 44, first, sizeof(first));
	expect(b, "a first fragment", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
	nd_message(&f, MAC_CLIENT, MAC_OURS, VIP, CLIENT, SOLICIT, 0, CLIENT, NULL, 0);
	nd_extend(&f, 44, later, sizeof(later));
	expect(b, "a later one", &f, TC_ACT_UNSPEC, BIT(out_ip));
}

/* Who has lost an address may say who has it, and nothing else. */
static void test_tells_the_owner(void **state)
{
	struct ipt_path path = {.ifindex = BED_IFINDEX, .addr = bed_addr("198.18.0.2"), .node = 2};
	struct ipt_self me = {.node = 1,
			      .lease_ns = BED_SECOND_NS,
			      .interval_ns = BED_SECOND_NS / 10};
	struct ipt_peer rec = {.node = 2};
	struct ipt_group g = {.name = "web"};
	struct bed *b = *state;
	struct nd_frame f;

	memcpy(path.mac, MAC_PEER, 6);
	path.proven_ns = rec.last_ns = g.owner_ns = bed_now_ns();
	g.owner_epoch = 5 << 8 | 2;
	given(b, 0);
	bed_set(b, "paths", &(uint32_t){0}, &path);
	bed_set(b, "self", &(uint32_t){0}, &me);
	bed_set(b, "peers", &(uint32_t){0}, &rec);
	bed_set(b, "groups", &(uint32_t){0}, &g);
	advert(&f, HOST, MAC_PEER);
	expect(b, "the owner's MAC", &f, TC_ACT_UNSPEC, BIT(out_nd_owner));
	advert(&f, VIP, MAC_PEER);
	expect(b, "in the address's own name", &f, TC_ACT_UNSPEC, BIT(out_nd_owner));
	bed_vip(b, BED_IFINDEX, "2001:db8::20", 1, (const uint8_t *)MAC_OURS);
	advert(&f, "2001:db8::20", MAC_PEER);
	expect(b, "in another's, which is not ours", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
	advert(&f, HOST, MAC_OURS);
	expect(b, "ours", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
	advert(&f, HOST, MAC_PEER);
	f.len += 8;
	expect(b, "something behind it", &f, TC_ACT_SHOT, BIT(out_nd_fenced));
}

/* An advertisement of an address that is ours, from one of a group that is not. */
static void test_source_of_another_group(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	given(b, live());
	bed_vip(b, BED_IFINDEX, "2001:db8::20", 1, (const uint8_t *)MAC_OURS);
	bed_lease(b, 1, 0);
	advert(&f, "2001:db8::20", MAC_OURS);
	expect(b, "without the source's lease", &f, TC_ACT_SHOT, BIT(out_ip_fenced));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_advertisements, bed_reset),
		cmocka_unit_test_setup(test_duplicate_detection, bed_reset),
		cmocka_unit_test_setup(test_traffic, bed_reset),
		cmocka_unit_test_setup(test_drain, bed_reset),
		cmocka_unit_test_setup(test_tells_the_owner, bed_reset),
		cmocka_unit_test_setup(test_source_of_another_group, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
