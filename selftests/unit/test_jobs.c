/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread's queue is full: whoever waits for an outcome has one all the same, and what nobody waits for is made up for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/queue.h"

static struct daemon d;
static bool full;
static struct job posted; /* the last one */
static unsigned int nposted;
static struct core_event told[8];
static unsigned int ntold;

/* --- what the file under test calls --- */

bool worker_post(struct worker *w, const struct job *job)
{
	(void)w;
	if (full)
		return false;
	posted = *job;
	nposted++;
	return true;
}

bool worker_post_first(struct worker *w, const struct job *job)
{
	return worker_post(w, job);
}

bool kern_owner_mac(struct kern *k, uint32_t group, uint32_t ifindex, uint8_t ret[6])
{
	(void)k;
	(void)group;
	(void)ifindex;
	memset(ret, 0xaa, 6);
	return true;
}

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

void queue_put(struct daemon *to, struct core_event event)
{
	assert_ptr_equal(to, &d);
	assert_true(ntold < sizeof(told) / sizeof(*told));
	told[ntold++] = event;
}

/* --- */

static int begin(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	d.cfg.ngroups = 2;
	d.groups[0].index = 7;
	d.groups[1].index = 8;
	d.core.group[1].state = HB_BACKUP;
	full = false;
	nposted = ntold = 0;
	return 0;
}

static void effect(enum core_effect_type type)
{
	jobs_post(&d, &(struct core_effect){.type = type, .group = 1, .epoch = 3});
}

/* The outcome is a failure, of the group that it was for. */
static void outcome_is(enum core_event_type type)
{
	assert_int_equal(ntold, 1);
	assert_int_equal(told[0].type, type);
	assert_int_equal(told[0].group, 1);
	assert_false(told[0].ok);
	assert_true(told[0].failed);
}

static void there_is_room(void **state)
{
	static const struct {
		enum core_effect_type effect;
		enum job_type job;
	} kinds[] = {
		{CORE_FX_ADDR_ADD, JOB_ADDR_ADD}, {CORE_FX_ADDR_DEL, JOB_ADDR_DEL},
		{CORE_FX_PROBE, JOB_PROBE},	  {CORE_FX_AUDIT, JOB_AUDIT},
		{CORE_FX_SELFTEST, JOB_SELFTEST},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		effect(kinds[i].effect);
		assert_int_equal(nposted, i + 1);
		assert_int_equal(posted.type, kinds[i].job);
		assert_int_equal(posted.group, 8);
	}
	assert_int_equal(posted.expect_mac[0], 0xaa);
	assert_int_equal(posted.epoch, 3);
	jobs_owed(&d);
	assert_int_equal(nposted, 5);
	assert_int_equal(ntold, 0);
}

static void addresses_that_cannot_be_added_have_failed(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_ADD);
	outcome_is(CORE_EV_ADDRS);
}

static void a_probe_that_cannot_be_made_has_failed(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_PROBE);
	outcome_is(CORE_EV_PROBED);
}

static void addresses_that_cannot_be_removed_are_removed_later(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_DEL);
	jobs_owed(&d);
	full = false;
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
	assert_int_equal(posted.type, JOB_ADDR_DEL);
	assert_int_equal(posted.group, 8);
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
}

/* The group is owned again: what is owed would take away what it serves. */
static void addresses_that_are_wanted_again_stay(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_ADDR_DEL);
	full = false;
	d.core.group[1].addrs = CORE_ADDRS_ADDING;
	jobs_owed(&d);
	d.core.group[1].addrs = CORE_ADDRS_OFF;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
}

static void a_test_that_cannot_be_made_is_bad_and_made_later(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_SELFTEST);
	outcome_is(CORE_EV_TESTED);
	full = false;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
	d.groups[1].retest_ns = 1;
	d.core.group[1].tested_epoch = 5;
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
	assert_int_equal(posted.type, JOB_SELFTEST);
	assert_int_equal(posted.epoch, 5);
	assert_true(posted.again);
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
}

static void an_owner_tests_nobody(void **state)
{
	(void)state;
	d.groups[1].retest_ns = 1;
	d.core.group[1].state = HB_OWNER;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_is_room, begin),
		cmocka_unit_test_setup(addresses_that_cannot_be_added_have_failed, begin),
		cmocka_unit_test_setup(a_probe_that_cannot_be_made_has_failed, begin),
		cmocka_unit_test_setup(addresses_that_cannot_be_removed_are_removed_later, begin),
		cmocka_unit_test_setup(addresses_that_are_wanted_again_stay, begin),
		cmocka_unit_test_setup(a_test_that_cannot_be_made_is_bad_and_made_later, begin),
		cmocka_unit_test_setup(an_owner_tests_nobody, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
