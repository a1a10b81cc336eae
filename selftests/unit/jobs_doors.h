/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the jobs of a daemon's threads call, for a test of them: whole, functions included, since each test links its own. */
#ifndef IPT_TEST_JOBS_DOORS_H
#define IPT_TEST_JOBS_DOORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "addr/routes.h"
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
static struct probe_job probes[2]; /* the last ones, if they are probes */
static unsigned int room; /* for probes */
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
	if (!room)
		return false;
	room--;
	assert_int_equal(size, sizeof(probes[0]));
	memcpy(&probes[nposted % 2], job, size);
	return worker_post(w, job, size);
}

#define MEMBER_MAC 77 /* the first byte */
static uint8_t
	answer_next; /* of whoever answers for the second address of an interface; 0: nobody */

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

static int route_error; /* of routes_install() */
static int last_routes; /* what was done with routes; as `did` */

int routes_install(struct kern *k, uint32_t group, struct err *e)
{
	(void)k;
	(void)group;
	last_routes = INSTALLED;
	return route_error ? err_set(e, route_error, "no route") : 0;
}

int routes_uninstall(struct kern *k, uint32_t group, struct err *e)
{
	(void)k;
	(void)group;
	(void)e;
	last_routes = UNINSTALLED;
	return 0;
}

void addr_watch_tried(struct daemon *daemon, uint32_t group, const char *route_failed)
{
	(void)snprintf(daemon->groups[group].watch.route_failed, 96, "%s",
		       route_failed ? route_failed : "");
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
	if (answer_next && ask->n > 1)
		ret[1] = (struct probe_answer){.answers = 1, .mac = {answer_next}};
	return 0;
}

static unsigned int nalarms, nover;

void edge_alarm(struct daemon *to, const char *group, const char *fmt, ...)
{
	(void)to;
	(void)group;
	(void)fmt;
	nalarms++;
}

void edge_over(struct daemon *to, const char *group, const char *text)
{
	(void)to;
	(void)group;
	(void)text;
	nover++;
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
	return mac[0] == MEMBER_MAC;
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

static int begin(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	d.cfg.ngroups = 2;
	d.groups[0].index = 7;
	d.groups[1].index = 8;
	d.plan.cfg = &d.cfg;
	d.cfg.groups[1].nifaces = 1;
	d.plan.group[1][0].ifindex = 5;
	d.plan.group[1][1].ifindex = 6;
	apart = false;
	memset(answer_mac, 0, sizeof(answer_mac));
	d.core.group[1].state = HB_BACKUP;
	full = false;
	room = 2;
	nposted = ntold = 0;
	nalarms = nover = 0;
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

#endif
