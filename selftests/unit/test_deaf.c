/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pair whose standby loses its ingress program: it hears nothing from then on, and learns of it a while later. Its owner,
 * which it has promised something, must neither wait for it nor be succeeded by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lan.h"

static struct lan l;

/* 50 ms x 7: L 300, D 185, G 372 ms. n1 owns. */
static int pair(void **state)
{
	(void)state;
	lan_pair(&l);
	lan_clear(&l);
	return 0;
}

static void hears(bool ok)
{
	lan_event(&l, 1, (struct core_event){.type = CORE_EV_HEARS, .hears.there = ok});
}

/* The program is gone now; the kernel tells `ns` later. */
static void deafen(uint64_t ns)
{
	l.cut[0] = true;
	lan_run(&l, ns);
	hears(false);
}

static bool said(const char *text)
{
	return strstr(l.trace, text) != NULL;
}

static void standby_goes_deaf_and_the_owner_goes_on(void **state)
{
	(void)state;
	for (uint64_t late_ns = 0; late_ns <= 200 * MS; late_ns += 10 * MS) {
		(void)pair(NULL);
		deafen(late_ns);
		lan_run(&l, 3000 * MS);
		assert_true(lan_live(&l, 0));
		assert_false(said("lease ran out"));
		assert_int_equal(l.both_steps, 0);
	}
}

static void who_is_deaf_is_silent_after_a_while(void **state)
{
	(void)state;
	deafen(0);
	lan_run(&l, 500 * MS);
	assert_true(l.now_ns > l.node[0].k.last_ns + 100 * MS);
}

static void standby_hears_again_and_votes_again(void **state)
{
	(void)state;
	deafen(20 * MS);
	lan_run(&l, 2000 * MS);
	l.cut[0] = false;
	hears(true);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 0));
	assert_false(said("lease ran out"));
	lan_kill(&l, 0);
	lan_run(&l, 2000 * MS);
	assert_true(lan_live(&l, 1));
	assert_int_equal(l.both_steps, 0);
}

/* The program is back, but a cable carries one way only: the owner's silence is not the deaf one's to judge yet. */
static void hearing_again_is_no_proof_of_silence(void **state)
{
	(void)state;
	for (uint64_t deaf_ns = 0; deaf_ns <= 1000 * MS; deaf_ns += 25 * MS) {
		(void)pair(NULL);
		deafen(20 * MS);
		lan_run(&l, deaf_ns);
		hears(true);
		lan_run(&l, 3000 * MS);
		assert_int_equal(l.both_steps, 0);
		assert_true(lan_live(&l, 1));
	}
}

/* What a deaf host says is answered by nobody that it could hear: it carries no lease of its own. */
static void deaf_owner_falls_silent(void **state)
{
	(void)state;
	l.cut[1] = true;
	lan_run(&l, 20 * MS);
	lan_event(&l, 0, (struct core_event){.type = CORE_EV_HEARS, .hears.there = false});
	lan_run(&l, 350 * MS);
	assert_false(lan_live(&l, 0));
	lan_run(&l, 1500 * MS);
	assert_true(lan_live(&l, 1));
	assert_int_equal(l.both_steps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(standby_goes_deaf_and_the_owner_goes_on, pair),
		cmocka_unit_test_setup(who_is_deaf_is_silent_after_a_while, pair),
		cmocka_unit_test_setup(standby_hears_again_and_votes_again, pair),
		cmocka_unit_test_setup(hearing_again_is_no_proof_of_silence, pair),
		cmocka_unit_test_setup(deaf_owner_falls_silent, pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
