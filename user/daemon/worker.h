/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads for what may block: jobs go in and come back done, in order if it is one thread, with a wake-up for the loop. */
#ifndef IPT_WORKER_H
#define IPT_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/thread.h"
#include "net/netdev.h"

enum job_type {
	JOB_ADDR_ADD, /* put the group's addresses on their interfaces */
	JOB_ADDR_DEL, /* take those that are ours off again */
	JOB_PROBE, /* does anybody answer for the group's addresses? */
	JOB_AUDIT, /* taken over by silence: does anybody else answer still? */
	JOB_SELFTEST, /* does exactly the owner answer for the group's first address? */
	/* Of links: `group` is the number of the interface there. */
	JOB_GUARD, /* sysctls again; on which interfaces are our programs not? */
	JOB_LINK, /* how is the interface? Asked when the kernel could not tell */
	JOB_ATTACH, /* programs back on the interface */
	JOB_READY, /* could the daemon start now? */
};

struct job {
	enum job_type type;
	uint32_t group; /* kernel index */
	uint64_t wait_ns; /* JOB_PROBE: for the answers; 0: the usual */
	uint32_t from_be32; /* JOB_AUDIT: our own address there; 0: asks as a probe does */
	uint8_t expect_mac[6]; /* JOB_SELFTEST: the owner's; all zero: unknown */
	uint64_t epoch; /* JOB_SELFTEST: of that owner */
	bool again; /* JOB_SELFTEST: the last one was bad */
	uint64_t
		asked_ns; /* JOB_PROBE: when the first question was about to leave; JOB_GUARD: when it began */
	int spent_fd; /* closed when the result is on its way; 0: none */
	/* result */
	int err; /* 0 or -errno; `text` says more */
	uint32_t answers;
	uint32_t verdict; /* JOB_SELFTEST: enum ipt_selftest */
	uint64_t rtt_ns;
	uint8_t mac[6];
	struct netdev dev; /* JOB_LINK */
	uint32_t deaf_mask; /* JOB_GUARD: bit of each interface without our ingress program */
	uint32_t unfenced_mask; /* and of each without our egress filter */
	struct err text;
};

struct worker;

#define WORKER_MAX_THREADS 8

struct worker_kind {
	const char *name; /* of its threads */
	enum thread_class class;
	unsigned int threads; /* 1 to WORKER_MAX_THREADS: so many jobs at a time */
};

/* `run` is called in a thread, job by job, with `arg`. */
int worker_start(struct worker **ret, const struct worker_kind *kind,
		 void (*run)(struct job *job, void *arg), void *arg, struct err *e);
/* Forgets the jobs that wait; one that runs is finished. */
void worker_drop(struct worker *w);
/* Finishes the jobs that wait, then ends. */
void worker_stop(struct worker *w);
/* False: 256 jobs wait already, or their results do. What is accepted comes back, whenever it is fetched. */
bool worker_post(struct worker *w, const struct job *job);
bool worker_post_first(struct worker *w, const struct job *job); /* before all that wait */
/* Readable when a job is done. */
int worker_fd(struct worker *w);
bool worker_done(struct worker *w, struct job *ret);

#endif
