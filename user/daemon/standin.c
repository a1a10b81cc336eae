/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the turn of the loop, and the thread that takes it when the loop's own is late for it. */
#include "standin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"

/* So many turns in a row for the stand-in: the loop had better run elsewhere. */
#define MOVE_AFTER 16
/* The loop has had its turn for so many looks and does not end it: it has lost its processor in the middle. */
#define LOST_AFTER 3

struct standin {
	pthread_mutex_t turn;
	pthread_t thread, loop;
	int stop_fd;
	cpu_set_t allowed;
	/* The stand-in's turns since the loop's own last one; of who holds the turn. */
	unsigned int turns;
	uint64_t slack_ns;
	void (*run)(void *arg);
	void *arg;
	_Atomic uint64_t due_ns; /* written by who holds the turn */
	_Atomic int home; /* the one processor of the loop's own thread */
	/* It may use all of them for once, and keeps to the one where it is put. */
	_Atomic bool freed;
};

static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

/* Lets the scheduler find a better place for the loop's own thread. */
static void set_free(struct standin *s)
{
	atomic_store(&s->freed, true);
	(void)pthread_setaffinity_np(s->loop, sizeof(s->allowed), &s->allowed);
}

/*
 * The loop has a processor of its own, the stand-in all others: one that stops must not be both threads'. Free to move,
 * a real-time thread that is woken while another one runs is put where nobody runs, and a processor that the
 * hypervisor has stopped looks like that.
 */
static void keep_apart(const struct standin *s)
{
	cpu_set_t others = s->allowed;

	CPU_CLR((size_t)atomic_load(&s->home), &others);
	(void)sched_setaffinity(0, sizeof(others), &others);
}

/* False: it is to end. */
static bool sleep_until(const struct standin *s, uint64_t when_ns)
{
	struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};
	uint64_t now_ns = clock_now_ns(), ns = when_ns > now_ns ? when_ns - now_ns : 0;
	struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000)};

	return ppoll(&stop, 1, &ts, NULL) <= 0;
}

/* Nobody has taken the turn since it was due at `due_ns`? Then it is ours. True: somebody has it. */
static bool take_over(struct standin *s, uint64_t due_ns)
{
	if (atomic_load(&s->due_ns) != due_ns)
		return false;
	if (pthread_mutex_trylock(&s->turn))
		return true;
	if (atomic_load(&s->due_ns) == due_ns) {
		s->run(s->arg);
		/* No stop, then, but a thread that never leaves its processor; or the rest is for the loop's own. */
		if (++s->turns == MOVE_AFTER || atomic_load(&s->due_ns) == STANDIN_NEVER)
			set_free(s);
	}
	pthread_mutex_unlock(&s->turn);
	return false;
}

static void *watch(void *arg)
{
	struct standin *s = arg;
	uint64_t due_ns = atomic_load(&s->due_ns), when_ns, now_ns;
	unsigned int lost = 0;

	keep_apart(s);
	for (;;) {
		if (sched_getcpu() == atomic_load(&s->home))
			keep_apart(s);
		/* A turn that takes long is still its holder's. */
		now_ns = clock_now_ns();
		when_ns = due_ns > now_ns ? due_ns : now_ns;
		if (!sleep_until(s, when_ns + s->slack_ns))
			return NULL;
		lost = take_over(s, due_ns) ? lost + 1 : 0;
		if (lost == LOST_AFTER)
			set_free(s);
		due_ns = atomic_load(&s->due_ns);
	}
}

static int standin_thread(struct standin *s, struct err *e)
{
	int err = mutex_init(&s->turn);

	if (err)
		return err_set(e, err, "stand-in: %s", strerror(-err));
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (s->stop_fd < 0) {
		err = err_set(e, -errno, "stand-in: %s", strerror(errno));
		goto out_mutex;
	}
	pthread_mutex_lock(&s->turn);
	err = thread_start(&s->thread, "stand-in", THREAD_LOOP, watch, s);
	if (!err)
		return 0;
	pthread_mutex_unlock(&s->turn);
	err_set(e, err, "stand-in: %s", strerror(-err));
	close(s->stop_fd);
out_mutex:
	pthread_mutex_destroy(&s->turn);
	return err;
}

int standin_start(struct standin **ret, uint64_t slack_ns, void (*run)(void *arg), void *arg,
		  struct err *e)
{
	struct standin *s;
	cpu_set_t allowed;
	int err;

	*ret = NULL;
	if (sched_getscheduler(0) != SCHED_FIFO ||
	    sched_getaffinity(0, sizeof(allowed), &allowed) || CPU_COUNT(&allowed) < 2)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, -ENOMEM, "stand-in: out of memory");
	s->allowed = allowed;
	s->slack_ns = slack_ns;
	s->run = run;
	s->arg = arg;
	atomic_init(&s->due_ns, clock_now_ns());
	s->loop = pthread_self();
	atomic_init(&s->home, sched_getcpu());
	atomic_init(&s->freed, false);
	err = standin_thread(s, e);
	if (err) {
		free(s);
		return err;
	}
	stay_on(atomic_load(&s->home));
	*ret = s;
	return 0;
}

void standin_spread(struct standin *s)
{
	if (!s)
		return;
	set_free(s);
	(void)pthread_setaffinity_np(s->thread, sizeof(s->allowed), &s->allowed);
}

void standin_stop(struct standin *s)
{
	if (!s)
		return;
	(void)eventfd_write(s->stop_fd, 1);
	standin_spread(s);
	pthread_mutex_unlock(&s->turn);
	pthread_join(s->thread, NULL);
	close(s->stop_fd);
	pthread_mutex_destroy(&s->turn);
	free(s);
}

void standin_due(struct standin *s, uint64_t due_ns)
{
	if (s)
		atomic_store(&s->due_ns, due_ns);
}

void standin_give(struct standin *s, uint64_t due_ns)
{
	int cpu;

	if (!s)
		return;
	cpu = sched_getcpu();
	if (atomic_exchange(&s->freed, false) || cpu != atomic_load(&s->home)) {
		atomic_store(&s->home, cpu);
		stay_on(cpu);
	}
	s->turns = 0;
	atomic_store(&s->due_ns, due_ns);
	pthread_mutex_unlock(&s->turn);
}

void standin_take(struct standin *s)
{
	if (s)
		pthread_mutex_lock(&s->turn);
}
