/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Several ways to one peer: who is found by which, copies of one frame, and what each way remembers. */
#include <string.h>
#include "beats.h"

#define SECOND (BEATS_PATH + 1)
#define NEW_SESSION 0xcccc000055556666ull

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t mac_b[6] = {2, 0, 0, 0, 0, 0xb};

/* The peer reached by 198.18.0.2 -> 198.18.0.1 and by 198.19.0.2 -> 198.19.0.1. */
static void given_two(struct bed *b)
{
	beats_given(b);
	beats_path(b, SECOND, "198.19.0.1", "198.19.0.2", BEATS_SEQ);
}

static void readdress(struct beats_frame *f, const char *from, const char *to)
{
	uint32_t from_be32 = bed_ip(from), to_be32 = bed_ip(to);

	memcpy(f->bytes + 26, &from_be32, 4);
	memcpy(f->bytes + 30, &to_be32, 4);
}

/* The frame as it goes out on both ways: the same payload. */
static void make(const struct beat *beat, struct beats_frame *a, struct beats_frame *b)
{
	beats_wrap(beat, a);
	*b = *a;
	memcpy(b->bytes + 6, mac_b, 6);
	readdress(b, "198.19.0.2", "198.19.0.1");
}

static void test_who_is_found(void **state)
{
	static const struct {
		const char *what, *from, *to;
		uint64_t counters;
	} cases[] = {
		{"first way", "198.18.0.2", "198.18.0.1", BIT(hb_accept)},
		{"second way", "198.19.0.2", "198.19.0.1", BIT(hb_accept)},
		{"its address, another way's end", "198.18.0.2", "198.19.0.1", BIT(hb_stranger)},
		{"unknown sender", "198.18.0.3", "198.18.0.1", BIT(hb_stranger)},
		{"no sender", "0.0.0.0", "198.18.0.1", BIT(hb_stranger)},
		{"another interface's address", "198.20.0.2", "198.20.0.1", BIT(pass)},
		{"not to us", "198.18.0.2", "198.18.0.9", BIT(pass)},
	};
	const struct ipt_path_key elsewhere = {.ifindex = BED_IFINDEX + 1,
					       .local = bed_addr("198.20.0.1"),
					       .addr = bed_addr("198.20.0.2")};
	uint32_t index = SECOND;
	struct beats_frame f;
	struct beat beat;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		given_two(*state);
		bed_set(*state, "path_ids", &elsewhere, &index);
		beats_good(&beat, HB_BACKUP, 0);
		beats_wrap(&beat, &f);
		readdress(&f, cases[i].from, cases[i].to);
		beats_expect(*state, cases[i].what, &f, cases[i].counters);
	}
}

/* The second copy proves its way, and changes nothing else: not even when the peer was heard last. */
static void test_copy(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct ipt_peer before, after;
	struct beats_frame fa, fb;
	struct ipt_path path;
	struct beat beat;
	uint64_t word;

	given_two(b);
	beats_good(&beat, HB_OWNER, 0x109);
	make(&beat, &fa, &fb);
	beats_expect(b, "first", &fa, BIT(hb_accept));
	path = beats_path_record(b, BEATS_PATH);
	assert_true(path.proven_ns == beats_record(b).last_ns && path.last_ns == path.proven_ns);
	assert_true(path.seq == BEATS_SEQ + 1 && path.frames == 1);
	assert_memory_equal(path.mac, mac_a, 6);
	assert_true(beats_path_record(b, SECOND).last_ns == 0);
	before = beats_record(b);
	word = bed_lease_word(b, BEATS_GROUP);
	(void)bed_events(b, ev, 0);
	beats_expect(b, "copy", &fb, BIT(hb_copy));
	after = beats_record(b);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(bed_lease_word(b, BEATS_GROUP) == word);
	assert_int_equal(bed_events(b, ev, 0), 0);
	path = beats_path_record(b, SECOND);
	assert_true(path.proven_ns > before.last_ns && path.last_ns == path.proven_ns);
	assert_true(path.seq == BEATS_SEQ + 1 && path.frames == 1);
	assert_memory_equal(path.mac, mac_b, 6);
	beats_expect(b, "copy again", &fb, BIT(hb_replay));
	beats_expect(b, "first again", &fa, BIT(hb_replay));
	assert_true(beats_path_record(b, SECOND).proven_ns == path.proven_ns);
}

/* Whichever way is faster today is the one that counts. */
static void test_ways_take_turns(void **state)
{
	struct beats_frame a1, b1, a2, b2;
	struct beat beat;

	given_two(*state);
	beats_good(&beat, HB_BACKUP, 0);
	make(&beat, &a1, &b1);
	beat.seq++;
	make(&beat, &a2, &b2);
	beats_expect(*state, "by the second way first", &b1, BIT(hb_accept));
	beats_expect(*state, "the next by it too", &b2, BIT(hb_accept));
	beats_expect(*state, "an older one by the first", &a1, BIT(hb_replay));
	assert_true(beats_path_record(*state, BEATS_PATH).last_ns == 0);
	beats_expect(*state, "its copy", &a2, BIT(hb_copy));
}

static void test_copy_that_is_none(void **state)
{
	struct beats_frame a, b;
	struct beat beat;

	given_two(*state);
	beats_good(&beat, HB_BACKUP, 0);
	make(&beat, &a, &b);
	beats_expect(*state, "first", &a, BIT(hb_accept));
	b.bytes[BEATS_PAYLOAD + offsetof(struct hb_fixed, cfg_hash)] ^= 1;
	beats_expect(*state, "altered on the other way", &b, BIT(hb_badtag));
	assert_true(beats_path_record(*state, SECOND).last_ns == 0);
}

/* A restarted peer's first frame establishes its session by one way; by the other it is a copy. */
static void test_copy_of_a_new_session(void **state)
{
	struct beats_frame a, b;
	struct beat beat;

	given_two(*state);
	beats_good(&beat, HB_BACKUP, 0);
	beat.session = NEW_SESSION;
	beat.seq = 1;
	make(&beat, &a, &b);
	beats_expect(*state, "new session", &a, BIT(hb_accept) | BIT(hb_session));
	beats_expect(*state, "its copy", &b, BIT(hb_copy));
}

/* What proves nothing tells that the peer lives, not where it is. */
static void test_unproven(void **state)
{
	struct beats_frame a, b;
	struct ipt_path path;
	struct beat beat;

	given_two(*state);
	beats_good(&beat, HB_BACKUP, 0);
	beat.peer[1].session = 0;
	make(&beat, &a, &b);
	beats_expect(*state, "unproven", &b, BIT(hb_unproven));
	path = beats_path_record(*state, SECOND);
	assert_true(path.last_ns == beats_record(*state).last_ns && path.frames == 1);
	assert_true(path.proven_ns == 0 && path.seq == BEATS_SEQ);
	assert_true(path.life_session == beat.session && path.life_seq == beat.seq);
	assert_memory_equal(path.mac, "\0\0\0\0\0\0", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_who_is_found, bed_reset),
		cmocka_unit_test_setup(test_copy, bed_reset),
		cmocka_unit_test_setup(test_ways_take_turns, bed_reset),
		cmocka_unit_test_setup(test_copy_that_is_none, bed_reset),
		cmocka_unit_test_setup(test_copy_of_a_new_session, bed_reset),
		cmocka_unit_test_setup(test_unproven, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
