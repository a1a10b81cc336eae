/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An answer of the gateway is not taken for one to a later question, though it comes late and others got lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "net/gateway_rule.h"

#define MS 1000000ull
#define T_NS (10 * MS)
#define D_NS (25 * MS)
#define FLIGHT 256

/* A gateway that answers each question that it gets `round_ns` later, but those that `lost` says. */
struct lan {
	struct gateway_asked g;
	uint64_t now_ns;
	uint64_t asked_ns[FLIGHT], due_ns[FLIGHT]; /* under way; due 0: free */
	uint64_t fresh_until_ns; /* as the core counts: D from the question credited */
	uint64_t stale_ns; /* the longest time without */
	bool slept;
	uint64_t overrated; /* answers that were credited to a later question than theirs */
};

static void ask(struct lan *l, uint64_t round_ns, bool lost)
{
	if (!gateway_may_ask(&l->g, l->now_ns, D_NS))
		return;
	gateway_note_asked(&l->g, l->now_ns);
	for (unsigned int i = 0; i < FLIGHT && !lost; i++) {
		if (l->due_ns[i])
			continue;
		l->asked_ns[i] = l->now_ns;
		l->due_ns[i] = l->now_ns + round_ns;
		return;
	}
}

static void arrive(struct lan *l)
{
	for (unsigned int i = 0; i < FLIGHT; i++) {
		uint64_t credited_ns;

		if (!l->due_ns[i] || l->due_ns[i] > l->now_ns)
			continue;
		l->due_ns[i] = 0;
		credited_ns = gateway_note_answer(&l->g, l->now_ns, l->slept);
		l->overrated += credited_ns > l->asked_ns[i];
		if (credited_ns && credited_ns + D_NS > l->fresh_until_ns)
			l->fresh_until_ns = credited_ns + D_NS;
	}
}

static uint64_t seed;

static unsigned int draw(unsigned int below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(seed >> 33) % below;
}

/* For `ns`, a question each T; round trips up to `jitter_ns` longer than `round_ns`. */
static void run(struct lan *l, uint64_t ns, uint64_t round_ns, uint64_t jitter_ns,
		unsigned int loss_percent)
{
	uint64_t end_ns = l->now_ns + ns, round;

	for (; l->now_ns < end_ns; l->now_ns += MS) {
		arrive(l);
		if (l->now_ns >= l->fresh_until_ns && l->now_ns - l->fresh_until_ns > l->stale_ns)
			l->stale_ns = l->now_ns - l->fresh_until_ns;
		round = round_ns + (jitter_ns ? draw((unsigned int)(jitter_ns / MS)) * MS : 0);
		if (l->now_ns % T_NS == 0)
			ask(l, round, draw(100) < loss_percent);
	}
}

static struct lan begun(void)
{
	return (struct lan){.now_ns = 1000 * MS, .fresh_until_ns = 1000 * MS};
}

static void each_answer_is_its_questions(void **state)
{
	(void)state;
	for (uint64_t round_ns = MS; round_ns < D_NS; round_ns += MS) {
		struct lan l = begun();

		run(&l, 100 * MS, round_ns, 0, 0);
		l.stale_ns = 0;
		run(&l, 1000 * MS, round_ns, 0, 0);
		assert_int_equal(l.overrated, 0);
		assert_true(l.g.round_ns == round_ns);
		/* A question at the first tick after each answer. */
		assert_true(l.stale_ns <= round_ns + T_NS);
		if (round_ns <= T_NS)
			assert_int_equal(l.stale_ns, 0);
	}
}

/* Its answers are old when they come, and that is what they are taken for. */
static void a_slow_gateway_is_never_fresh(void **state)
{
	(void)state;
	for (uint64_t round_ns = D_NS; round_ns < 4 * D_NS; round_ns += MS) {
		struct lan l = begun();

		run(&l, 3000 * MS, round_ns, 0, 0);
		assert_int_equal(l.overrated, 0);
		assert_true(l.fresh_until_ns <= l.now_ns);
	}
}

/* Prompt for a long time, and slow from one moment to the next: as far as it is waited for. */
static void a_gateway_that_becomes_slow(void **state)
{
	(void)state;
	for (uint64_t round_ns = MS; round_ns <= D_NS / 2; round_ns += MS) {
		struct lan l = begun();

		run(&l, 1000 * MS, MS, 0, 0);
		run(&l, 1000 * MS, round_ns, 0, 0);
		assert_int_equal(l.overrated, 0);
	}
}

static void what_gets_lost_makes_nothing_younger(void **state)
{
	(void)state;
	for (uint64_t was = 1; was < 200; was++) {
		struct lan l = begun();

		seed = was;
		run(&l, 3000 * MS, MS, 10 * MS, draw(60));
		assert_int_equal(l.overrated, 0);
		assert_true(l.g.round_ns <= 11 * MS);
	}
}

/* What is lost in a row, but for the two that L bridges, is over with the next answer. */
static void lost_answers_are_got_over(void **state)
{
	struct lan l = begun();

	(void)state;
	run(&l, 500 * MS, MS, 0, 0);
	l.stale_ns = 0;
	run(&l, 3 * T_NS, MS, 0, 100);
	run(&l, 2 * T_NS, MS, 0, 0);
	assert_true(l.stale_ns < 3 * T_NS);
	l.stale_ns = 0;
	run(&l, 1000 * MS, MS, 0, 0);
	assert_int_equal(l.stale_ns, 0);
	/* A gateway that was away for long, too. */
	run(&l, 3000 * MS, MS, 0, 100);
	run(&l, 5 * D_NS, MS, 0, 0);
	l.stale_ns = 0;
	run(&l, 1000 * MS, MS, 0, 0);
	assert_int_equal(l.stale_ns, 0);
	assert_true(l.g.round_ns == MS);
}

/* Two routers that both answer, or one that does so twice. */
static void a_second_answer_is_none(void **state)
{
	struct gateway_asked g = {0};

	(void)state;
	assert_true(gateway_may_ask(&g, 1000 * MS, D_NS));
	gateway_note_asked(&g, 1000 * MS);
	assert_int_equal(gateway_note_answer(&g, 1001 * MS, false), 1000 * MS);
	assert_int_equal(gateway_note_answer(&g, 1009 * MS, false), 0);
	assert_int_equal(g.round_ns, MS);
}

/* Stopped for longer than an answer is good for, and well again with the next one: the gateway was not slow. */
static void a_sleeper_asks_again_at_once(void **state)
{
	struct lan l = begun();

	(void)state;
	run(&l, 500 * MS, MS, 0, 0);
	ask(&l, MS, false);
	l.now_ns += 4 * D_NS;
	l.slept = true;
	arrive(&l);
	assert_true(l.fresh_until_ns < l.now_ns);
	assert_true(l.g.round_ns == MS);
	l.slept = false;
	l.stale_ns = 0;
	l.fresh_until_ns = l.now_ns;
	run(&l, 500 * MS, MS, 0, 0);
	assert_int_equal(l.overrated, 0);
	assert_true(l.stale_ns <= MS && l.g.round_ns == MS);
}

/* While the peer is heard nobody asks; what was known of the gateway then is not believed long after. */
static void an_old_question_is_forgotten(void **state)
{
	struct lan l = begun();

	(void)state;
	run(&l, 100 * MS, MS, 0, 0);
	run(&l, 100 * MS, MS, 0, 100);
	l.now_ns += 3600000 * MS;
	run(&l, 1000 * MS, D_NS + 10 * MS, 0, 0);
	assert_int_equal(l.overrated, 0);
	assert_true(l.fresh_until_ns < l.now_ns);
}

static void who_may_be_slow_is_waited_for(void **state)
{
	struct gateway_asked g = {.round_ns = 3 * MS};

	(void)state;
	assert_int_equal(gateway_wait_ns(&g, 5 * MS), 6 * MS);
	assert_int_equal(gateway_wait_ns(&g, 7 * MS), 7 * MS);
}

/* One quick answer says nothing of the next. */
static void a_long_round_is_remembered(void **state)
{
	struct lan l = begun();

	(void)state;
	run(&l, 5 * T_NS, 16 * MS, 0, 0);
	run(&l, 4 * T_NS, MS, 0, 0);
	assert_true(l.g.round_ns >= 8 * MS && l.g.round_ns < 16 * MS);
}

/* A gateway that has never answered: nothing is asked for 4 D, and then at once. */
static void who_never_answered_is_waited_for(void **state)
{
	struct gateway_asked g = {0};

	(void)state;
	gateway_note_asked(&g, 1000 * MS);
	assert_false(gateway_may_ask(&g, 1000 * MS + 4 * D_NS - 1, D_NS));
	assert_true(gateway_may_ask(&g, 1000 * MS + 4 * D_NS, D_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_is_its_questions),
		cmocka_unit_test(a_slow_gateway_is_never_fresh),
		cmocka_unit_test(a_gateway_that_becomes_slow),
		cmocka_unit_test(what_gets_lost_makes_nothing_younger),
		cmocka_unit_test(lost_answers_are_got_over),
		cmocka_unit_test(a_second_answer_is_none),
		cmocka_unit_test(a_sleeper_asks_again_at_once),
		cmocka_unit_test(an_old_question_is_forgotten),
		cmocka_unit_test(who_may_be_slow_is_waited_for),
		cmocka_unit_test(a_long_round_is_remembered),
		cmocka_unit_test(who_never_answered_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
