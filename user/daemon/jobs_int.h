/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done for a group in the worker threads. `group` is its index in the configuration. */
#ifndef IPT_JOBS_INT_H
#define IPT_JOBS_INT_H

#include "daemon.h"
#include "net/probe.h"

/* Its addresses, onto their interfaces or off, and its routes and rules. */
struct addrs_job {
	struct job job;
	uint32_t group;
	bool route_failed; /* result: a route or a rule, not an address */
};

/* Who answers for its addresses? */
struct probe_job {
	struct job job;
	uint32_t group;
	uint32_t ifindex; /* on that interface alone; 0: on each, one after the other */
	uint64_t wait_ns; /* for the answers; 0: the usual */
	bool as_host; /* from our own address there, if there is one; else as RFC 5227 says */
	/* result */
	uint64_t asked_ns; /* when the first question was about to leave */
	uint32_t answers;
	uint32_t unanswered; /* addresses */
	uint64_t rtt_ns; /* the longest until an address had its first answer */
	uint8_t mac[6]; /* who answered: somebody who is no member, if there was one, ... */
	/* ... and who did on each interface, as far as there is room: one of each family fits */
	struct plan_iface by[CONFIG_MAX_GROUP_IFACES * PROBE_FAMILIES];
	uint32_t nby;
	bool foreign; /* a second host answered for the same address */
};

/* Does exactly the owner answer for its first address of each family? */
struct selftest_job {
	struct probe_job probe;
	struct plan_iface
		owner[CONFIG_MAX_GROUP_IFACES]; /* whose MAC is known by what it sends there */
	uint32_t nowner;
	uint64_t epoch; /* of that owner */
	bool again; /* the last one was bad */
	/* result */
	enum ipt_selftest verdict;
};

/* addr_jobs.c. Here and below, what posts a job: false, there is no room. */
bool addr_jobs_add(struct daemon *d, uint32_t group);

/* probe_jobs.c */
bool probe_jobs_ask(struct daemon *d, uint32_t group, uint64_t wait_ns);
bool probe_jobs_audit(struct daemon *d, uint32_t group);
/* In the thread: asks on each interface for up to `max` addresses of the group and family, each `count` times. */
void probe_jobs_run(struct probe_job *p, struct daemon *d, uint32_t max, unsigned int count);

/* selftest_jobs.c */
bool selftest_jobs_ask(struct daemon *d, uint32_t group, uint64_t epoch, bool again);
/* No outcome is to be had; it is made again in `again_ns`. */
void selftest_jobs_none(struct daemon *d, uint32_t group, uint64_t again_ns);

#endif
