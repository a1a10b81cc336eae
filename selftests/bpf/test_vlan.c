/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both programs on the interface below VLAN devices: whose address, whose answer, whose heartbeat; in which network. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include <bpf/bpf.h>
#include "beats.h"
#include "bed.h"
#include "beside.skel.h"
#include "nd_frame.h"

#define MAC_BELOW "\x02\x00\x00\x00\x00\x01"
#define MAC_OURS "\x02\x00\x00\x00\x00\x07"
#define MAC_CLIENT "\x02\x00\x00\x00\x00\xaa"
#define MAC_ALL "\xff\xff\xff\xff\xff\xff"
#define MAC_ZERO "\x00\x00\x00\x00\x00\x00"
#define VIP "198.18.1.1"
#define IP_VIP "\xc6\x12\x01\x01"
#define IP_CLIENT "\xc6\x12\x00\x09"
#define ARP_IPV4 "\x08\x06\x00\x01\x08\x00\x06\x04"

#define VLAN7 20 /* interfaces, upon BED_IFINDEX */
#define VLAN8 21
#define DOUBLE 22 /* in two tags */
#define TAG7 "\x81\x00\xa0\x07" /* priority 5 */
#define TAG8 "\x81\x00\x00\x08"
#define TAG9 "\x81\x00\x00\x09"
#define OUTER "\x88\xa8\x60\x07"
#define PRIORITY "\x81\x00\xe0\x00"

static const char request[] = MAC_ALL MAC_CLIENT ARP_IPV4
	"\x00\x01" MAC_CLIENT IP_CLIENT MAC_ZERO IP_VIP "eighteen padding.\n";
static const char answer[] = MAC_CLIENT MAC_OURS ARP_IPV4
	"\x00\x02" MAC_OURS IP_VIP MAC_CLIENT IP_CLIENT "eighteen padding.\n";

static void tagged(struct nd_frame *f, const char *frame, const char *tags, size_t n)
{
	memcpy(f->bytes, frame, 60);
	f->len = 60;
	if (n)
		nd_tag(f, tags, 4 * n);
}

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

static void vlan(struct bed *b, uint32_t ifindex, uint32_t outer, uint32_t inner)
{
	struct ipt_vlan_key key = {.below = BED_IFINDEX, .outer = outer, .inner = inner};

	bed_set(b, "vlans", &key, &ifindex);
}

/* The same address in two VLANs and in two tags: of groups 0, 1 and 2. Nothing below. */
static void given(struct bed *b)
{
	vlan(b, VLAN7, 0x81000007, 0);
	vlan(b, VLAN8, 0x81000008, 0);
	vlan(b, DOUBLE, 0x88a80007, 0x81000008);
	bed_vip(b, VLAN7, VIP, 0, (const uint8_t *)MAC_OURS);
	bed_vip(b, VLAN8, VIP, 1, (const uint8_t *)MAC_OURS);
	bed_vip(b, DOUBLE, VIP, 2, (const uint8_t *)MAC_OURS);
	for (uint32_t i = 0; i < 4; i++)
		bed_lease(b, i, 0);
}

static const struct {
	const char *what, *tags;
	size_t n;
	int group; /* negative: no floating address */
} ways[] = {
	{"untagged", "", 0, -1},
	{"priority alone", PRIORITY, 1, -1},
	{"VLAN 7", TAG7, 1, 0},
	{"VLAN 8", TAG8, 1, 1},
	{"VLAN 9", TAG9, 1, -1},
	{"VLAN 7 behind a priority", PRIORITY TAG7, 2, 0},
	{"a priority in VLAN 7", TAG7 PRIORITY, 2, 0},
	{"the other protocol", OUTER, 1, -1},
	{"two tags", OUTER TAG8, 2, 2},
	{"two tags, a priority between", OUTER PRIORITY TAG8, 3, 2},
	{"two tags the other way round", TAG8 OUTER, 2, 1 | 0x100},
	{"VLAN 9 in VLAN 7", TAG7 TAG9, 2, 0 | 0x100},
	{"three tags", OUTER TAG8 TAG9, 3, -1},
	{"VLAN 9 and 8 in VLAN 7", TAG7 TAG9 TAG8, 3, 0 | 0x100},
};

#define DEEPER 0x100 /* in a network of which only the outer tag is ours */

static void expect_answer(struct bed *b, size_t way)
{
	struct nd_frame in, out;
	struct bed_run run;

	tagged(&in, request, ways[way].tags, ways[way].n);
	tagged(&out, answer, ways[way].tags, ways[way].n);
	bed_run(b, BED_TAKEOVER, in.bytes, in.len, &run);
	if (run.verdict != XDP_TX || run.len != out.len || memcmp(run.bytes, out.bytes, out.len))
		fail_msg("%s: not answered as it should be", ways[way].what);
	assert_int_equal(bed_counted(b, ways[way].what), BIT(arp_answer));
}

static void test_arp(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int group = ways[i].group;

		given(b);
		tagged(&f, request, ways[i].tags, ways[i].n);
		if (group < 0) {
			bed_expect(b, BED_TAKEOVER, ways[i].what, f.bytes, f.len, XDP_PASS,
				   BIT(pass));
			continue;
		}
		/* The others' leases do not help. */
		for (int g = 0; g < 3; g++)
			bed_lease(b, (uint32_t)g, g == (group & 0xff) ? 0 : live());
		bed_expect(b, BED_TAKEOVER, ways[i].what, f.bytes, f.len, XDP_DROP,
			   BIT(arp_fenced));
		for (int g = 0; g < 3; g++)
			bed_lease(b, (uint32_t)g, g == (group & 0xff) ? live() : 0);
		if (group & DEEPER)
			bed_expect(b, BED_TAKEOVER, ways[i].what, f.bytes, f.len, XDP_PASS,
				   BIT(arp_tagged));
		else
			expect_answer(b, i);
	}
}

/* The address of the interface below is asked for in a VLAN of ours: the kernel, which would answer, must not. */
static void test_below(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	vlan(b, VLAN7, 0x81000007, 0);
	bed_vip(b, BED_IFINDEX, VIP, 3, (const uint8_t *)MAC_BELOW);
	tagged(&f, request, TAG7, 1);
	bed_lease(b, 3, 0);
	bed_expect(b, BED_TAKEOVER, "below, closed", f.bytes, f.len, XDP_DROP, BIT(arp_fenced));
	bed_lease(b, 3, live());
	bed_expect(b, BED_TAKEOVER, "below, open", f.bytes, f.len, XDP_PASS, BIT(arp_tagged));
	/* In both: the VLAN's is what is meant. */
	bed_vip(b, VLAN7, VIP, 0, (const uint8_t *)MAC_OURS);
	bed_lease(b, 0, 0);
	bed_expect(b, BED_TAKEOVER, "in both", f.bytes, f.len, XDP_DROP, BIT(arp_fenced));
	bed_lease(b, 0, live());
	bed_lease(b, 3, 0);
	expect_answer(b, 2);
	tagged(&f, request, "", 0);
	bed_expect(b, BED_TAKEOVER, "in both, untagged", f.bytes, f.len, XDP_DROP, BIT(arp_fenced));
}

static void test_rival(void **state)
{
	static const char claim[] = MAC_ALL MAC_CLIENT ARP_IPV4
		"\x00\x02" MAC_CLIENT IP_VIP MAC_ALL IP_VIP "eighteen padding.\n";
	struct ipt_event events[BED_EVENTS_MAX];
	struct ipt_group group = {.name = "web"};
	struct bed *b = *state;
	uint32_t zero = 0;
	struct nd_frame f;

	given(b);
	bed_set(b, "groups", &zero, &group);
	bed_lease(b, 0, live());
	tagged(&f, claim, TAG7, 1);
	bed_expect(b, BED_TAKEOVER, "in our VLAN", f.bytes, f.len, XDP_PASS,
		   BIT(arp_rival) | BIT(pass));
	assert_int_equal(bed_events(b, events, 1000), 1);
	assert_int_equal(events[0].type, IPT_EV_RIVAL);
	assert_int_equal(events[0].ifindex, VLAN7);
	tagged(&f, claim, TAG9, 1);
	bed_expect(b, BED_TAKEOVER, "in another", f.bytes, f.len, XDP_PASS, BIT(pass));
}

static void test_ipv6(void **state)
{
	struct bed *b = *state;
	struct bed_run run;
	struct nd_frame f;

	given(b);
	bed_vip(b, VLAN7, "2001:db8::10", 0, (const uint8_t *)MAC_OURS);
	nd_message(&f, "\x33\x33\xff\x00\x00\x10", MAC_CLIENT, "2001:db8::99", "ff02::1:ff00:10",
		   135, 0, "2001:db8::10", "\x01\x01" MAC_CLIENT, 8);
	nd_tag(&f, TAG7, 4);
	bed_expect(b, BED_TAKEOVER, "closed", f.bytes, f.len, XDP_DROP, BIT(nd_fenced));
	bed_lease(b, 0, live());
	bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(bed_counted(b, "answer"), BIT(nd_answer));
	assert_memory_equal(run.bytes, MAC_CLIENT MAC_OURS TAG7 "\x86\xdd", 18);
	assert_int_equal(nd_sum(run.bytes + 18), 0xffff);
	memcpy(f.bytes + 12, TAG9, 4);
	bed_expect(b, BED_TAKEOVER, "in another VLAN", f.bytes, f.len, XDP_PASS, BIT(pass));
}

/* A way to a peer whose interface is a VLAN device; the same frame in no VLAN or in another one is none of that way. */
static void test_heartbeat(void **state)
{
	struct bed *b = *state;
	struct beats_frame good;
	struct ipt_path_key key;
	struct ipt_path path;
	struct nd_frame f;
	struct beat beat;
	uint32_t index = BEATS_PATH;

	beats_given(b);
	vlan(b, VLAN7, 0x81000007, 0);
	path = beats_path_record(b, BEATS_PATH);
	key = (struct ipt_path_key){VLAN7, path.local, path.addr};
	bed_set(b, "path_ids", &key, &index);
	key.ifindex = BED_IFINDEX;
	assert_int_equal(bpf_map_delete_elem(bed_map_fd(b, "path_ids"), &key), 0);
	memset(&key.addr, 0, sizeof(key.addr));
	(void)bpf_map_delete_elem(bed_map_fd(b, "path_ids"), &key);
	beats_good(&beat, HB_BACKUP, 0x100);
	beats_wrap(&beat, &good);
	bed_expect(b, BED_TAKEOVER, "untagged", good.bytes, good.len, XDP_PASS, BIT(pass));
	memcpy(f.bytes, good.bytes, good.len);
	f.len = good.len;
	nd_tag(&f, TAG9, 4);
	bed_expect(b, BED_TAKEOVER, "in VLAN 9", f.bytes, f.len, XDP_PASS, BIT(pass));
	memcpy(f.bytes + 12, TAG7, 4);
	bed_expect(b, BED_TAKEOVER, "in VLAN 7", f.bytes, f.len, XDP_DROP, BIT(hb_accept));
}

/* What leaves, with its tags in the frame. */
static void test_fence(void **state)
{
	struct bed *b = *state;
	struct nd_frame f;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int group = ways[i].group;

		given(b);
		tagged(&f, answer, ways[i].tags, ways[i].n);
		for (int g = 0; g < 3; g++)
			bed_lease(b, (uint32_t)g, g == (group & 0xff) ? 0 : live());
		bed_expect(b, BED_FENCE, ways[i].what, f.bytes, f.len,
			   group < 0 ? TC_ACT_UNSPEC : TC_ACT_SHOT,
			   group < 0 ? BIT(pass) : BIT(out_arp_fenced));
		if (group < 0)
			continue;
		bed_lease(b, (uint32_t)group & 0xff, live());
		bed_expect(b, BED_FENCE, ways[i].what, f.bytes, f.len, TC_ACT_UNSPEC, BIT(out_arp));
	}
}

/* The same with the outer tag beside the frame, where the kernel keeps it for a card that puts it in. */
static void test_fence_beside(void **state)
{
	static const struct {
		const char *what;
		uint16_t proto, vid;
		const char *tags;
		size_t n;
		int verdict;
		uint64_t counters;
	} cases[] = {
		{"VLAN 7", ETH_P_8021Q, 0xa007, "", 0, TC_ACT_SHOT, BIT(out_arp_fenced)},
		{"VLAN 8", ETH_P_8021Q, 8, "", 0, TC_ACT_UNSPEC, BIT(out_arp)},
		{"VLAN 9", ETH_P_8021Q, 9, "", 0, TC_ACT_UNSPEC, BIT(pass)},
		{"the other protocol", ETH_P_8021AD, 7, "", 0, TC_ACT_UNSPEC, BIT(pass)},
		{"two tags", ETH_P_8021AD, 7, TAG8, 1, TC_ACT_SHOT, BIT(out_arp_fenced)},
		{"a priority beside, VLAN 7", ETH_P_8021Q, 0xe000, TAG7, 1, TC_ACT_SHOT,
		 BIT(out_arp_fenced)},
	};
	struct bed *b = *state;
	struct beside_bpf *beside = beside_bpf__open_and_load();
	struct nd_frame f;

	assert_non_null(beside);
	bed_in_front(b, bpf_program__fd(beside->progs.beside),
		     bpf_map__fd(beside->maps.beside_next));
	given(b);
	bed_lease(b, 1, live());
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tagged(&f, answer, cases[i].tags, cases[i].n);
		beside->bss->beside_tag = (uint32_t)htons(cases[i].proto) << 16 | cases[i].vid;
		bed_expect(b, BED_FENCE, cases[i].what, f.bytes, f.len, cases[i].verdict,
			   cases[i].counters);
	}
	bed_in_front(b, 0, 0);
	beside_bpf__destroy(beside);
}

/* Packets to and from an address that floats in two VLANs and below: each place has its own lease, in both directions. */
static void test_same_address(void **state)
{
	static const char to[] = MAC_OURS MAC_CLIENT
		"\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06\x00\x00" IP_CLIENT IP_VIP
		"twenty-six bytes of nothing";
	static const char from[] = MAC_CLIENT MAC_OURS
		"\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06\x00\x00" IP_VIP IP_CLIENT
		"twenty-six bytes of nothing";
	static const struct {
		const char *what, *tags;
		size_t n;
		uint32_t group;
	} places[] = {{"VLAN 7", TAG7, 1, 0}, {"VLAN 8", TAG8, 1, 1}, {"below", "", 0, 3}};
	struct bed *b = *state;
	struct nd_frame f;

	for (size_t i = 0; i < 9; i++) {
		size_t at = i % 3, open = i / 3;

		given(b);
		bed_vip(b, BED_IFINDEX, VIP, 3, (const uint8_t *)MAC_OURS);
		bed_lease(b, places[open].group, live());
		tagged(&f, to, places[at].tags, places[at].n);
		bed_expect(b, BED_TAKEOVER, places[at].what, f.bytes, f.len,
			   at == open ? XDP_PASS : XDP_DROP,
			   at == open ? BIT(ip_accept) : BIT(ip_fenced));
		tagged(&f, from, places[at].tags, places[at].n);
		bed_expect(b, BED_FENCE, places[at].what, f.bytes, f.len,
			   at == open ? TC_ACT_UNSPEC : TC_ACT_SHOT,
			   at == open ? BIT(out_ip) : BIT(out_ip_fenced));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_arp, bed_reset),
		cmocka_unit_test_setup(test_below, bed_reset),
		cmocka_unit_test_setup(test_rival, bed_reset),
		cmocka_unit_test_setup(test_ipv6, bed_reset),
		cmocka_unit_test_setup(test_heartbeat, bed_reset),
		cmocka_unit_test_setup(test_fence, bed_reset),
		cmocka_unit_test_setup(test_fence_beside, bed_reset),
		cmocka_unit_test_setup(test_same_address, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
