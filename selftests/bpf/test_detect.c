/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timer that judges silence: when it speaks, what it says is due, and what makes it hold its tongue. */
#include <string.h>
#include "beats.h"

#define MS_NS 1000000ull
#define WAIT_MS 20000 /* for a verdict that does come; how fast this machine is proves nothing */
#define LEASE_NS (60 * MS_NS)
#define AHEAD_NS (20 * MS_NS)

/* Hears `beat`. Only its own counter is looked at: the timer counts when it likes. */
static uint64_t hear_beat(struct bed *b, const struct beat *beat, enum ipt_counter verdict)
{
	uint64_t before = bed_counter(b, verdict);
	struct beats_frame f;
	struct bed_run run;

	beats_wrap(beat, &f);
	bed_run(b, BED_TAKEOVER, f.bytes, f.len, &run);
	assert_int_equal(run.verdict, XDP_DROP);
	assert_true(bed_counter(b, verdict) == before + 1);
	return beats_record(b).last_ns;
}

/* Hears one good frame under these times; returns the record's receive stamp. */
static uint64_t hear(struct bed *b, uint64_t interval_ns, uint64_t lease_ns, uint64_t ahead_ns,
		     uint32_t their_lease_us)
{
	struct beat beat;

	beats_given(b);
	beats_self(b, interval_ns, lease_ns, ahead_ns);
	beats_good(&beat, HB_BACKUP, 0);
	beat.lease_us = their_lease_us;
	return hear_beat(b, &beat, CNT_hb_accept);
}

static struct {
	struct ipt_event ev[BED_EVENTS_MAX];
	int n, next;
	uint64_t last_ns; /* of the event before */
} queue;

static int setup(void **state)
{
	memset(&queue, 0, sizeof(queue));
	return bed_reset(state);
}

/* The next event must be this one. A verdict due before the one that it follows is due with that. */
static void expect_event(struct bed *b, enum ipt_event_type type, uint64_t due_ns)
{
	const struct ipt_event *ev;

	if (queue.next == queue.n) {
		queue.n = bed_events(b, queue.ev, WAIT_MS);
		queue.next = 0;
	}
	assert_true(queue.next < queue.n);
	ev = &queue.ev[queue.next++];
	if (type == IPT_EV_SILENT && due_ns < queue.last_ns)
		due_ns = queue.last_ns;
	queue.last_ns = ev->time_ns;
	assert_int_equal(ev->type, type);
	assert_int_equal(ev->peer, BEATS_PEER);
	assert_true(ev->due_ns == due_ns);
	assert_true(ev->time_ns >= due_ns);
}

static void test_quiet_then_silent(void **state)
{
	struct bed *b = *state;
	uint64_t quiet = bed_counter(b, CNT_timer_quiet), silent = bed_counter(b, CNT_timer_silent);
	uint64_t late = bed_counter(b, CNT_timer_late), error = bed_counter(b, CNT_timer_error);
	uint64_t g_ns = judge_g_ns(LEASE_NS, 0, 0);
	uint64_t last_ns = hear(b, BEATS_LONG_NS, LEASE_NS, AHEAD_NS, 1000);

	expect_event(b, IPT_EV_BEAT, 0);
	expect_event(b, IPT_EV_QUIET, last_ns + g_ns - AHEAD_NS);
	expect_event(b, IPT_EV_SILENT, last_ns + g_ns);
	assert_true(bed_counter(b, CNT_timer_quiet) == quiet + 1);
	assert_true(bed_counter(b, CNT_timer_silent) == silent + 1);
	assert_true(bed_counter(b, CNT_timer_late) == late);
	assert_true(bed_counter(b, CNT_timer_error) == error);
}

/* The peer may hold its lease for as long as it said, whatever our own file says. */
static void test_their_longer_lease_counts(void **state)
{
	uint64_t last_ns = hear(*state, BEATS_LONG_NS, MS_NS, 0, 90000);

	expect_event(*state, IPT_EV_BEAT, 0);
	expect_event(*state, IPT_EV_QUIET, last_ns + judge_g_ns(90 * MS_NS, 0, 0));
	expect_event(*state, IPT_EV_SILENT, last_ns + judge_g_ns(90 * MS_NS, 0, 0));
}

/* Tolerance 0: every look is late. Two are no verdict, the third decides. */
static void test_late_looks_do_not_judge(void **state)
{
	struct bed *b = *state;
	uint64_t late = bed_counter(b, CNT_timer_late), quiet = bed_counter(b, CNT_timer_quiet);
	uint64_t silent = bed_counter(b, CNT_timer_silent), last_ns;

	last_ns = hear(b, 0, LEASE_NS, AHEAD_NS, 1000);
	while (bed_counter(b, CNT_timer_silent) == silent)
		assert_true(bed_events(b, queue.ev, WAIT_MS) > 0);
	assert_true(bed_counter(b, CNT_timer_late) == late + 4);
	assert_true(bed_counter(b, CNT_timer_quiet) == quiet + 1);
	assert_true(beats_record(b).last_ns == last_ns);
}

/* Every look is late again. One that finds the peer heard meanwhile begins a new term, with all its looks. */
static void test_late_looks_of_a_new_term(void **state)
{
	struct bed *b = *state;
	uint64_t late = bed_counter(b, CNT_timer_late), silent = bed_counter(b, CNT_timer_silent);
	uint32_t index = BEATS_PEER;
	struct ipt_peer rec;

	(void)hear(b, 0, 5 * LEASE_NS, 0, 1000);
	rec = beats_record(b);
	rec.last_ns += 50 * MS_NS;
	bed_set(b, "peers", &index, &rec);
	while (bed_counter(b, CNT_timer_silent) == silent)
		assert_true(bed_events(b, queue.ev, WAIT_MS) > 0);
	assert_true(bed_counter(b, CNT_timer_late) == late + 4);
}

/* A frame that another CPU stamped while the timer was on its way: no verdict, a new term. */
static void test_heard_meanwhile(void **state)
{
	struct bed *b = *state;
	uint64_t g_ns = judge_g_ns(LEASE_NS, 0, 0), last_ns;
	uint32_t index = BEATS_PEER;
	struct ipt_peer rec;

	(void)hear(b, BEATS_LONG_NS, LEASE_NS, AHEAD_NS, 1000);
	rec = beats_record(b);
	last_ns = rec.last_ns += 50 * MS_NS;
	bed_set(b, "peers", &index, &rec);
	expect_event(b, IPT_EV_BEAT, 0);
	expect_event(b, IPT_EV_QUIET, last_ns + g_ns - AHEAD_NS);
	expect_event(b, IPT_EV_SILENT, last_ns + g_ns);
}

/* Between the two verdicts the peer speaks again: the second never comes, the first does anew. */
static void test_back_before_silent(void **state)
{
	const uint64_t lease_ns = 100 * BED_SECOND_NS, ahead_ns = lease_ns - 10 * MS_NS;
	const uint64_t quiet_ns = judge_g_ns(lease_ns, 0, 0) - ahead_ns;
	struct bed *b = *state;
	uint64_t last_ns = hear(b, BEATS_LONG_NS, lease_ns, ahead_ns, 1000);
	uint64_t silent = bed_counter(b, CNT_timer_silent);

	for (int i = 0; i < 3; i++) {
		expect_event(b, IPT_EV_BEAT, 0);
		expect_event(b, IPT_EV_QUIET, last_ns + quiet_ns);
		last_ns = hear(b, BEATS_LONG_NS, lease_ns, ahead_ns, 1000);
	}
	expect_event(b, IPT_EV_BEAT, 0);
	expect_event(b, IPT_EV_QUIET, last_ns + quiet_ns);
	assert_true(bed_counter(b, CNT_timer_silent) == silent);
}

/* It too may be a living peer that cannot hear us: it arms the timer as any authentic frame does. */
static void test_unproven_frame_arms(void **state)
{
	struct bed *b = *state;
	struct beat beat;
	uint64_t last_ns;

	beats_given(b);
	beats_self(b, BEATS_LONG_NS, LEASE_NS, AHEAD_NS);
	beats_good(&beat, HB_BACKUP, 0);
	beat.peer[1].session = 0;
	beat.lease_us = 1000;
	last_ns = hear_beat(b, &beat, CNT_hb_unproven);
	expect_event(b, IPT_EV_HELLO, 0);
	expect_event(b, IPT_EV_QUIET, last_ns + judge_g_ns(LEASE_NS, 0, 0) - AHEAD_NS);
	expect_event(b, IPT_EV_SILENT, last_ns + judge_g_ns(LEASE_NS, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_quiet_then_silent, setup),
		cmocka_unit_test_setup(test_their_longer_lease_counts, setup),
		cmocka_unit_test_setup(test_late_looks_do_not_judge, setup),
		cmocka_unit_test_setup(test_late_looks_of_a_new_term, setup),
		cmocka_unit_test_setup(test_heard_meanwhile, setup),
		cmocka_unit_test_setup(test_unproven_frame_arms, setup),
		cmocka_unit_test_setup(test_back_before_silent, setup),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
