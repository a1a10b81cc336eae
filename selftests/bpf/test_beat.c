/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heartbeats in XDP: what is accepted and kept, and every single reason for a refusal. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "beats.h"

/* Offsets in the frame. */
#define IP(offset) (14 + (offset))
#define UDP(offset) (34 + (offset))
#define HB(field) (BEATS_PAYLOAD + (int)offsetof(struct hb_fixed, field))
#define OUR_ENTRY (BEATS_PAYLOAD + (int)(sizeof(struct hb_fixed) + sizeof(struct hb_peer)))
#define ECHO(field) (OUR_ENTRY + (int)offsetof(struct hb_peer, field))

static void good_frame(struct beats_frame *f)
{
	struct beat beat;

	beats_good(&beat, HB_BACKUP, 0x100);
	beats_wrap(&beat, f);
}

static void test_accept(void **state)
{
	struct ipt_event ev[BED_EVENTS_MAX];
	struct bed *b = *state;
	struct beats_frame f;
	struct ipt_peer rec;
	uint64_t before_ns = bed_now_ns();

	beats_given(b);
	good_frame(&f);
	beats_expect(b, "good", &f, BIT(hb_accept));
	rec = beats_record(b);
	assert_true(rec.last_seq == BEATS_SEQ + 1 && rec.session == BEATS_SESSION);
	assert_true(rec.last_ns >= before_ns && rec.last_ns <= bed_now_ns());
	assert_true(rec.accepted == 1 && rec.session_ns == 5000);
	assert_int_equal(rec.hold_us_max, judge_hold_us(300 * BED_SECOND_NS / 1000, 0, 0));
	assert_true(rec.proven.rx_ns == rec.last_ns && rec.unproven.rx_ns == 0);
	assert_int_equal(rec.proven.len, f.len - BEATS_PAYLOAD);
	assert_memory_equal(rec.proven.bytes, f.bytes + BEATS_PAYLOAD, rec.proven.len);
	assert_memory_equal(rec.proven.mac, "\x02\x00\x00\x00\x00\x02", 6);
	assert_int_equal(bed_events(b, ev, 0), 1);
	assert_int_equal(ev[0].type, IPT_EV_BEAT);
	assert_int_equal(ev[0].peer, BEATS_PEER);
	assert_true(ev[0].time_ns == rec.last_ns);
	beats_expect(b, "the same again", &f, BIT(hb_replay));
	assert_int_equal(bed_events(b, ev, 0), 0);
}

/* For as long as it may run: a shorter one counts once a silence of its length would have ended it. */
static void test_longest_lease_is_kept(void **state)
{
	uint64_t g_ns = judge_g_ns(5 * BED_SECOND_NS, 0, 0);
	uint32_t index = BEATS_PEER;
	struct ipt_peer rec;
	struct beats_frame f;
	struct beat beat;

	beats_given(*state);
	beats_good(&beat, HB_BACKUP, 0);
	beat.lease_us = 5000000;
	beats_wrap(&beat, &f);
	beats_expect(*state, "long lease", &f, BIT(hb_accept));
	beat.lease_us = 1000;
	beat.seq++;
	beats_wrap(&beat, &f);
	beats_expect(*state, "short lease", &f, BIT(hb_accept));
	rec = beats_record(*state);
	assert_int_equal(rec.hold_us_max, 5000000);
	assert_true(rec.hold_us_next == 1000 && rec.hold_max_ns == rec.last_ns);
	rec.hold_max_ns = rec.last_ns - g_ns;
	bed_set(*state, "peers", &index, &rec);
	beat.seq++;
	beats_wrap(&beat, &f);
	beats_expect(*state, "long after", &f, BIT(hb_accept));
	assert_int_equal(beats_record(*state).hold_us_max, 1000);
	assert_true(beats_record(*state).hold_max_ns == beats_record(*state).last_ns);
}

/* Padding on short frames, trailers of switches: what stands behind the IP packet is nobody's. */
static void test_trailing_bytes(void **state)
{
	struct beats_frame f;

	beats_given(*state);
	good_frame(&f);
	memset(f.bytes + f.len, 0x5a, 33);
	f.len += 33;
	beats_expect(*state, "trailing bytes", &f, BIT(hb_accept));
}

/* A switch or a card may put a tag of VLAN 0 in front: priority, and no other network. */
static void test_tags(void **state)
{
	struct beats_frame f;

	beats_given(*state);
	good_frame(&f);
	memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
	memcpy(f.bytes + 12, "\x81\x00\x00\x07", 4);
	f.len += 4;
	bed_expect(*state, BED_TAKEOVER, "of a VLAN: not ours", f.bytes, f.len, XDP_PASS,
		   BIT(pass));
	memcpy(f.bytes + 12, "\x81\x00\xe0\x00", 4);
	beats_expect(*state, "a priority tag", &f, BIT(hb_accept));
}

/* All lengths that a heartbeat can have: the tag of BPF is the tag of the encoder. */
static void test_every_length(void **state)
{
	struct beats_frame f;
	struct beat beat;

	beats_given(*state);
	beats_good(&beat, HB_BACKUP, 0);
	beat.peer[0] = beat.peer[1];
	for (beat.npeers = 1; beat.npeers <= IPT_MAX_PEERS; beat.npeers++) {
		for (beat.ngroups = 0; beat.ngroups <= HB_MAX_GROUPS; beat.ngroups++) {
			beat.seq++;
			beats_wrap(&beat, &f);
			beats_expect(*state, "length", &f, BIT(hb_accept));
		}
	}
}

/* Counts beyond the limits, in frames that are right in everything else. */
static void test_counts_beyond_limits(void **state)
{
	static const struct {
		const char *what;
		uint8_t npeers, ngroups;
		uint64_t counters;
	} cases[] = {
		{"most peers", IPT_MAX_PEERS, 1, BIT(hb_accept)},
		{"a peer too many", IPT_MAX_PEERS + 1, 1, BIT(hb_short)},
		{"most groups", 2, HB_MAX_GROUPS, BIT(hb_accept)},
		{"a group too many", 2, HB_MAX_GROUPS + 1, BIT(hb_short)},
		{"most of both", IPT_MAX_PEERS, HB_MAX_GROUPS, BIT(hb_accept)},
		{"nobody, nothing", 0, 0, BIT(hb_unproven)},
	};
	struct beats_frame f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		beats_given(*state);
		good_frame(&f);
		beats_recount(&f, cases[i].npeers, cases[i].ngroups);
		beats_expect(*state, cases[i].what, &f, cases[i].counters);
	}
}

/* A tag made by another implementation: openssl mac -macopt size:16 SIPHASH, key 00 01 .. 0f. */
static void test_tag_of_reference(void **state)
{
	static const uint8_t tag[HB_TAG_LEN] = {0x4c, 0xa0, 0x5f, 0xcb, 0x3a, 0xe6, 0xeb, 0xb6,
						0xd8, 0xed, 0x00, 0x74, 0x52, 0xe0, 0x52, 0x41};
	struct beats_frame f;
	struct beat beat;

	beats_given(*state);
	beats_good(&beat, HB_BACKUP, 0x100);
	beat.peer[1].echo_ts_ns = 99; /* nothing in the frame is of today */
	beats_wrap(&beat, &f);
	memcpy(f.bytes + f.len - HB_TAG_LEN, tag, HB_TAG_LEN);
	beats_expect(*state, "reference tag", &f, BIT(hb_accept));
}

/* One thing differs; the tag is made right again where `sign` says so. */
struct spoiled {
	const char *what;
	int offset, len;
	const char *bytes;
	bool sign;
	uint64_t counters;
};

static const struct spoiled spoiled[] = {
	{"TTL", IP(8), 1, "\xfe", false, BIT(hb_ttl)},
	{"IP longer than UDP", IP(2), 2, "\x00\xad", false, BIT(hb_short)},
	{"IP longer than the frame", IP(2), 2, "\x05\x78", false, BIT(hb_short)},
	{"IP of length 0", IP(2), 2, "\x00\x00", false, BIT(hb_short)},
	{"UDP length 0", UDP(4), 2, "\x00\x00", false, BIT(hb_short)},
	{"UDP length 7", UDP(4), 2, "\x00\x07", false, BIT(hb_short)},
	{"UDP length 65535", UDP(4), 2, "\xff\xff", false, BIT(hb_short)},
	{"magic", HB(magic), 1, "\x48", true, BIT(hb_short)},
	{"version 0", HB(version), 1, "\x00", true, BIT(hb_short)},
	{"version 2", HB(version), 1, "\x02", true, BIT(hb_short)},
	{"len8", HB(len8), 1, "\x10", true, BIT(hb_short)},
	{"one peer less", HB(npeers), 1, "\x01", true, BIT(hb_short)},
	{"one peer more", HB(npeers), 1, "\x03", true, BIT(hb_short)},
	{"one group less", HB(ngroups), 1, "\x00", true, BIT(hb_short)},
	{"one group more", HB(ngroups), 1, "\x02", true, BIT(hb_short)},
	{"session 0", HB(session), 8, "\0\0\0\0\0\0\0\0", true, BIT(hb_short)},
	{"unknown node", HB(node), 1, "\x08", true, BIT(hb_stranger)},
	{"our own node", HB(node), 1, "\x01", true, BIT(hb_stranger)},
	{"unknown source", IP(12), 4, "\xc6\x12\x00\x03", false, BIT(hb_stranger)},
	{"unknown key", HB(key_id), 1, "\x04", true, BIT(hb_unknown_key)},
	{"key slot not in use", HB(key_id), 1, "\x00", true, BIT(hb_unknown_key)},
	{"same sequence", HB(seq), 8, "\0\0\0\0\0\0\x03\xe8", true, BIT(hb_replay)},
	{"old sequence", HB(seq), 8, "\0\0\0\0\0\0\0\x01", true, BIT(hb_replay)},
	{"old sequence, unsigned: found before the tag", HB(seq), 8, "\0\0\0\0\0\0\0\x01", false,
	 BIT(hb_replay)},
	{"sequence 0", HB(seq), 8, "\0\0\0\0\0\0\0\0", true, BIT(hb_replay)},
	{"tag not made right", HB(cfg_hash), 1, "\x01", false, BIT(hb_badtag)},
	{"hold unsigned", HB(hold_us), 1, "\x01", false, BIT(hb_badtag)},
	{"echo ahead", ECHO(echo_ts_ns), 1, "\x7f", true, BIT(hb_future)},
	{"echo of the highest stamp", ECHO(echo_ts_ns), 1, "\xff", true, BIT(hb_future)},
	{"old session of ours", ECHO(session), 1, "\x01", true, BIT(hb_unproven) | BIT(hb_cookie)},
	{"no session of ours", ECHO(session), 8, "\0\0\0\0\0\0\0\0", true, BIT(hb_unproven)},
	{"no entry for us", ECHO(node), 1, "\x06", true, BIT(hb_unproven)},
	{"to another address", IP(16), 4, "\xc6\x12\x00\x63", false, BIT(pass)},
	{"to another port", UDP(2), 2, "\x16\x3f", false, BIT(pass)},
	{"TCP", IP(9), 1, "\x06", false, BIT(pass)},
	{"IP options", IP(0), 1, "\x46", false, BIT(pass)},
	{"more fragments", IP(6), 1, "\x20", false, BIT(pass)},
	{"a later fragment", IP(7), 1, "\x01", false, BIT(pass)},
};

/* A refused frame leaves no trace but its counter. */
static void expect_untouched(struct bed *b, const struct spoiled *s)
{
	struct ipt_peer rec = beats_record(b);

	if (rec.session != BEATS_SESSION || rec.accepted)
		fail_msg("%s: the record was changed", s->what);
	if (!(s->counters & BIT(hb_unproven)) && (rec.last_ns || rec.last_seq != BEATS_SEQ))
		fail_msg("%s: counts as a sign of life", s->what);
	if (!(s->counters & BIT(hb_unproven)) && bed_lease_word(b, BEATS_GROUP) != 1)
		fail_msg("%s: the lease word was changed", s->what);
}

static void test_refusals(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;

	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		const struct spoiled *s = &spoiled[i];

		beats_given(b);
		good_frame(&f);
		memcpy(f.bytes + s->offset, s->bytes, s->len);
		if (s->sign)
			beats_sign(&f);
		beats_expect(b, s->what, &f, s->counters);
		expect_untouched(b, s);
	}
}

/* Nothing with a tag on Ethernet is a heartbeat: it came from another network. */
static void test_vlan_is_no_heartbeat(void **state)
{
	struct beats_frame f, tagged;

	beats_given(*state);
	good_frame(&f);
	memcpy(tagged.bytes, f.bytes, 12);
	memcpy(tagged.bytes + 12, "\x81\x00\x00\x07", 4);
	memcpy(tagged.bytes + 16, f.bytes + 12, f.len - 12);
	tagged.len = f.len + 4;
	beats_expect(*state, "tagged", &tagged, BIT(pass));
}

static void test_every_truncation(void **state)
{
	struct bed *b = *state;
	struct beats_frame f;

	beats_given(b);
	good_frame(&f);
	for (size_t len = 14; len < f.len; len++)
		bed_expect(b, BED_TAKEOVER, "truncated", f.bytes, len,
			   len < BEATS_PAYLOAD ? XDP_PASS : XDP_DROP,
			   len < BEATS_PAYLOAD ? BIT(pass) : BIT(hb_short));
	assert_true(beats_record(b).last_ns == 0);
}

/* Each bit of the payload is under the tag, the tag's own bits included. */
static void test_every_bit(void **state)
{
	const uint64_t refusals = BIT(hb_short) | BIT(hb_stranger) | BIT(hb_unknown_key) |
				  BIT(hb_replay) | BIT(hb_badtag);
	struct bed *b = *state;
	struct beats_frame f;
	struct bed_run run;
	uint64_t rose;

	beats_given(b);
	good_frame(&f);
	for (size_t bit = BEATS_PAYLOAD * 8; bit < f.len * 8; bit++) {
		f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
		f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		rose = bed_counted(b, "bit");
		if (run.verdict != XDP_DROP || !(rose & refusals) || rose & (rose - 1))
			fail_msg("bit %zu: verdict %d, counters %#lx", bit, run.verdict, rose);
	}
	assert_true(beats_record(b).last_ns == 0 && beats_record(b).last_seq == BEATS_SEQ);
	beats_expect(b, "restored", &f, BIT(hb_accept));
}

#define ROUNDS 3000

/* Two runners in step: each round's frame is run by both, as close together as spinning brings them. */
struct race {
	struct bed *b;
	struct beats_frame frames[2];
	atomic_int ready[2]; /* the round for which each is ready */
};

static void race_round(struct race *r, int who, int round)
{
	const struct beats_frame *f = &r->frames[round % 2];
	struct bed_run run;

	atomic_store(&r->ready[who], round);
	while (atomic_load(&r->ready[!who]) < round)
		;
	bed_run(r->b, BED_TAKEOVER, f->bytes, f->len, &run);
}

static void *race_other(void *arg)
{
	for (int round = 1; round <= ROUNDS; round++)
		race_round(arg, 1, round);
	return NULL;
}

/* The frame of `round`, written while the other runner still waits for this round or runs the one before. */
static void race_prepare(struct race *r, int round)
{
	struct beat beat;

	beats_good(&beat, HB_BACKUP, 0);
	beat.ngroups = HB_MAX_GROUPS; /* long checks: the window to hit is wider */
	beat.seq = BEATS_SEQ + (uint64_t)round;
	beats_wrap(&beat, &r->frames[round % 2]);
}

/* The same frame on two CPUs at once: one of them is the replay, though both found it new at first. */
static void test_two_cpus(void **state)
{
	static struct race r;
	uint64_t accepted = bed_counter(*state, CNT_hb_accept);
	pthread_t other;

	r = (struct race){.b = *state};
	beats_given(*state);
	race_prepare(&r, 1);
	assert_int_equal(pthread_create(&other, NULL, race_other, &r), 0);
	for (int round = 1; round <= ROUNDS; round++) {
		race_round(&r, 0, round);
		race_prepare(&r, round + 1);
	}
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_true(bed_counter(*state, CNT_hb_accept) == accepted + ROUNDS);
	assert_true(beats_record(*state).accepted == ROUNDS);
	(void)bed_counted(*state, NULL);
}

/* Port 0: no daemon has run, and nothing is a heartbeat. */
static void test_no_daemon(void **state)
{
	const struct ipt_self none = {0};
	struct beats_frame f;
	uint32_t zero = 0;

	beats_given(*state);
	bed_set(*state, "self", &zero, &none);
	good_frame(&f);
	memset(f.bytes + UDP(2), 0, 2);
	beats_expect(*state, "port 0", &f, BIT(pass));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_accept, bed_reset),
		cmocka_unit_test_setup(test_longest_lease_is_kept, bed_reset),
		cmocka_unit_test_setup(test_trailing_bytes, bed_reset),
		cmocka_unit_test_setup(test_tags, bed_reset),
		cmocka_unit_test_setup(test_every_length, bed_reset),
		cmocka_unit_test_setup(test_counts_beyond_limits, bed_reset),
		cmocka_unit_test_setup(test_tag_of_reference, bed_reset),
		cmocka_unit_test_setup(test_refusals, bed_reset),
		cmocka_unit_test_setup(test_vlan_is_no_heartbeat, bed_reset),
		cmocka_unit_test_setup(test_every_truncation, bed_reset),
		cmocka_unit_test_setup(test_every_bit, bed_reset),
		cmocka_unit_test_setup(test_two_cpus, bed_reset),
		cmocka_unit_test_setup(test_no_daemon, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
