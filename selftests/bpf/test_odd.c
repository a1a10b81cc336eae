/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Well signed, but not what the peer of that address can say: a copied file's number, or what nobody counts up to. */
#include <string.h>
#include "beats.h"

#define OURS 1 /* our number */
#define THIRD 7 /* another member's, ... */
#define THIRD_PEER 4 /* ... and the index of its record */
#define ELSEWHERE 0xdddd000077778888ull /* a session that runs on some other host */
#define TERM(term) ((uint64_t)(term) << 8 | 9)
#define SEEN TERM(1000)
#define FIRST (1ull << 48)
#define JUMP (1ull << 32)

/* A third member; each of the three numbers has a key of its own, and frames are signed with that of `node`. */
static void given(struct bed *b, uint8_t node)
{
	uint32_t slot = BEATS_KEY, third = THIRD_PEER;
	const struct ipt_peer rec = {.node = THIRD, .session = ELSEWHERE + 1};
	struct sip_key signs;
	struct ipt_key key;

	beats_given(b);
	beats_self(b, 0, 0, 0); /* no lease: no timer, which would count when it likes */
	bed_set(b, "peers", &third, &rec);
	bed_get(b, "keys", &slot, &key);
	signs = key.peer[BEATS_PEER];
	key.peer[BEATS_PEER].k0 ^= node == OURS || node == THIRD;
	key.peer[THIRD_PEER] = key.peer[IPT_MAX_PEERS] = signs;
	key.peer[THIRD_PEER].k1 ^= node != THIRD;
	key.peer[IPT_MAX_PEERS].k1 ^= node != OURS;
	bed_set(b, "keys", &slot, &key);
}

/* Counted as life, and as nothing else. */
static void expect_life_alone(struct bed *b, const char *what)
{
	struct ipt_peer rec = beats_record(b);

	if (!rec.last_ns || beats_path_record(b, BEATS_PATH).last_ns != rec.last_ns)
		fail_msg("%s: no life", what);
	if (rec.accepted || rec.proven.rx_ns || rec.unproven.rx_ns || rec.hold_us_max)
		fail_msg("%s: more than life", what);
	if (beats_path_record(b, BEATS_PATH).proven_ns)
		fail_msg("%s: proves the path", what);
	if (bed_lease_word(b, BEATS_GROUP) == 1)
		fail_msg("%s: spoils no claim", what);
	if (beats_group(b).epoch_max || beats_group(b).owner_ns)
		fail_msg("%s: raises epochs", what);
}

static void expect_nothing(struct bed *b, const char *what)
{
	if (beats_record(b).last_ns || bed_lease_word(b, BEATS_GROUP) != 1)
		fail_msg("%s: changes something", what);
}

static void test_number_of_another(void **state)
{
	static const struct {
		const char *what;
		uint8_t key_of, node;
		uint64_t session, counters;
	} cases[] = {
		{"ours", OURS, OURS, ELSEWHERE, BIT(hb_identity)},
		{"a third one's", THIRD, THIRD, ELSEWHERE, BIT(hb_identity)},
		{"ours, sent back", OURS, OURS, BEATS_OUR_SESSION, BIT(hb_stranger)},
		{"a third one's, sent on", THIRD, THIRD, ELSEWHERE + 1, BIT(hb_stranger)},
		{"ours, with a third one's key", THIRD, OURS, ELSEWHERE, BIT(hb_stranger)},
		{"a third one's, with our key", OURS, THIRD, ELSEWHERE, BIT(hb_stranger)},
		{"ours, with the peer's key", 9, OURS, ELSEWHERE, BIT(hb_stranger)},
		{"nobody's", OURS, 6, ELSEWHERE, BIT(hb_stranger)},
		{"number 0", OURS, 0, ELSEWHERE, BIT(hb_stranger)},
	};
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		given(b, cases[i].key_of);
		beats_good(&beat, HB_OWNER, TERM(3));
		beat.node = cases[i].node;
		beat.session = cases[i].session;
		beats_wrap(&beat, &f);
		beats_expect(b, cases[i].what, &f, cases[i].counters);
		if (cases[i].counters != BIT(hb_identity)) {
			expect_nothing(b, cases[i].what);
			continue;
		}
		expect_life_alone(b, cases[i].what);
		assert_int_equal(beats_record(b).identity_node, cases[i].node);
		beats_expect(b, "the same again", &f, BIT(hb_replay));
	}
}

/* One event a second; each wakes the daemon as any other frame does. */
static void test_daemon_is_told(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	uint32_t index = BEATS_PEER;
	struct bed *b = *state;
	struct beats_frame f;
	struct ipt_peer rec;
	struct beat beat;

	given(b, OURS);
	beats_good(&beat, HB_BACKUP, 0);
	beat.node = OURS;
	beat.session = ELSEWHERE;
	beats_wrap(&beat, &f);
	beats_expect(b, "first", &f, BIT(hb_identity));
	assert_int_equal(bed_events(b, ev, 0), 2);
	assert_int_equal(ev[0].type, IPT_EV_HELLO);
	assert_int_equal(ev[1].type, IPT_EV_IDENTITY);
	assert_true(ev[1].node == OURS && ev[1].peer == BEATS_PEER);
	rec = beats_record(b);
	rec.identity_ns = bed_now_ns() + 100 * BED_SECOND_NS; /* however slow this machine is */
	bed_set(b, "peers", &index, &rec);
	beat.seq++;
	beats_wrap(&beat, &f);
	beats_expect(b, "second", &f, BIT(hb_identity));
	assert_int_equal(bed_events(b, ev, 0), 1);
	rec = beats_record(b);
	rec.identity_ns = bed_now_ns() - BED_SECOND_NS;
	bed_set(b, "peers", &index, &rec);
	beat.seq++;
	beats_wrap(&beat, &f);
	beats_expect(b, "a second later", &f, BIT(hb_identity));
	assert_int_equal(bed_events(b, ev, 0), 2);
	assert_true(beats_record(b).identity_ns == beats_record(b).last_ns);
}

/* What the group has seen, and where. */
static void seen(struct bed *b, uint64_t epoch_max, uint64_t owner, uint64_t bound)
{
	struct ipt_group g = beats_group(b);
	uint32_t index = BEATS_GROUP;

	g.epoch_max = epoch_max;
	g.owner_epoch = owner;
	g.binding[1].epoch = bound;
	bed_set(b, "groups", &index, &g);
}

static void test_epochs(void **state)
{
	static const struct {
		const char *what;
		uint64_t epoch_max, owner, bound, epoch, promised;
		bool far;
	} cases[] = {
		{"the first", 0, 0, 0, TERM(FIRST), 0, false},
		{"too high a first", 0, 0, 0, TERM(FIRST + 1), 0, true},
		{"far above", SEEN, 0, 0, TERM(1000 + JUMP), 0, false},
		{"too far above", SEEN, 0, 0, TERM(1001 + JUMP), 0, true},
		{"of an owner", 1, SEEN, 0, TERM(1000 + JUMP), 0, false},
		{"too far above an owner's", 1, SEEN, 0, TERM(1001 + JUMP), 0, true},
		{"of our own", 1, 0, SEEN, TERM(1000 + JUMP), 0, false},
		{"too far above our own", 1, 0, SEEN, TERM(1001 + JUMP), 0, true},
		{"a promise", SEEN, 0, 0, 0, TERM(1000 + JUMP), false},
		{"too high a promise", SEEN, 0, 0, 0, TERM(1001 + JUMP), true},
		{"below all", TERM(FIRST), 0, 0, TERM(1), TERM(1), false},
		{"the highest", TERM((1ull << 55) - 2), 0, 0, TERM((1ull << 55) - 1), 0, false},
		{"at the end", TERM((1ull << 55) - 1), 0, 0, TERM(1ull << 55), 0, true},
		{"all ones", SEEN, 0, 0, ~0ull, 0, true},
		{"promised all ones", SEEN, 0, 0, 0, ~0ull, true},
	};
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		given(b, 9);
		seen(b, cases[i].epoch_max, cases[i].owner, cases[i].bound);
		beats_good(&beat, HB_OWNER, cases[i].epoch);
		beat.group[0].promise_epoch = cases[i].promised;
		beats_wrap(&beat, &f);
		beats_expect(b, cases[i].what, &f, cases[i].far ? BIT(hb_bounds) : BIT(hb_accept));
		if (cases[i].far && beats_group(b).epoch_max != cases[i].epoch_max)
			fail_msg("%s: raised the epoch", cases[i].what);
	}
	given(b, 9);
	beats_good(&beat, HB_OWNER, ~0ull);
	beat.group[0].group = 0x1111;
	beats_wrap(&beat, &f);
	beats_expect(b, "of a group that we do not know", &f, BIT(hb_accept));
}

static void test_times(void **state)
{
	static const struct {
		const char *what;
		uint32_t lease_us, hold_us, interval_us;
		bool far;
	} cases[] = {
		{"the longest lease", 2540000000, 2540000000, 50000, false},
		{"too long a lease", 2540000001, 2540000001, 50000, true},
		{"too long a lease of an older build", 2540000001, 0, 50000, true},
		{"a lease of all ones", ~0u, ~0u, 50000, true},
		{"the longest hold", 300000, 4000000000, 50000, false},
		{"too long a hold", 300000, 4000000001, 50000, true},
		{"as long as the lease", 300000, 300000, 50000, false},
		{"shorter than the lease", 300000, 299999, 50000, true},
		{"the shortest interval", 300000, 0, 100, false},
		{"too short an interval", 300000, 0, 99, true},
		{"the longest interval", 300000, 0, 10000000, false},
		{"too long an interval", 300000, 0, 10000001, true},
	};
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int proves = 0; proves < 2; proves++) {
			uint64_t good = proves ? BIT(hb_accept) : BIT(hb_unproven);

			given(b, 9);
			beats_good(&beat, HB_BACKUP, 0);
			beat.lease_us = cases[i].lease_us;
			beat.hold_us = cases[i].hold_us;
			beat.interval_us = cases[i].interval_us;
			beat.peer[1].session *= (uint64_t)proves;
			beats_wrap(&beat, &f);
			beats_expect(b, cases[i].what, &f, cases[i].far ? BIT(hb_bounds) : good);
			if (cases[i].far)
				expect_life_alone(b, cases[i].what);
		}
	}
}

/* Once, and told once a second; the next frame of the peer is like any other. */
static void test_beyond_bounds_once(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct beat beat;

	given(b, 9);
	bed_lease(b, BEATS_GROUP, lease_word(bed_now_ns() + 100 * BED_SECOND_NS, 0));
	beats_good(&beat, HB_OWNER, ~0ull);
	beats_wrap(&beat, &f);
	beats_expect(b, "first", &f, BIT(hb_bounds));
	assert_true(lease_live(bed_lease_word(b, BEATS_GROUP), bed_now_ns()));
	assert_int_equal(bed_events(b, ev, 0), 2);
	assert_int_equal(ev[1].type, IPT_EV_BOUNDS);
	assert_true(beats_record(b).bounds_ns == beats_record(b).last_ns);
	beats_expect(b, "the same again", &f, BIT(hb_replay));
	beats_good(&beat, HB_BACKUP, 0);
	beat.seq += 1;
	beats_wrap(&beat, &f);
	beats_expect(b, "an ordinary one", &f, BIT(hb_accept));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_number_of_another, bed_reset),
		cmocka_unit_test_setup(test_daemon_is_told, bed_reset),
		cmocka_unit_test_setup(test_epochs, bed_reset),
		cmocka_unit_test_setup(test_times, bed_reset),
		cmocka_unit_test_setup(test_beyond_bounds_once, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
