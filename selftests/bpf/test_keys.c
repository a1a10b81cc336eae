/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys while they are rotated: the oldest that still opens, and which one was used when. */
#include "beats.h"

static void good_frame(struct beats_frame *f)
{
	struct beat beat;

	beats_good(&beat, HB_BACKUP, 0x100);
	beats_wrap(&beat, f);
}

/*
 * Under a key that has been retired, or is not enforced, a frame is life and no more: its sender may not know a newer
 * one, and so hear nobody; to take it for dead would make two owners.
 */
static void test_oldest_key(void **state)
{
	const struct {
		const char *what;
		uint8_t key_min;
		uint64_t counters;
	} cases[] = {
		{"below", BEATS_KID - 1, BIT(hb_accept)},
		{"the oldest", BEATS_KID, BIT(hb_accept)},
		{"retired", BEATS_KID + 1, BIT(hb_old_key)},
	};
	uint32_t zero = 0, slot = BEATS_KEY;
	struct beats_frame f;
	struct ipt_self self;
	struct ipt_peer rec;
	struct ipt_key key;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		beats_given(*state);
		bed_get(*state, "self", &zero, &self);
		self.key_min = cases[i].key_min;
		bed_set(*state, "self", &zero, &self);
		good_frame(&f);
		beats_expect(*state, cases[i].what, &f, cases[i].counters);
		bed_get(*state, "keys", &slot, &key);
		rec = beats_record(*state);
		assert_true(rec.last_ns && key.used_ns == rec.last_ns);
		assert_true(rec.accepted == (cases[i].counters == BIT(hb_accept)));
		assert_true(!rec.proven.rx_ns == !rec.accepted && !rec.unproven.rx_ns);
		beats_expect(*state, "again", &f, BIT(hb_replay));
	}
	f.bytes[BEATS_PAYLOAD + offsetof(struct hb_fixed, cfg_hash)] ^= 1;
	beats_given(*state);
	beats_expect(*state, "wrong tag", &f, BIT(hb_badtag));
	bed_get(*state, "keys", &slot, &key);
	assert_true(key.used_ns == 0 && beats_record(*state).last_ns == 0);
	self.key_min = BEATS_KID + 1;
	bed_set(*state, "self", &zero, &self);
	beats_expect(*state, "retired, wrong tag", &f, BIT(hb_badtag));
	key.valid = 0;
	bed_set(*state, "keys", &slot, &key);
	beats_expect(*state, "retired, no longer loaded", &f, BIT(hb_unknown_key));
	assert_true(beats_record(*state).last_ns == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_oldest_key, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
