/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads for what may block: jobs go in and come back done, in order if it is one thread, with a wake-up for the loop. */
#ifndef IPT_WORKER_H
#define IPT_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/thread.h"

#define WORKER_FDS 2

/* The first member of a struct of its owner's, which says what is to be done, and holds what came of it. */
struct job {
	void (*run)(struct job *job, void *arg); /* in a thread */
	void (*done)(struct job *job, void *arg); /* in the loop, when its result is fetched */
	int spent_fd[WORKER_FDS]; /* closed when the result is on its way; 0: none */
	/* result */
	int err; /* 0 or -errno; `text` says more */
	struct err text;
};

struct worker;

#define WORKER_MAX_THREADS 8

struct worker_kind {
	const char *name; /* of its threads */
	enum thread_class class;
	unsigned int threads; /* 1 to WORKER_MAX_THREADS: so many jobs at a time */
};

/* `run` and `done` of each job are called with `arg`. */
int worker_start(struct worker **ret, const struct worker_kind *kind, void *arg, struct err *e);
/* Forgets the jobs that wait; one that runs is finished. */
void worker_drop(struct worker *w);
/* Finishes the jobs that wait, then ends. Results that nobody has fetched are forgotten. */
void worker_stop(struct worker *w);
/*
 * Posts a copy of `size` bytes: of the whole struct that begins with the job. The worker frees the copy after `done`, or when
 * it forgets the job; what the copy points to must live until then. False: 256 jobs or results wait already, or there is
 * no memory. Each job that was accepted comes back by worker_fetch().
 */
bool worker_post(struct worker *w, const struct job *job, size_t size);
bool worker_post_first(struct worker *w, const struct job *job,
		       size_t size); /* before all that wait */
/* Readable when a job is done. */
int worker_fd(struct worker *w);
/* Fetches all results: calls `done` of each. */
void worker_fetch(struct worker *w);

#endif
