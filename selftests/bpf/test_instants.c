/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every time that the programs compare, a nanosecond before it, at it, after it: on which side the very instant lies. */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include "beats.h"

#define LEN 60
#define NOW_NS (1000000 * BED_SECOND_NS)
#define OUR_EPOCH 0x401ull
#define THEIR_EPOCH 0x509ull /* of node 9, the peer */
#define LEASE_NS (10 * BED_SECOND_NS)

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t client[6] = {2, 0, 0, 0, 0, 0xcc};

struct packet {
	uint8_t bytes[LEN];
};

static struct packet ip_packet(const char *from, const char *to)
{
	uint32_t from_be32 = bed_ip(from), to_be32 = bed_ip(to);
	struct packet p = {{0}};

	memcpy(p.bytes, ours, 6);
	memcpy(p.bytes + 6, client, 6);
	memcpy(p.bytes + 12, "\x08\x00\x45\x00\x00\x2e\x00\x00\x40\x00\x40\x06", 12);
	memcpy(p.bytes + 26, &from_be32, 4);
	memcpy(p.bytes + 30, &to_be32, 4);
	return p;
}

static struct packet arp_of(enum arp_form form, const uint8_t sha[6], const char *ip)
{
	struct packet p = {{0}};

	frame_arp_build(p.bytes, form, sha, bed_ip(ip));
	return p;
}

/* A question of the client's for the floating address. */
static struct packet arp_question(void)
{
	struct packet p = arp_of(ARP_FORM_REQUEST, client, "198.18.1.1");
	uint32_t from_be32 = bed_ip("198.18.0.9");

	memcpy(p.bytes + 28, &from_be32, 4);
	return p;
}

static void given(struct bed *b, uint64_t word)
{
	bed_clock(b, NOW_NS);
	beats_given(b);
	bed_vip(b, BED_IFINDEX, "198.18.1.1", BEATS_GROUP, ours);
	bed_lease(b, BEATS_GROUP, word);
}

static void expect(struct bed *b, enum bed_program program, const char *what,
		   const struct packet *p, int verdict, uint64_t counters)
{
	bed_expect(b, program, what, p->bytes, LEN, verdict, counters);
}

/* --- the lease: at its deadline it has ended, everywhere ------------------------------------------ */

static void test_lease_ends_for_arp(void **state)
{
	struct packet question = arp_question(), told = arp_of(ARP_FORM_REPLY, ours, "198.18.1.1");
	struct bed *b = *state;
	struct bed_run run;

	for (uint32_t slot = 0; slot < 2; slot++) {
		given(b, lease_word(NOW_NS, slot));
		expect(b, BED_TAKEOVER, "asked at the deadline", &question, XDP_DROP,
		       BIT(arp_fenced));
		expect(b, BED_FENCE, "told at the deadline", &told, TC_ACT_SHOT,
		       BIT(out_arp_fenced));
		given(b, lease_word(NOW_NS + 2, slot));
		bed_run(b, BED_TAKEOVER, question.bytes, LEN, &run);
		assert_int_equal(run.verdict, XDP_TX);
		assert_int_equal(bed_counted(b, "asked before it"), BIT(arp_answer));
		expect(b, BED_FENCE, "told before it", &told, TC_ACT_UNSPEC, BIT(out_arp));
	}
}

static void test_lease_ends_for_ip(void **state)
{
	struct packet in = ip_packet("198.18.0.9", "198.18.1.1"),
		      out = ip_packet("198.18.1.1", "198.18.0.9");
	struct bed *b = *state;

	given(b, lease_word(NOW_NS, 1));
	expect(b, BED_TAKEOVER, "in at the deadline", &in, XDP_DROP, BIT(ip_fenced));
	expect(b, BED_FENCE, "out at the deadline", &out, TC_ACT_SHOT, BIT(out_ip_fenced));
	given(b, lease_word(NOW_NS + 2, 1));
	expect(b, BED_TAKEOVER, "in before it", &in, XDP_PASS, BIT(ip_accept));
	expect(b, BED_FENCE, "out before it", &out, TC_ACT_UNSPEC, BIT(out_ip));
}

static void test_lease_ends_for_announcements(void **state)
{
	const struct ipt_announce_job job = {.epoch = OUR_EPOCH,
					     .group = BEATS_GROUP,
					     .slot = 1,
					     .forms = 1,
					     .count = 1};
	const struct ipt_announce_entry entry = {.addr = ipt_addr_v4(1), .mac = {2, 0, 0, 0, 0, 1}};
	uint32_t zero = 0, index = BEATS_GROUP;
	struct packet page = {{0}};
	struct bed *b = *state;
	struct ipt_group group;
	struct bed_run run;

	given(b, lease_word(NOW_NS, 1));
	group = beats_group(b);
	group.binding[1].epoch = OUR_EPOCH;
	bed_set(b, "groups", &index, &group);
	bed_set(b, "announce_list", &zero, &entry);
	bed_set(b, "announce_job", &zero, &job);
	expect(b, BED_ANNOUNCE, "at the deadline", &page, XDP_DROP, BIT(announce_stale));
	bed_set(b, "announce_job", &zero, &job);
	bed_lease(b, BEATS_GROUP, lease_word(NOW_NS + 2, 1));
	bed_run(b, BED_ANNOUNCE, page.bytes, LEN, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(bed_counted(b, "before it"), BIT(announce_sent));
}

/* The word after a frame of a peer that does not own: a lease that has ended is closed for good. */
static uint64_t word_after_beat(struct bed *b, uint64_t word, uint64_t counters)
{
	struct beats_frame f;
	struct beat beat;

	given(b, word);
	beats_good(&beat, HB_BACKUP, 0);
	beat.peer[1].echo_ts_ns = NOW_NS;
	beats_wrap(&beat, &f);
	beats_expect(b, "heartbeat", &f, counters);
	return bed_lease_word(b, BEATS_GROUP);
}

static void test_lease_ends_for_heartbeats(void **state)
{
	uint64_t live = lease_word(NOW_NS + 2, 0), ended = lease_word(NOW_NS, 0);

	assert_true(word_after_beat(*state, live, BIT(hb_accept)) == live);
	assert_true(word_after_beat(*state, ended, BIT(hb_accept)) < LEASE_GEN_LIMIT);
}

/* --- the drain ------------------------------------------------------------------------------------- */

static void drain_until(struct bed *b, uint64_t until_ns, uint64_t settle_ns)
{
	uint32_t zero = 0, group = BEATS_GROUP;
	struct ipt_self self;

	given(b, 3);
	bed_set(b, "drain", &group, &until_ns);
	bed_get(b, "self", &zero, &self);
	self.settle_ns = settle_ns;
	bed_set(b, "self", &zero, &self);
}

static void test_drain_ends(void **state)
{
	struct packet in = ip_packet("198.18.0.9", "198.18.1.1"),
		      out = ip_packet("198.18.1.1", "198.18.0.9");
	static const uint64_t settles_ns[] = {0, 1000000, 1000001, 5000000};
	struct bed *b = *state;

	drain_until(b, NOW_NS, 0);
	expect(b, BED_TAKEOVER, "in at its end", &in, XDP_DROP, BIT(ip_fenced));
	drain_until(b, NOW_NS + 1, 0);
	expect(b, BED_TAKEOVER, "in before it", &in, XDP_PASS, BIT(ip_drain));
	/* Answers have `settle` longer, and at least a millisecond. */
	for (int i = 0; i < 4; i++) {
		uint64_t late_ns = settles_ns[i] > 1000000 ? settles_ns[i] : 1000000;

		drain_until(b, NOW_NS - late_ns, settles_ns[i]);
		expect(b, BED_FENCE, "out at its end", &out, TC_ACT_SHOT, BIT(out_ip_fenced));
		drain_until(b, NOW_NS - late_ns + 1, settles_ns[i]);
		expect(b, BED_FENCE, "out before it", &out, TC_ACT_UNSPEC, BIT(out_ip));
	}
}

/* --- the owner that is heard ------------------------------------------------------------------------ */

static void owner_heard(struct bed *b, uint64_t heard_ns)
{
	uint32_t path = BEATS_PATH, group = BEATS_GROUP;
	struct ipt_path p;
	struct ipt_group g;

	given(b, 3);
	beats_self(b, BEATS_LONG_NS, LEASE_NS, 0);
	p = beats_path_record(b, BEATS_PATH);
	memcpy(p.mac, theirs, 6);
	bed_set(b, "paths", &path, &p);
	g = beats_group(b);
	g.binding[1].epoch = OUR_EPOCH;
	g.owner_epoch = THEIR_EPOCH;
	g.owner_ns = heard_ns;
	bed_set(b, "groups", &group, &g);
}

/* For G after its last heartbeat it may own, and is sent on to; then nobody knows. */
static void test_owner_is_known(void **state)
{
	struct packet in = ip_packet("198.18.0.9", "198.18.1.1"),
		      told = arp_of(ARP_FORM_REPLY, theirs, "198.18.1.1");
	uint64_t g_ns = judge_g_ns(LEASE_NS, 0, 0);
	struct bed *b = *state;
	struct bed_run run;

	owner_heard(b, NOW_NS - g_ns);
	expect(b, BED_TAKEOVER, "silent for G", &in, XDP_DROP, BIT(ip_fenced));
	expect(b, BED_FENCE, "told of it then", &told, TC_ACT_SHOT, BIT(out_arp_fenced));
	owner_heard(b, NOW_NS - g_ns + 1);
	bed_run(b, BED_TAKEOVER, in.bytes, LEN, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_int_equal(bed_counted(b, "just not"), BIT(ip_forward));
	expect(b, BED_FENCE, "told of it just before", &told, TC_ACT_UNSPEC, BIT(out_arp_owner));
}

/* --- what is told once a second ---------------------------------------------------------------------- */

static int events_at(struct bed *b, uint64_t now_ns, const struct packet *p)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed_run run;

	bed_clock(b, now_ns);
	bed_run(b, BED_TAKEOVER, p->bytes, LEN, &run);
	(void)bed_counted(b, NULL);
	return bed_events(b, ev, 0);
}

static void once_a_second(struct bed *b, const struct packet *p)
{
	assert_int_equal(events_at(b, NOW_NS, p), 1);
	assert_int_equal(events_at(b, NOW_NS, p), 0);
	assert_int_equal(events_at(b, NOW_NS + BED_SECOND_NS - 1, p), 0);
	assert_int_equal(events_at(b, NOW_NS + BED_SECOND_NS, p), 1);
	assert_int_equal(events_at(b, NOW_NS + 2 * BED_SECOND_NS - 1, p), 0);
}

static void test_claim_told_once_a_second(void **state)
{
	struct packet claim = arp_of(ARP_FORM_REQUEST, client, "198.18.1.1");

	given(*state, 3);
	once_a_second(*state, &claim);
}

static void test_stray_told_once_a_second(void **state)
{
	struct packet in = ip_packet("198.18.0.9", "198.18.1.1");

	owner_heard(*state, NOW_NS);
	once_a_second(*state, &in);
}

/* --- heartbeats -------------------------------------------------------------------------------------- */

/* One of a new session, whose echo is so old; returns whether it became the peer's session. */
static bool session_taken(struct bed *b, uint64_t echo_age_ns, uint64_t session_ns)
{
	uint32_t index = BEATS_PEER;
	struct beats_frame f;
	struct beat beat;
	struct ipt_peer rec;
	struct bed_run run;

	given(b, 3);
	rec = beats_record(b);
	rec.session_ns = session_ns;
	bed_set(b, "peers", &index, &rec);
	beats_good(&beat, HB_BACKUP, 0);
	beat.session = BEATS_SESSION + 1;
	beat.peer[1].echo_ts_ns = NOW_NS - echo_age_ns;
	beats_wrap(&beat, &f);
	bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
	(void)bed_counted(b, NULL);
	return beats_record(b).session == BEATS_SESSION + 1;
}

static void test_new_session(void **state)
{
	/* beats_self() lets an echo be a second old. */
	assert_true(session_taken(*state, BED_SECOND_NS, 5000));
	assert_false(session_taken(*state, BED_SECOND_NS + 1, 5000));
	/* Younger than the session that it replaces, not as old. */
	assert_false(session_taken(*state, 0, NOW_NS));
	assert_true(session_taken(*state, 0, NOW_NS - 1));
	/* Of this very moment, not of the next. */
	assert_false(session_taken(*state, (uint64_t)-1, 5000));
}

/* The next of them: each counts once. It claims, so that it counts for ever. */
static void unproven(struct bed *b, const char *what, struct beat *beat, uint64_t counters)
{
	struct beats_frame f;

	beat->seq++;
	beats_wrap(beat, &f);
	beats_expect(b, what, &f, counters);
}

/* The bucket holds ten, and one more every third of an interval. */
static void test_unproven_admitted(void **state)
{
	struct bed *b = *state;
	struct beat beat;
	uint64_t step_ns = BED_SECOND_NS;

	given(b, 3);
	beats_self(b, 3 * step_ns, LEASE_NS, 0);
	beats_good(&beat, HB_CAND, 0);
	beat.peer[1].session = 0;
	for (int i = 0; i < 10; i++)
		unproven(b, "one of ten", &beat, BIT(hb_unproven));
	unproven(b, "the eleventh", &beat, BIT(hb_limited));
	bed_clock(b, NOW_NS + step_ns - 1);
	unproven(b, "too early", &beat, BIT(hb_limited));
	bed_clock(b, NOW_NS + step_ns);
	unproven(b, "one more", &beat, BIT(hb_unproven));
	unproven(b, "and no other", &beat, BIT(hb_limited));
	/* Full again, and no fuller. */
	bed_clock(b, NOW_NS + 1000 * step_ns);
	for (int i = 0; i < 10; i++)
		unproven(b, "one of ten more", &beat, BIT(hb_unproven));
	unproven(b, "the eleventh again", &beat, BIT(hb_limited));
}

static void beat_out(struct bed *b, const char *what, uint64_t ts_ns, bool leaves)
{
	const struct sip_key key = {1, 2};
	const struct frame_addr from = {.ip = bed_addr("198.18.0.1"), .mac = {2, 0, 0, 0, 0, 1}};
	const struct frame_addr to = {.ip = bed_addr("198.18.0.2"), .mac = {2, 0, 0, 0, 0, 2}};
	struct beat beat = {.session = BEATS_OUR_SESSION, .ts_ns = ts_ns, .node = 1, .npeers = 1};
	uint8_t f[BED_FRAME_MAX];
	size_t len = frame_beat_encode(&beat, &key, f + FRAME_HB_OVERHEAD, HB_MAX_LEN);

	len = frame_udp_wrap(f, len, &from, &to, htons(5694));
	bed_expect(b, BED_FENCE, what, f, len, leaves ? TC_ACT_UNSPEC : TC_ACT_SHOT,
		   leaves ? BIT(out_hb) : BIT(out_hb_stale));
}

static struct ipt_sent sent(struct bed *b)
{
	struct ipt_sent s;
	uint32_t zero = 0;

	bed_get(b, "sent", &zero, &s);
	return s;
}

/* Built an interval ago at most; a run is one as long as no gap is longer than two. */
static void test_beats_leave(void **state)
{
	struct bed *b = *state;

	given(b, 3);
	beats_self(b, BED_SECOND_NS, LEASE_NS, 0);
	beat_out(b, "late", NOW_NS - BED_SECOND_NS - 1, false);
	assert_true(sent(b).last_ns == 0);
	beat_out(b, "just not late", NOW_NS - BED_SECOND_NS, true);
	assert_true(sent(b).last_ns == NOW_NS && sent(b).run_start_ns == NOW_NS);
	bed_clock(b, NOW_NS + 2 * BED_SECOND_NS);
	beat_out(b, "two intervals later", NOW_NS + 2 * BED_SECOND_NS, true);
	assert_true(sent(b).last_ns == NOW_NS + 2 * BED_SECOND_NS);
	assert_true(sent(b).run_start_ns == NOW_NS);
	bed_clock(b, NOW_NS + 4 * BED_SECOND_NS + 1);
	beat_out(b, "more than two", NOW_NS + 4 * BED_SECOND_NS, true);
	assert_true(sent(b).run_start_ns == NOW_NS + 4 * BED_SECOND_NS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lease_ends_for_arp, bed_reset),
		cmocka_unit_test_setup(test_lease_ends_for_ip, bed_reset),
		cmocka_unit_test_setup(test_lease_ends_for_announcements, bed_reset),
		cmocka_unit_test_setup(test_lease_ends_for_heartbeats, bed_reset),
		cmocka_unit_test_setup(test_drain_ends, bed_reset),
		cmocka_unit_test_setup(test_owner_is_known, bed_reset),
		cmocka_unit_test_setup(test_claim_told_once_a_second, bed_reset),
		cmocka_unit_test_setup(test_stray_told_once_a_second, bed_reset),
		cmocka_unit_test_setup(test_new_session, bed_reset),
		cmocka_unit_test_setup(test_unproven_admitted, bed_reset),
		cmocka_unit_test_setup(test_beats_leave, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
