/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread's queue is full: whoever waits for an outcome has one all the same, and what nobody waits for is made up for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/log.h"
#include "daemon/edge.h"
#include "daemon/jobs_int.h"
#include "daemon/queue.h"
#include "net/probe.h"

static struct daemon d;
static bool full;
static union {
	struct job job;
	struct addrs_job addrs;
	struct probe_job probe;
	struct selftest_job selftest;
} posted; /* the last one */
static unsigned int nposted;
static struct core_event told[8];
static unsigned int ntold;

/* What a job did when it was run. */
static enum { NOTHING, INSTALLED, UNINSTALLED, ASKED } did;
static struct probe_ask asked;
static unsigned int nasked;
static bool apart; /* the group's two addresses are on two interfaces, 5 and 6 */
static uint8_t answer_mac[2]; /* first byte of who answers there; 0: nobody does */

/* --- what the files under test call --- */

bool worker_post(struct worker *w, const struct job *job, size_t size)
{
	(void)w;
	if (full)
		return false;
	assert_true(size <= sizeof(posted));
	memcpy(&posted, job, size);
	nposted++;
	return true;
}

bool worker_post_first(struct worker *w, const struct job *job, size_t size)
{
	return worker_post(w, job, size);
}

int vips_collect(struct kern *k, uint32_t group, struct vip_list *ret)
{
	static struct announce_addr addrs[2];

	(void)k;
	assert_int_equal(group, 8);
	addrs[0].ifindex = 5;
	addrs[1].ifindex = apart ? 6 : 5;
	*ret = (struct vip_list){.addrs = addrs, .n = 2};
	return 0;
}

void vips_free(struct vip_list *list)
{
	(void)list;
}

uint32_t vips_same_iface(const struct vip_list *list, uint32_t first)
{
	return apart ? first + 1 : list->n;
}

int vips_accept(struct kern *k, struct vip_list *list, struct err *e)
{
	(void)k;
	(void)list;
	(void)e;
	did = INSTALLED;
	return 0;
}

int vips_uninstall(struct kern *k, struct vip_list *list, struct err *e)
{
	(void)k;
	(void)list;
	(void)e;
	did = UNINSTALLED;
	return 0;
}

int probe_run(const struct probe_ask *ask, struct probe_answer *ret, struct err *e)
{
	uint8_t mac = answer_mac[ask->ifindex - 5];

	(void)e;
	did = ASKED;
	asked = *ask;
	nasked++;
	if (mac)
		ret[0] = (struct probe_answer){.answers = 1, .mac = {mac}};
	return 0;
}

void edge_alarm(struct daemon *to, const char *group, const char *fmt, ...)
{
	(void)to;
	(void)group;
	(void)fmt;
}

void edge_over(struct daemon *to, const char *group, const char *text)
{
	(void)to;
	(void)group;
	(void)text;
}

void rival_audited(struct daemon *to, uint32_t group, const uint8_t mac[6])
{
	(void)to;
	(void)group;
	(void)mac;
}

bool view_is_member(const struct daemon *of, const uint8_t mac[6])
{
	(void)of;
	(void)mac;
	return false;
}

void report_write(struct daemon *of, uint32_t group)
{
	(void)of;
	(void)group;
}

bool kern_owner_mac(struct kern *k, uint32_t group, uint32_t ifindex, uint8_t ret[6])
{
	(void)k;
	(void)group;
	memset(ret, 0, 6);
	ret[0] = (uint8_t)ifindex;
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
	d.plan.cfg = &d.cfg;
	d.cfg.groups[1].nifaces = 2;
	d.plan.group[1][0].ifindex = 5;
	d.plan.group[1][1].ifindex = 6;
	apart = false;
	memset(answer_mac, 0, sizeof(answer_mac));
	d.core.group[1].state = HB_BACKUP;
	full = false;
	nposted = ntold = 0;
	return 0;
}

static void effect(enum core_effect_type type)
{
	struct core_effect fx = {.type = type, .group = 1};

	if (type == CORE_FX_SELFTEST)
		fx.selftest.epoch = 3;
	jobs_post(&d, &fx);
}

/* There is an outcome, of the group that it was for. */
static void outcome_is(enum core_event_type type)
{
	assert_int_equal(ntold, 1);
	assert_int_equal(told[0].type, type);
	assert_int_equal(told[0].group, 1);
}

/* Runs the last one. It asks, if at all, for so many addresses, so many times; the group is the kernel's. */
static void posted_is(int what, uint32_t n, unsigned int count)
{
	did = NOTHING;
	memset(&asked, 0, sizeof(asked));
	posted.job.run(&posted.job, &d);
	assert_int_equal(did, what);
	assert_int_equal(asked.n, n);
	assert_int_equal(asked.count, count);
}

static void there_is_room(void **state)
{
	static const struct {
		enum core_effect_type effect;
		int does;
		uint32_t n;
		unsigned int count;
	} kinds[] = {
		{CORE_FX_ADDR_ADD, INSTALLED, 0, 0}, {CORE_FX_ADDR_DEL, UNINSTALLED, 0, 0},
		{CORE_FX_PROBE, ASKED, 2, 3},	     {CORE_FX_AUDIT, ASKED, 2, 1},
		{CORE_FX_SELFTEST, ASKED, 1, 1},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		effect(kinds[i].effect);
		assert_int_equal(nposted, i + 1);
		posted_is(kinds[i].does, kinds[i].n, kinds[i].count);
	}
	assert_int_equal(posted.selftest.nowner, 2);
	assert_int_equal(posted.selftest.owner[1].ifindex, 6);
	assert_int_equal(posted.selftest.owner[1].mac[0], 6);
	assert_int_equal(posted.selftest.epoch, 3);
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
	assert_false(told[0].addrs.there);
}

static void a_probe_that_cannot_be_made_has_failed(void **state)
{
	(void)state;
	full = true;
	effect(CORE_FX_PROBE);
	outcome_is(CORE_EV_PROBED);
	assert_int_equal(told[0].probed.found, CORE_PROBED_NOT);
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
	posted_is(UNINSTALLED, 0, 0);
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
	assert_false(told[0].tested.well);
	full = false;
	jobs_owed(&d);
	assert_int_equal(nposted, 0);
	d.groups[1].retest_ns = 1;
	d.core.group[1].tested_epoch = 5;
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
	posted_is(ASKED, 1, 1);
	assert_int_equal(posted.selftest.epoch, 5);
	assert_true(posted.selftest.again);
	jobs_owed(&d);
	assert_int_equal(nposted, 1);
}

static enum ipt_selftest tested(uint8_t first, uint8_t second)
{
	apart = true;
	answer_mac[0] = first;
	answer_mac[1] = second;
	nasked = 0;
	effect(CORE_FX_SELFTEST);
	posted.job.run(&posted.job, &d);
	return posted.selftest.verdict;
}

/* Its heartbeats come by both, with another MAC each. */
static void the_owner_is_tested_on_each_interface(void **state)
{
	(void)state;
	assert_int_equal(tested(5, 6), SELFTEST_OK);
	assert_int_equal(nasked, 2);
	assert_int_equal(posted.selftest.probe.answers, 2);
	assert_int_equal(tested(5, 5), SELFTEST_FOREIGN);
	assert_int_equal(posted.selftest.probe.mac[0], 5);
	assert_int_equal(tested(9, 6), SELFTEST_FOREIGN);
	assert_int_equal(posted.selftest.probe.mac[0], 9);
	assert_int_equal(tested(5, 0), SELFTEST_SILENT);
	assert_int_equal(tested(0, 6), SELFTEST_SILENT);
}

/* From the own address that is on each; where there is none, as whoever has none asks. */
static void each_question_comes_from_an_own_address(void **state)
{
	(void)state;
	d.plan.npaths = 1;
	d.plan.paths[0].ifindex = 5;
	d.plan.paths[0].from.ip_be32 = 55;
	d.plan.found.nown = 1;
	d.plan.found.own[0].ifindex = 6;
	d.plan.found.own[0].addr.ip = ipt_addr_v4(66);
	effect(CORE_FX_AUDIT);
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 55);
	apart = true;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.ifindex, 6);
	assert_int_equal(asked.from_be32, 66);
	d.plan.found.nown = 0;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 0);
	effect(CORE_FX_PROBE);
	d.plan.found.nown = 1;
	posted.job.run(&posted.job, &d);
	assert_int_equal(asked.from_be32, 0);
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
		cmocka_unit_test_setup(the_owner_is_tested_on_each_interface, begin),
		cmocka_unit_test_setup(each_question_comes_from_an_own_address, begin),
		cmocka_unit_test_setup(an_owner_tests_nobody, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
