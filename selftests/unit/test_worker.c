/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A job that was accepted comes back, however long nobody looks; one that could not come back is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include <cmocka.h>
#include "daemon/worker.h"

#define MANY 600 /* more than a worker has room for */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint ran;
static unsigned int fetched;

struct sum_job {
	struct job job;
	uint32_t number, next;
};

static void run(struct job *job, void *arg)
{
	struct sum_job *sum = (struct sum_job *)job;

	(void)arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	sum->next = sum->number + 1;
	ran++;
}

static void done(struct job *job, void *arg)
{
	const struct sum_job *sum = (struct sum_job *)job;

	assert_ptr_equal(arg, &fetched);
	assert_int_equal(sum->next, sum->number + 1);
	fetched++;
}

static struct worker *start(unsigned int threads)
{
	const struct worker_kind kind = {"test", THREAD_ORDINARY, threads};
	struct worker *w;
	struct err e;

	ran = 0;
	assert_int_equal(worker_start(&w, &kind, &fetched, &e), 0);
	return w;
}

static unsigned int post_many(struct worker *w)
{
	unsigned int accepted = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		struct sum_job sum = {.job = {.run = run, .done = done}, .number = i};

		accepted += i % 2 ? worker_post(w, &sum.job, sizeof(sum))
				  : worker_post_first(w, &sum.job, sizeof(sum));
	}
	return accepted;
}

static unsigned int drain(struct worker *w)
{
	fetched = 0;
	worker_fetch(w);
	return fetched;
}

/* In two goes: results that nobody has fetched yet, and then as many jobs as are taken. */
static void no_result_is_lost(void **state)
{
	for (unsigned int threads = 1; threads <= WORKER_MAX_THREADS; threads *= 2) {
		struct worker *w = start(threads);
		unsigned int accepted;

		(void)state;
		accepted = post_many(w);
		while (ran < accepted)
			(void)usleep(1000);
		pthread_mutex_lock(&gate);
		accepted += post_many(w);
		pthread_mutex_unlock(&gate);
		while (ran < accepted)
			(void)usleep(1000);
		/* The last one may be on its way into the queue. */
		for (int i = 0; i < 5000 && accepted; i++) {
			accepted -= drain(w);
			(void)usleep(1000);
		}
		assert_int_equal(accepted, 0);
		worker_stop(w);
	}
}

static void there_is_room_again(void **state)
{
	struct worker *w = start(1);
	unsigned int accepted = post_many(w);

	(void)state;
	assert_true(accepted >= 256 && accepted < MANY);
	while (accepted) {
		accepted -= drain(w);
		(void)usleep(1000);
	}
	assert_true(post_many(w) >= 256);
	worker_stop(w);
}

/* Jobs that are forgotten leave their room. */
static void dropped_jobs_leave_room(void **state)
{
	struct worker *w = start(1);

	(void)state;
	pthread_mutex_lock(&gate);
	(void)post_many(w);
	worker_drop(w);
	assert_true(post_many(w) >= 254);
	pthread_mutex_unlock(&gate);
	worker_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_result_is_lost),
		cmocka_unit_test(there_is_room_again),
		cmocka_unit_test(dropped_jobs_leave_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
