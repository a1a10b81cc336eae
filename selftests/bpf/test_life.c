/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that prove nothing: each counts once, those that claim nothing only for a time, and none makes a member. */
#include <string.h>
#include "beats.h"

#define FIRST_SESSION 0xcccc000000000000ull /* of a peer that was restarted and cannot hear us */
#define OUR_EPOCH 0x501ull
#define LONG_AGO_NS (UNPROVEN_MIN_NS + BED_SECOND_NS)

static uint64_t live(void)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0);
}

/* A frame of the peer that echoes no session of ours. */
static void hello(struct beat *ret, uint64_t session, uint64_t seq, enum hb_state state)
{
	beats_good(ret, state, 0x109);
	ret->session = session;
	ret->seq = seq;
	ret->peer[1].session = 0;
}

static void say(struct bed *b, const char *what, uint64_t session, uint64_t seq, uint64_t counters)
{
	struct beats_frame f;
	struct beat beat;

	hello(&beat, session, seq, HB_BACKUP);
	beats_wrap(&beat, &f);
	beats_expect(b, what, &f, counters);
}

/* No lease, so that nothing but UNPROVEN_MIN_NS counts, and no timer; no interval, and so no rate limit. */
static void given(struct bed *b)
{
	beats_given(b);
	beats_self(b, 0, 0, 0);
}

static void test_once(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct ipt_peer before, after;
	uint64_t word;

	given(b);
	say(b, "first", FIRST_SESSION, 7, BIT(hb_unproven));
	before = beats_record(b);
	word = bed_lease_word(b, BEATS_GROUP);
	(void)bed_events(b, ev, 0);
	say(b, "the same again", FIRST_SESSION, 7, BIT(hb_replay));
	say(b, "an older one", FIRST_SESSION, 6, BIT(hb_replay));
	after = beats_record(b);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(bed_lease_word(b, BEATS_GROUP) == word);
	assert_int_equal(bed_events(b, ev, 0), 0);
	say(b, "the next", FIRST_SESSION, 8, BIT(hb_unproven));
	assert_true(beats_record(b).last_ns > before.last_ns);
	say(b, "after it", FIRST_SESSION, 7, BIT(hb_replay));
}

/* The session that we know is remembered like any other, and when another takes its place as well. */
static void test_known_session(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	given(b);
	say(b, "of before the newest", BEATS_SESSION, BEATS_SEQ, BIT(hb_replay));
	say(b, "the newest", BEATS_SESSION, BEATS_SEQ + 1, BIT(hb_unproven));
	say(b, "again", BEATS_SESSION, BEATS_SEQ + 1, BIT(hb_replay));
	say(b, "of a new one", FIRST_SESSION, 7, BIT(hb_unproven));
	beats_good(&beat, HB_BACKUP, 0);
	beat.session = FIRST_SESSION;
	beat.seq = 8;
	beats_wrap(&beat, &f);
	beats_expect(b, "the new one proves itself", &f, BIT(hb_accept) | BIT(hb_session));
	say(b, "recorded of the past one", BEATS_SESSION, BEATS_SEQ + 1, BIT(hb_replay));
	say(b, "not seen of the past one", BEATS_SESSION, BEATS_SEQ + 2, BIT(hb_unproven));
	say(b, "recorded of the new one", FIRST_SESSION, 8, BIT(hb_replay));
}

/* The first session ever says HELLO before it is known, and is a past one in the end: its newest frame counts. */
static void test_first_session_ever(void **state)
{
	uint32_t index = BEATS_PEER;
	struct bed *b = *state;
	struct ipt_peer rec;
	struct beats_frame f;
	struct beat beat;

	given(b);
	rec = beats_record(b);
	rec.session = rec.session_ns = rec.last_seq = 0;
	bed_set(b, "peers", &index, &rec);
	say(b, "HELLO", FIRST_SESSION, 1, BIT(hb_unproven));
	for (uint64_t seq = 2; seq <= 9; seq++) {
		beats_good(&beat, HB_BACKUP, 0);
		beat.session = FIRST_SESSION;
		beat.seq = seq;
		beats_wrap(&beat, &f);
		beats_expect(b, "known", &f, BIT(hb_accept) | (seq == 2 ? BIT(hb_session) : 0));
	}
	beat.session = FIRST_SESSION + 1;
	beat.peer[1].echo_ts_ns = bed_now_ns();
	beats_wrap(&beat, &f);
	beats_expect(b, "another", &f, BIT(hb_accept) | BIT(hb_session));
	for (uint64_t seq = 1; seq <= 9; seq++)
		say(b, "recorded of the first", FIRST_SESSION, seq, BIT(hb_replay));
}

static void test_oldest_makes_room(void **state)
{
	struct bed *b = *state;

	given(b);
	for (unsigned int i = 0; i < IPT_SEEN; i++)
		say(b, "fill", FIRST_SESSION + i, 7, BIT(hb_unproven));
	for (unsigned int i = 0; i < IPT_SEEN; i++)
		say(b, "all are remembered", FIRST_SESSION + i, 7, BIT(hb_replay));
	say(b, "the next of the oldest", FIRST_SESSION, 8, BIT(hb_unproven));
	say(b, "one more", FIRST_SESSION + IPT_SEEN, 7, BIT(hb_unproven));
	for (unsigned int i = 1; i <= IPT_SEEN; i++)
		say(b, "but for the oldest", FIRST_SESSION + i, 7, BIT(hb_replay));
	say(b, "the oldest", FIRST_SESSION, 7, BIT(hb_unproven));
}

static void test_copy_by_another_path(void **state)
{
	uint32_t second = BEATS_PATH + 1, from_be32 = bed_ip("198.19.0.2"),
		 to_be32 = bed_ip("198.19.0.1");
	struct bed *b = *state;
	struct ipt_peer before, after;
	struct beats_frame f, copy;
	struct beat beat;

	given(b);
	beats_path(b, second, "198.19.0.1", "198.19.0.2", 0);
	hello(&beat, FIRST_SESSION, 7, HB_BACKUP);
	beats_wrap(&beat, &f);
	copy = f;
	memcpy(copy.bytes + 26, &from_be32, 4);
	memcpy(copy.bytes + 30, &to_be32, 4);
	beats_expect(b, "first", &f, BIT(hb_unproven));
	before = beats_record(b);
	beats_expect(b, "by another path", &copy, BIT(hb_copy));
	assert_true(beats_path_record(b, second).last_ns > before.last_ns);
	assert_true(beats_path_record(b, second).proven_ns == 0);
	beats_expect(b, "by it again", &copy, BIT(hb_replay));
	after = beats_record(b);
	assert_memory_equal(&before, &after, sizeof(before));
	say(b, "of another session", FIRST_SESSION + 1, 7, BIT(hb_unproven));
	beats_expect(b, "no longer the newest", &copy, BIT(hb_replay));
}

static void unproven_since(struct bed *b, uint64_t ago_ns)
{
	uint32_t index = BEATS_PEER;
	struct ipt_peer rec = beats_record(b);

	rec.unproven_ns = bed_now_ns() - ago_ns;
	bed_set(b, "peers", &index, &rec);
}

static void hold_of(struct bed *b, uint32_t hold_us)
{
	uint32_t index = BEATS_PEER;
	struct ipt_peer rec = beats_record(b);

	rec.hold_us_max = hold_us;
	bed_set(b, "peers", &index, &rec);
}

/* Kept, so that the daemon answers and it may prove itself; but no life, and no claim of ours is spoiled. */
static void test_spent(void **state)
{
	static const enum hb_state states[] = {HB_INIT, HB_BACKUP, HB_FAULT, HB_WITNESS};
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct ipt_peer rec;
	struct beat beat;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		given(b);
		unproven_since(b, LONG_AGO_NS);
		hello(&beat, FIRST_SESSION, 7, states[i]);
		beats_wrap(&beat, &f);
		beats_expect(b, "spent", &f, BIT(hb_unproven) | BIT(hb_spent));
		rec = beats_record(b);
		assert_true(rec.last_ns == 0 && rec.unproven.rx_ns);
		assert_true(beats_path_record(b, BEATS_PATH).last_ns == 0);
		assert_true(bed_lease_word(b, BEATS_GROUP) == 1);
		assert_int_equal(bed_events(b, ev, 0), 1);
		assert_int_equal(ev[0].type, IPT_EV_HELLO);
		beats_expect(b, "and again", &f, BIT(hb_replay));
	}
}

static void test_not_spent(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;
	uint64_t first_ns;

	given(b);
	say(b, "the first", FIRST_SESSION, 7, BIT(hb_unproven));
	assert_true(beats_record(b).unproven_ns == beats_record(b).last_ns);
	unproven_since(b, UNPROVEN_MIN_NS - 5 * BED_SECOND_NS);
	first_ns = beats_record(b).unproven_ns;
	say(b, "not long ago", FIRST_SESSION, 8, BIT(hb_unproven));
	assert_true(beats_record(b).unproven_ns == first_ns);
	unproven_since(b, LONG_AGO_NS);
	hold_of(b, 2000000);
	say(b, "within 8 G", FIRST_SESSION, 9, BIT(hb_unproven));
	hold_of(b, 0);
	beats_good(&beat, HB_BACKUP, 0);
	beats_wrap(&beat, &f);
	beats_expect(b, "a proof", &f, BIT(hb_accept));
	assert_true(beats_record(b).unproven_ns == 0);
	say(b, "after it", FIRST_SESSION, 10, BIT(hb_unproven));
}

/* It claims, hearing nothing, and opens C later: what we hold alone is closed by then. Votes do not need that. */
static void test_claims_count_and_fence(void **state)
{
	static const struct {
		const char *what;
		enum hb_state state;
		uint8_t flags;
		uint64_t ago_ns;
		bool manual, fenced;
	} cases[] = {
		{"candidate", HB_CAND, 0, LONG_AGO_NS, false, true},
		{"owner", HB_OWNER, 0, LONG_AGO_NS, false, true},
		{"release", HB_RELEASE, 0, LONG_AGO_NS, false, false},
		{"held by hand", HB_CAND, 0, LONG_AGO_NS, true, false},
		{"quorum", HB_CAND, IPT_SELF_QUORUM, LONG_AGO_NS, false, false},
		{"not spent", HB_CAND, 0, 1, false, false},
	};
	uint32_t zero = 0, group = BEATS_GROUP;
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct ipt_self self;
	struct beats_frame f;
	struct ipt_group g;
	struct beat beat;
	uint64_t word;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t fence = cases[i].fenced ? BIT(hb_fence) : 0;

		given(b);
		bed_get(b, "self", &zero, &self);
		self.flags = cases[i].flags;
		bed_set(b, "self", &zero, &self);
		g = beats_group(b);
		g.binding[0].epoch = OUR_EPOCH;
		bed_set(b, "groups", &group, &g);
		word = cases[i].manual ? LEASE_MANUAL : live();
		bed_lease(b, BEATS_GROUP, word);
		unproven_since(b, cases[i].ago_ns);
		hello(&beat, FIRST_SESSION, 7, cases[i].state);
		beats_wrap(&beat, &f);
		beats_expect(b, cases[i].what, &f, BIT(hb_unproven) | fence);
		assert_true(beats_record(b).last_ns);
		if ((bed_lease_word(b, BEATS_GROUP) != word) != cases[i].fenced)
			fail_msg("%s: wrong lease word", cases[i].what);
		assert_int_equal(bed_events(b, ev, 0), cases[i].fenced ? 2 : 1);
		assert_true(beats_group(b).epoch_max == 0 && beats_group(b).owner_epoch == 0);
		beats_expect(b, "the same again", &f, BIT(hb_replay));
	}
}

#define NOW_NS (1000 * BED_SECOND_NS)

/* What claims nothing counts until ten seconds after the first, not at them. */
static void test_spent_at_the_instant(void **state)
{
	const uint64_t last_ns = NOW_NS + UNPROVEN_MIN_NS - 1;
	struct bed *b = *state;

	bed_clock(b, NOW_NS);
	given(b);
	say(b, "the first", FIRST_SESSION, 1, BIT(hb_unproven));
	bed_clock(b, last_ns);
	say(b, "the last that counts", FIRST_SESSION, 2, BIT(hb_unproven));
	assert_true(beats_record(b).last_ns == last_ns);
	bed_clock(b, last_ns + 1);
	say(b, "too late", FIRST_SESSION, 3, BIT(hb_unproven) | BIT(hb_spent));
	assert_true(beats_record(b).last_ns == last_ns);
}

/* The daemon is told of what no member says once a second. */
static void test_told_at_the_instant(void **state)
{
	static const struct {
		uint64_t at_ns;
		int events;
	} cases[] = {{NOW_NS, 2}, {NOW_NS + BED_SECOND_NS - 1, 1}, {NOW_NS + BED_SECOND_NS, 2}};
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	given(b);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bed_clock(b, cases[i].at_ns);
		hello(&beat, FIRST_SESSION, i + 1, HB_BACKUP);
		beat.interval_us = 1;
		beats_wrap(&beat, &f);
		beats_expect(b, "told", &f, BIT(hb_bounds));
		assert_int_equal(bed_events(b, ev, 0), cases[i].events);
	}
}

/* Whoever sends what he has recorded from a client's MAC makes no member of it: its strays go on to the owner. */
static void test_makes_no_member(void **state)
{
	static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1}, client[6] = {2, 0, 0, 0, 0, 0xcc};
	uint32_t group = BEATS_GROUP, from_be32 = bed_ip("198.18.0.9"), to_be32;
	struct bed *b = *state;
	struct beats_frame f;
	struct bed_run run;
	struct ipt_group g;
	struct beat beat;

	given(b);
	bed_vip(b, BED_IFINDEX, "198.18.1.1", BEATS_GROUP, ours);
	beats_good(&beat, HB_OWNER, 0x109);
	beats_wrap(&beat, &f);
	beats_expect(b, "the owner", &f, BIT(hb_accept));
	g = beats_group(b);
	g.owner_ns += 100 * BED_SECOND_NS; /* however slow this machine is */
	bed_set(b, "groups", &group, &g);
	hello(&beat, FIRST_SESSION, 7, HB_BACKUP);
	beats_wrap(&beat, &f);
	memcpy(f.bytes + 6, client, 6);
	beats_expect(b, "unproven", &f, BIT(hb_unproven));
	to_be32 = bed_ip("198.18.1.1");
	memcpy(f.bytes, ours, 6);
	memcpy(f.bytes + 26, &from_be32, 4);
	memcpy(f.bytes + 30, &to_be32, 4);
	bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
	assert_int_equal(run.verdict, XDP_TX);
	assert_true(bed_counted(b, "the client's stray") == BIT(ip_forward));
}

/* It may be an old frame: however long the longer lease has been over, only a proven one shortens what counts. */
static void test_shortens_nothing(void **state)
{
	uint32_t index = BEATS_PEER;
	struct bed *b = *state;
	struct ipt_peer rec;

	given(b);
	rec = beats_record(b);
	rec.hold_us_max = 5000000;
	rec.hold_us_next = 1000;
	rec.hold_max_ns = 1;
	bed_set(b, "peers", &index, &rec);
	say(b, "a shorter lease", FIRST_SESSION, 7, BIT(hb_unproven));
	assert_int_equal(beats_record(b).hold_us_max, 5000000);
	assert_true(beats_record(b).hold_max_ns == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_once, bed_reset),
		cmocka_unit_test_setup(test_known_session, bed_reset),
		cmocka_unit_test_setup(test_first_session_ever, bed_reset),
		cmocka_unit_test_setup(test_oldest_makes_room, bed_reset),
		cmocka_unit_test_setup(test_copy_by_another_path, bed_reset),
		cmocka_unit_test_setup(test_spent, bed_reset),
		cmocka_unit_test_setup(test_not_spent, bed_reset),
		cmocka_unit_test_setup(test_claims_count_and_fence, bed_reset),
		cmocka_unit_test_setup(test_spent_at_the_instant, bed_reset),
		cmocka_unit_test_setup(test_told_at_the_instant, bed_reset),
		cmocka_unit_test_setup(test_makes_no_member, bed_reset),
		cmocka_unit_test_setup(test_shortens_nothing, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
