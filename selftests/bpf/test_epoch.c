/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an authentic heartbeat does to sessions and to lease words: handshake, fence, spoiled claims, rate limit. */
#include <string.h>
#include "beats.h"
#include "../within.h"

#define OUR_EPOCH 0x501ull
#define HIGHER 0x509ull
#define LOWER 0x409ull
#define THIRD 0x507ull /* of another member */
#define NEW_SESSION 0xcccc000055556666ull

static uint64_t live(uint32_t slot)
{
	return lease_word(bed_now_ns() + 100 * BED_SECOND_NS, slot);
}

/* We hold the group under OUR_EPOCH, bound in `slot`; the other slot holds a higher epoch, long past. */
static void given_owner(struct bed *b, uint64_t word)
{
	struct ipt_group g = {.name = "web", .wire_id = BEATS_WIRE_ID, .generation = 41};
	uint32_t index = BEATS_GROUP;

	g.binding[lease_slot(word)].epoch = OUR_EPOCH;
	g.binding[!lease_slot(word)].epoch = ~0ull;
	g.epoch_max = OUR_EPOCH;
	beats_given(b);
	bed_set(b, "groups", &index, &g);
	bed_lease(b, BEATS_GROUP, word);
}

static void hear(struct bed *b, const char *what, enum hb_state state, uint64_t epoch,
		 uint64_t counters)
{
	struct beats_frame f;
	struct beat beat;

	beats_good(&beat, state, epoch);
	beats_wrap(&beat, &f);
	beats_expect(b, what, &f, counters);
}

static void test_fence_by_state_and_epoch(void **state)
{
	static const struct {
		const char *what;
		enum hb_state state;
		uint64_t epoch;
		bool fenced;
		uint64_t epoch_max, owner_epoch;
	} cases[] = {
		{"higher owner", HB_OWNER, HIGHER, true, HIGHER, HIGHER},
		{"owner above by the node alone", HB_OWNER, OUR_EPOCH + 1, true, OUR_EPOCH + 1,
		 OUR_EPOCH + 1},
		{"same owner epoch", HB_OWNER, OUR_EPOCH, false, OUR_EPOCH, OUR_EPOCH},
		{"lower owner", HB_OWNER, LOWER, false, OUR_EPOCH, LOWER},
		{"higher candidate", HB_CAND, HIGHER, false, HIGHER, 0},
		{"higher release", HB_RELEASE, HIGHER, false, HIGHER, 0},
		{"higher backup", HB_BACKUP, HIGHER, false, OUR_EPOCH, 0},
		{"higher fault", HB_FAULT, HIGHER, false, OUR_EPOCH, 0},
		{"higher witness", HB_WITNESS, HIGHER, false, OUR_EPOCH, 0},
		{"unknown state", HB_STATES, HIGHER, false, OUR_EPOCH, 0},
	};
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct ipt_group g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t word = i % 3 == 2 ? LEASE_MANUAL : live(i % 2);
		bool fenced = cases[i].fenced;

		given_owner(b, word);
		hear(b, cases[i].what, cases[i].state, cases[i].epoch,
		     BIT(hb_accept) | (fenced ? BIT(hb_fence) : 0));
		g = beats_group(b);
		if (bed_lease_word(b, BEATS_GROUP) != (fenced ? lease_generation(42) : word))
			fail_msg("%s: wrong lease word", cases[i].what);
		if (g.epoch_max != cases[i].epoch_max || g.owner_epoch != cases[i].owner_epoch)
			fail_msg("%s: wrong epochs", cases[i].what);
		assert_int_equal(bed_events(b, ev, 0), fenced ? 2 : 1);
		assert_int_equal(ev[0].type, fenced ? IPT_EV_FENCED : IPT_EV_BEAT);
		assert_int_equal(ev[0].group, fenced ? BEATS_GROUP : 0);
	}
}

static void test_fence_by_hand_too(void **state)
{
	given_owner(*state, LEASE_MANUAL);
	hear(*state, "lower", HB_OWNER, LOWER, BIT(hb_accept));
	assert_true(bed_lease_word(*state, BEATS_GROUP) == LEASE_MANUAL);
	given_owner(*state, LEASE_MANUAL | 1);
	hear(*state, "higher", HB_OWNER, HIGHER, BIT(hb_accept) | BIT(hb_fence));
	assert_true(bed_lease_word(*state, BEATS_GROUP) == lease_generation(42));
}

/* When the owner of the highest epoch was heard last: how long it may be taken to live. Its own word ends that. */
static void test_owner_stamp_is_that_of_the_highest(void **state)
{
	const struct {
		const char *what;
		enum hb_state state;
		uint64_t epoch, owner_epoch;
		enum { KEPT, STAMPED, ENDED } stamp;
	} cases[] = {
		{"lower owner", HB_OWNER, LOWER, HIGHER, KEPT},
		{"highest owner", HB_OWNER, HIGHER, HIGHER, STAMPED},
		{"higher owner", HB_OWNER, HIGHER + 256, HIGHER, STAMPED},
		{"release", HB_RELEASE, HIGHER, HIGHER, KEPT},
		{"candidate again", HB_CAND, HIGHER + 256, HIGHER, ENDED},
		{"backup", HB_BACKUP, HIGHER, HIGHER, ENDED},
		{"fault", HB_FAULT, HIGHER, HIGHER, ENDED},
		{"init", HB_INIT, HIGHER, HIGHER, KEPT},
		{"unknown state", HB_STATES, HIGHER, HIGHER, ENDED},
		{"release of a third one's epoch", HB_RELEASE, HIGHER, THIRD, KEPT},
		{"backup under a third one", HB_BACKUP, THIRD, THIRD, KEPT},
	};
	struct bed *b = *state;
	uint32_t index = BEATS_GROUP;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipt_group g = {.name = "web",
				      .wire_id = BEATS_WIRE_ID,
				      .owner_epoch = cases[i].owner_epoch,
				      .owner_ns = 7};
		uint64_t want_ns = 7;

		beats_given(b);
		bed_set(b, "groups", &index, &g);
		hear(b, cases[i].what, cases[i].state, cases[i].epoch, BIT(hb_accept));
		if (cases[i].stamp != KEPT)
			want_ns = cases[i].stamp == ENDED ? 0 : beats_record(b).last_ns;
		if (beats_group(b).owner_ns != want_ns)
			fail_msg("%s: wrong stamp", cases[i].what);
	}
}

/* Each frame, proven or not, makes the compare-and-swap of a claim that was decided before it fail. */
static void test_every_frame_spoils_claims(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;
	uint64_t words[] = {0, 1, 3, lease_deadline_ns(bed_now_ns()), bed_now_ns() | 1};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		given_owner(b, words[i]);
		hear(b, "proven", HB_BACKUP, 0, BIT(hb_accept));
		assert_true(bed_lease_word(b, BEATS_GROUP) == lease_generation(42));
		beats_good(&beat, HB_BACKUP, 0);
		beat.peer[1].session = 0;
		beat.seq++;
		beats_wrap(&beat, &f);
		beats_expect(b, "unproven", &f, BIT(hb_unproven));
		assert_true(bed_lease_word(b, BEATS_GROUP) == lease_generation(43));
		assert_true(lease_generation(43) != lease_generation(42));
	}
}

static void test_unproven_owner_fences_nobody(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct ipt_peer rec;
	struct beat beat;
	uint64_t word = live(0);

	given_owner(b, word);
	beats_good(&beat, HB_OWNER, HIGHER);
	beat.peer[1].session = 0;
	beats_wrap(&beat, &f);
	beats_expect(b, "unproven owner", &f, BIT(hb_unproven));
	assert_true(bed_lease_word(b, BEATS_GROUP) == word);
	assert_true(beats_group(b).epoch_max == OUR_EPOCH && beats_group(b).owner_epoch == 0);
	rec = beats_record(b);
	assert_true(rec.last_seq == beat.seq && rec.session == BEATS_SESSION && !rec.accepted);
	assert_true(rec.last_ns && rec.unproven.rx_ns == rec.last_ns && !rec.proven.rx_ns);
	assert_memory_equal(rec.unproven.bytes, f.bytes + BEATS_PAYLOAD, rec.unproven.len);
	assert_int_equal(bed_events(b, ev, 0), 1);
	assert_int_equal(ev[0].type, IPT_EV_HELLO);
	assert_int_equal(ev[0].peer, BEATS_PEER);
}

static void test_groups_that_we_do_not_know(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;
	uint64_t word = live(0);

	given_owner(b, word);
	beats_good(&beat, HB_OWNER, HIGHER);
	beat.ngroups = 3;
	beat.group[2] = beat.group[0];
	beat.group[0].group = 0x1111;
	beat.group[1].group = 0x2222;
	beats_wrap(&beat, &f);
	beats_expect(b, "third entry is ours", &f, BIT(hb_accept) | BIT(hb_fence));
	given_owner(b, word);
	beat.group[2].group = 0x3333;
	beats_wrap(&beat, &f);
	beats_expect(b, "none is ours", &f, BIT(hb_accept));
	assert_true(bed_lease_word(b, BEATS_GROUP) == word);
}

static void test_new_session(void **state)
{
	const uint64_t now_ns = bed_now_ns();
	const struct {
		const char *what;
		uint64_t echo_ts_ns, session_ns;
		uint64_t counters;
	} cases[] = {
		{"fresh", now_ns, 5000, BIT(hb_accept) | BIT(hb_session)},
		{"first ever", now_ns, 0, BIT(hb_accept) | BIT(hb_session)},
		{"echo too old", now_ns - BED_SECOND_NS, 5000, BIT(hb_unproven)},
		{"echo of 0", 0, 0, BIT(hb_unproven)},
		{"older than the session it replaces", now_ns, now_ns, BIT(hb_unproven)},
		{"echo ahead", now_ns + 100 * BED_SECOND_NS, 5000, BIT(hb_future)},
	};
	struct bed *b = *state;
	uint32_t index = BEATS_PEER;
	struct beats_frame f;
	struct ipt_peer rec;
	struct beat beat;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = cases[i].counters & BIT(hb_accept);

		beats_given(b);
		rec = beats_record(b);
		rec.session_ns = cases[i].session_ns;
		bed_set(b, "peers", &index, &rec);
		beats_good(&beat, HB_BACKUP, 0);
		beat.session = NEW_SESSION;
		beat.seq = 1; /* counts from the start */
		beat.peer[1].echo_ts_ns = cases[i].echo_ts_ns;
		beats_wrap(&beat, &f);
		beats_expect(b, cases[i].what, &f, cases[i].counters);
		rec = beats_record(b);
		assert_true(rec.session == (good ? NEW_SESSION : BEATS_SESSION));
		assert_true(rec.last_seq == (good ? 1 : BEATS_SEQ));
		assert_true(!good || rec.session_ns == rec.last_ns);
	}
}

/* The old session's frames after the new one is known: life if they are new, and nothing else; no session, no fence. */
static void test_old_session_stays_dead(void **state)
{
	uint64_t word = lease_word(bed_now_ns() + BED_SECOND_NS, 0);
	struct beats_frame old, f;
	struct beat beat;

	given_owner(*state, word);
	beats_good(&beat, HB_OWNER, HIGHER);
	beat.seq++;
	beats_wrap(&beat, &old);
	beat.session = NEW_SESSION;
	beat.group[0].state = HB_BACKUP;
	beats_wrap(&beat, &f);
	beats_expect(*state, "new session", &f, BIT(hb_accept) | BIT(hb_session));
	beats_expect(*state, "late", &old, BIT(hb_unproven));
	beats_expect(*state, "recorded", &old, BIT(hb_replay));
	assert_true(bed_lease_word(*state, BEATS_GROUP) == word);
	assert_true(beats_record(*state).session == NEW_SESSION);
}

/* The next frame of the peer, which echoes nothing. */
static void unproven(struct bed *b, const char *what, struct beat *beat, uint64_t counters)
{
	struct beats_frame f;

	beat->seq++;
	beats_wrap(beat, &f);
	beats_expect(b, what, &f, counters);
}

static void test_rate_limit_of_unproven(void **state)
{
	struct bed *b = *state;
	uint32_t index = BEATS_PEER;
	struct beats_frame f;
	struct ipt_peer rec;
	struct beat beat;
	uint64_t step_ns = BEATS_LONG_NS / 3;

	beats_given(b);
	beats_good(&beat, HB_BACKUP, 0);
	beat.peer[1].session = 0;
	for (int i = 0; i < 10; i++)
		unproven(b, "burst", &beat, BIT(hb_unproven));
	rec = beats_record(b);
	unproven(b, "eleventh", &beat, BIT(hb_limited));
	/* The daemon does not see it, but the peer lives, and has sent it but once. */
	assert_true(beats_record(b).last_ns > rec.last_ns);
	assert_true(beats_record(b).unproven.rx_ns == rec.unproven.rx_ns);
	beats_wrap(&beat, &f);
	beats_expect(b, "eleventh again", &f, BIT(hb_replay));
	rec = beats_record(b);
	rec.unproven_tat_ns -= step_ns;
	bed_set(b, "peers", &index, &rec);
	unproven(b, "a third of an interval later", &beat, BIT(hb_unproven));
	unproven(b, "and one more", &beat, BIT(hb_limited));
	beats_good(&beat, HB_BACKUP, 0);
	beat.seq = BEATS_SEQ + 100;
	beats_wrap(&beat, &f);
	beats_expect(b, "proven frames are not limited", &f, BIT(hb_accept));
}

/* A daemon that is stopped for minutes finds half the ring free for what matters. */
static void test_edges_find_room(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;
	int frames = IPT_EVENTS_BYTES / (int)sizeof(struct ipt_event), events;

	given_owner(b, live(0));
	beats_good(&beat, HB_BACKUP, 0);
	for (int i = 0; i < frames; i++, beat.seq++) {
		beats_wrap(&beat, &f);
		beats_expect(b, "nobody reads", &f, BIT(hb_accept));
	}
	beat.group[0].state = HB_OWNER;
	beat.group[0].epoch = HIGHER;
	beats_wrap(&beat, &f);
	beats_expect(b, "fence", &f, BIT(hb_accept) | BIT(hb_fence));
	events = bed_events(b, ev, 0);
	assert_within(events, frames / 4, frames / 2 + 2);
	assert_int_equal(ev[BED_EVENTS_MAX - 1].type, IPT_EV_FENCED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fence_by_state_and_epoch, bed_reset),
		cmocka_unit_test_setup(test_fence_by_hand_too, bed_reset),
		cmocka_unit_test_setup(test_owner_stamp_is_that_of_the_highest, bed_reset),
		cmocka_unit_test_setup(test_every_frame_spoils_claims, bed_reset),
		cmocka_unit_test_setup(test_unproven_owner_fences_nobody, bed_reset),
		cmocka_unit_test_setup(test_groups_that_we_do_not_know, bed_reset),
		cmocka_unit_test_setup(test_new_session, bed_reset),
		cmocka_unit_test_setup(test_old_session_stays_dead, bed_reset),
		cmocka_unit_test_setup(test_rate_limit_of_unproven, bed_reset),
		cmocka_unit_test_setup(test_edges_find_room, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
