/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A peer owns the group: strays sent on to it, ARP in its name let out. Else nothing of that. */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include "beats.h"

#define LEN 60
#define LEASE_NS (10 * BED_SECOND_NS)
#define OUR_EPOCH 0x401ull
#define THEIR_EPOCH 0x509ull /* of node 9, the peer */
#define OTHER_PATH (BEATS_PATH + 1)

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t nobody[6] = {2, 0, 0, 0, 0, 3}; /* nobody's */
static const uint8_t third[6] = {2, 0, 0, 0, 0, 4}; /* another member's */
static const uint8_t client[6] = {2, 0, 0, 0, 0, 0xcc};
static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};

/* What a case may change. */
struct world {
	struct ipt_self self;
	struct ipt_peer rec;
	struct ipt_path path, other;
	struct ipt_group group;
	uint64_t word, drain_ns;
	uint8_t frame[LEN + 4];
	size_t len;
};

static void put(struct bed *b, const struct world *w)
{
	uint32_t zero = 0, peer = BEATS_PEER, group = BEATS_GROUP, path = BEATS_PATH,
		 other = OTHER_PATH;

	bed_set(b, "self", &zero, &w->self);
	bed_set(b, "peers", &peer, &w->rec);
	bed_set(b, "paths", &path, &w->path);
	bed_set(b, "paths", &other, &w->other);
	bed_set(b, "groups", &group, &w->group);
	bed_set(b, "drain", &group, &w->drain_ns);
	bed_lease(b, BEATS_GROUP, w->word);
}

/* The peer owns the group and has just said so; our gate is closed. */
static void given(struct bed *b, struct world *w)
{
	uint32_t zero = 0;

	beats_given(b);
	beats_self(b, BEATS_LONG_NS, LEASE_NS, 0);
	beats_path(b, OTHER_PATH, "198.19.0.1", "198.19.0.4", 0);
	memset(w, 0, sizeof(*w));
	bed_get(b, "self", &zero, &w->self);
	w->rec = beats_record(b);
	w->path = beats_path_record(b, BEATS_PATH);
	memcpy(w->path.mac, theirs, 6);
	w->other = beats_path_record(b, OTHER_PATH);
	w->other.node = 7;
	memcpy(w->other.mac, third, 6);
	w->group = beats_group(b);
	w->group.binding[1].epoch = OUR_EPOCH;
	w->group.owner_epoch = THEIR_EPOCH;
	w->group.owner_ns = bed_now_ns();
	w->word = 3;
	bed_vip(b, BED_IFINDEX, "198.18.1.1", BEATS_GROUP, ours);
}

static uint64_t stale_ns(void)
{
	return bed_now_ns() - judge_g_ns(LEASE_NS, 0, 0);
}

/* TCP, enough of it. */
static void packet(struct world *w, const uint8_t dst[6], const uint8_t src[6])
{
	uint32_t from_be32 = bed_ip("198.18.0.9"), to_be32 = bed_ip("198.18.1.1");

	memcpy(w->frame, dst, 6);
	memcpy(w->frame + 6, src, 6);
	memcpy(w->frame + 12, "\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06", 12);
	memcpy(w->frame + 26, &from_be32, 4);
	memcpy(w->frame + 30, &to_be32, 4);
	w->len = LEN;
}

static void tag(struct world *w)
{
	memmove(w->frame + 16, w->frame + 12, LEN - 12);
	memcpy(w->frame + 12, "\x81\x00\x00\x07", 4);
	w->len = LEN + 4;
}

/* --- ways in which the world may differ: all make the owner unknown ------------------------------ */

static void never_heard(struct world *w)
{
	w->group.owner_ns = 0;
}

static void silent(struct world *w)
{
	w->group.owner_ns = stale_ns();
}

static void same_epoch(struct world *w)
{
	w->group.binding[0].epoch = THEIR_EPOCH;
}

static void lower_epoch(struct world *w)
{
	w->group.binding[1].epoch = THEIR_EPOCH + 256;
}

static void own_epoch(struct world *w)
{
	w->group.owner_epoch = 0x501;
	w->path.node = 1;
}

static void elsewhere(struct world *w)
{
	w->path.ifindex++;
}

static void no_mac(struct world *w)
{
	memset(w->path.mac, 0, 6);
}

static void our_mac(struct world *w)
{
	memcpy(w->path.mac, ours, 6);
}

static void path_gone(struct world *w)
{
	w->path.ifindex = 0;
}

static const struct {
	const char *what;
	void (*change)(struct world *w);
} unknown[] = {
	{"never heard", never_heard},
	{"silent for G", silent},
	{"of our own epoch", same_epoch},
	{"below our epoch", lower_epoch},
	{"ourselves", own_epoch},
	{"on another interface", elsewhere},
	{"no frame of it by this path", no_mac},
	{"under our MAC", our_mac},
	{"no longer configured", path_gone},
};

/* --- strays ---------------------------------------------------------------------------------------- */

static void expect_forward(struct bed *b, const char *what, const struct world *w)
{
	struct bed_run run;

	bed_run(b, BED_TAKEOVER, w->frame, w->len, &run);
	if (run.verdict != XDP_TX || bed_counted(b, what) != BIT(ip_forward))
		fail_msg("%s: not forwarded", what);
	assert_int_equal(run.len, w->len);
	assert_memory_equal(run.bytes, theirs, 6);
	assert_memory_equal(run.bytes + 6, ours, 6);
	assert_memory_equal(run.bytes + 12, w->frame + 12, w->len - 12);
}

static void test_forward(void **state)
{
	struct world w;

	given(*state, &w);
	packet(&w, ours, client);
	put(*state, &w);
	expect_forward(*state, "fresh", &w);
	w.word = bed_now_ns();
	put(*state, &w);
	expect_forward(*state, "our lease has just ended", &w);
	w.group.owner_ns = stale_ns();
	w.rec.hold_us_max = 1000000000;
	put(*state, &w);
	expect_forward(*state, "silent, but within the lease that it announced", &w);
	w.drain_ns = bed_now_ns();
	put(*state, &w);
	expect_forward(*state, "drained", &w);
}

/* Two addresses, the second dead since before the peer got another network card. */
static void test_newest_way_wins(void **state)
{
	static const uint8_t old[6] = {2, 0, 0, 0, 0, 9};
	struct world w;

	given(*state, &w);
	w.path.proven_ns = bed_now_ns();
	w.other = w.path;
	w.other.proven_ns -= 1000;
	memcpy(w.other.mac, old, 6);
	packet(&w, ours, client);
	put(*state, &w);
	expect_forward(*state, "the first is newer", &w);
	w.path.proven_ns = w.other.proven_ns - 1000;
	memcpy(w.path.mac, old, 6);
	memcpy(w.other.mac, theirs, 6);
	put(*state, &w);
	expect_forward(*state, "the second is newer", &w);
}

static void test_no_owner_to_forward_to(void **state)
{
	struct world w;

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		given(*state, &w);
		packet(&w, ours, client);
		unknown[i].change(&w);
		put(*state, &w);
		bed_expect(*state, BED_TAKEOVER, unknown[i].what, w.frame, LEN, XDP_DROP,
			   BIT(ip_fenced));
	}
}

static void test_not_forwarded(void **state)
{
	static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
	static const struct {
		const char *what;
		const uint8_t *dst, *src;
		int verdict;
		uint64_t counters;
		bool told;
	} cases[] = {
		{"broadcast", all, client, XDP_DROP, BIT(ip_fenced), false},
		{"multicast", group, client, XDP_DROP, BIT(ip_fenced), false},
		{"from a group address", ours, group, XDP_DROP, BIT(ip_fenced), false},
		{"not to us", client, client, XDP_PASS, BIT(not_ours), false},
		{"from the owner", ours, theirs, XDP_DROP, BIT(ip_forward_member), true},
		{"from a third member", ours, third, XDP_DROP, BIT(ip_forward_member), true},
		{"from ourselves", ours, ours, XDP_DROP, BIT(ip_forward_member), false},
	};
	struct ipt_event ev[BED_EVENTS_MAX];
	struct world w;

	given(*state, &w);
	put(*state, &w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet(&w, cases[i].dst, cases[i].src);
		bed_expect(*state, BED_TAKEOVER, cases[i].what, w.frame, LEN, cases[i].verdict,
			   cases[i].counters);
		assert_int_equal(bed_events(*state, ev, 0), cases[i].told);
	}
	packet(&w, ours, client);
	tag(&w);
	bed_expect(*state, BED_TAKEOVER, "tagged", w.frame, w.len, XDP_DROP, BIT(ip_fenced));
	assert_int_equal(bed_events(*state, ev, 0), 0);
}

static void test_lease_and_drain_come_first(void **state)
{
	struct world w;

	given(*state, &w);
	packet(&w, ours, client);
	w.drain_ns = bed_now_ns() + 100 * BED_SECOND_NS;
	put(*state, &w);
	bed_expect(*state, BED_TAKEOVER, "draining", w.frame, LEN, XDP_PASS, BIT(ip_drain));
	w.word = lease_word(w.drain_ns, 1);
	put(*state, &w);
	bed_expect(*state, BED_TAKEOVER, "ours", w.frame, LEN, XDP_PASS, BIT(ip_accept));
}

/* How many events a stray of `src` for `ip` makes; the event is checked. */
static int told(struct bed *b, struct world *w, const uint8_t src[6], const char *ip,
		uint32_t group)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	uint32_t ip_be32 = bed_ip(ip);
	int n;

	packet(w, ours, src);
	memcpy(w->frame + 30, &ip_be32, 4);
	expect_forward(b, ip, w);
	n = bed_events(b, ev, 0);
	if (!n)
		return 0;
	assert_int_equal(ev[0].type, IPT_EV_STRAY);
	assert_int_equal(ev[0].group, group);
	assert_int_equal(ev[0].peer, BEATS_PEER);
	assert_int_equal(ev[0].ifindex, BED_IFINDEX);
	assert_true(ev[0].addr.word_be32[3] == ip_be32);
	assert_memory_equal(ev[0].mac, src, 6);
	return n;
}

/* One event a second for each client and group. */
static void test_told_once(void **state)
{
	struct ipt_stray_key key = {.group = BEATS_GROUP};
	struct bed *b = *state;
	uint32_t second = BEATS_GROUP + 1;
	struct world w;
	uint64_t at_ns;

	given(b, &w);
	put(b, &w);
	bed_set(b, "groups", &second, &w.group);
	bed_vip(b, BED_IFINDEX, "198.18.1.2", BEATS_GROUP, ours);
	bed_vip(b, BED_IFINDEX, "198.18.1.3", second, ours);
	assert_int_equal(told(b, &w, client, "198.18.1.1", BEATS_GROUP), 1);
	memcpy(key.mac, client, 6);
	at_ns = bed_now_ns() + 100 * BED_SECOND_NS; /* however slow this machine is */
	bed_set(b, "strays", &key, &at_ns);
	assert_int_equal(told(b, &w, client, "198.18.1.1", BEATS_GROUP), 0);
	assert_int_equal(told(b, &w, client, "198.18.1.2", BEATS_GROUP), 0);
	assert_int_equal(told(b, &w, client, "198.18.1.3", second), 1);
	assert_int_equal(told(b, &w, (const uint8_t[6]){2, 9}, "198.18.1.1", BEATS_GROUP), 1);
	at_ns = bed_now_ns() - BED_SECOND_NS;
	bed_set(b, "strays", &key, &at_ns);
	assert_int_equal(told(b, &w, client, "198.18.1.1", BEATS_GROUP), 1);
	bed_get(b, "strays", &key, &at_ns);
	assert_true(at_ns > bed_now_ns() - BED_SECOND_NS);
}

/* --- ARP in the owner's name ------------------------------------------------------------------------ */

static void arp(struct world *w, const uint8_t dst[6], uint8_t oper, const uint8_t sha[6])
{
	frame_arp_build(w->frame, oper == 2 ? ARP_FORM_REPLY : ARP_FORM_REQUEST, sha,
			bed_ip("198.18.1.1"));
	memcpy(w->frame, dst, 6);
	memcpy(w->frame + 6, ours, 6);
	w->len = LEN;
}

static void test_tell_of_the_owner(void **state)
{
	struct world w;

	given(*state, &w);
	put(*state, &w);
	arp(&w, client, 2, theirs);
	bed_expect(*state, BED_FENCE, "reply to one", w.frame, LEN, TC_ACT_UNSPEC,
		   BIT(out_arp_owner));
	arp(&w, all, 1, theirs);
	bed_expect(*state, BED_FENCE, "request to all", w.frame, LEN, TC_ACT_UNSPEC,
		   BIT(out_arp_owner));
	arp(&w, client, 2, ours);
	bed_expect(*state, BED_FENCE, "our MAC", w.frame, LEN, TC_ACT_SHOT, BIT(out_arp_fenced));
	arp(&w, client, 2, nobody);
	bed_expect(*state, BED_FENCE, "a MAC that is nobody's", w.frame, LEN, TC_ACT_SHOT,
		   BIT(out_arp_fenced));
	arp(&w, client, 2, third);
	bed_expect(*state, BED_FENCE, "a third member's", w.frame, LEN, TC_ACT_SHOT,
		   BIT(out_arp_fenced));
	arp(&w, client, 2, theirs);
	tag(&w);
	bed_expect(*state, BED_FENCE, "tagged", w.frame, w.len, TC_ACT_SHOT, BIT(out_arp_fenced));
	w.word = lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
	put(*state, &w);
	arp(&w, client, 2, ours);
	bed_expect(*state, BED_FENCE, "ours", w.frame, LEN, TC_ACT_UNSPEC, BIT(out_arp));
}

static void test_no_owner_to_tell_of(void **state)
{
	struct world w;

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		given(*state, &w);
		arp(&w, client, 2, theirs);
		unknown[i].change(&w);
		put(*state, &w);
		bed_expect(*state, BED_FENCE, unknown[i].what, w.frame, LEN, TC_ACT_SHOT,
			   BIT(out_arp_fenced));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_forward, bed_reset),
		cmocka_unit_test_setup(test_newest_way_wins, bed_reset),
		cmocka_unit_test_setup(test_no_owner_to_forward_to, bed_reset),
		cmocka_unit_test_setup(test_not_forwarded, bed_reset),
		cmocka_unit_test_setup(test_lease_and_drain_come_first, bed_reset),
		cmocka_unit_test_setup(test_told_once, bed_reset),
		cmocka_unit_test_setup(test_tell_of_the_owner, bed_reset),
		cmocka_unit_test_setup(test_no_owner_to_tell_of, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
