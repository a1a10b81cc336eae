/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a thread of the daemon is born with: all signals blocked, a small stack, a name, the scheduling class of its work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "base/thread.h"

struct born {
	sigset_t blocked;
	size_t stack;
	int policy, priority;
};

static void *look(void *arg)
{
	struct born *b = arg;
	struct sched_param param;
	pthread_attr_t attr;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &b->blocked);
	(void)pthread_getschedparam(pthread_self(), &b->policy, &param);
	b->priority = param.sched_priority;
	(void)pthread_getattr_np(pthread_self(), &attr);
	(void)pthread_attr_getstacksize(&attr, &b->stack);
	(void)pthread_attr_destroy(&attr);
	return NULL;
}

static struct born start(enum thread_class class)
{
	struct born b = {.policy = -1};
	pthread_t t;

	assert_int_equal(thread_start(&t, "a-thread", class, look, &b), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	return b;
}

static void test_born_with(void **state)
{
	struct born b = start(THREAD_ORDINARY);
	sigset_t ours;

	(void)state;
	assert_int_equal(b.stack, 1024 * 1024);
	assert_int_equal(b.policy, SCHED_OTHER);
	assert_int_equal(b.priority, 0);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig > 33))
			assert_int_equal(sigismember(&b.blocked, sig), 1);
	/* And who starts it hears them as before. */
	(void)pthread_sigmask(SIG_SETMASK, NULL, &ours);
	assert_int_equal(sigismember(&ours, SIGTERM), 0);
}

/* Named by who has started it, perhaps after it has looked. */
static void *wait_for_name(void *arg)
{
	char *name = arg;

	do {
		(void)pthread_getname_np(pthread_self(), name, 16);
		(void)sched_yield();
	} while (strcmp(name, "a-thread") != 0);
	return NULL;
}

static void test_named(void **state)
{
	char name[16] = "";
	pthread_t t;

	(void)state;
	assert_int_equal(thread_start(&t, "a-thread", THREAD_ORDINARY, wait_for_name, name), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_string_equal(name, "a-thread");
}

/* Where the caller is real-time: as the caller, at the lowest priority, or not at all. Needs the right to be. */
static void test_class(void **state)
{
	struct sched_param was, param = {.sched_priority = 7};
	int policy = sched_getscheduler(0);
	struct born loop, urgent, ordinary;

	(void)state;
	(void)sched_getparam(0, &was);
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		skip();
	loop = start(THREAD_LOOP);
	urgent = start(THREAD_URGENT);
	ordinary = start(THREAD_ORDINARY);
	assert_int_equal(sched_setscheduler(0, policy, &was), 0);
	assert_int_equal(loop.policy, SCHED_FIFO);
	assert_int_equal(loop.priority, 7);
	assert_int_equal(urgent.policy, SCHED_FIFO);
	assert_int_equal(urgent.priority, sched_get_priority_min(SCHED_FIFO));
	assert_int_equal(ordinary.policy, SCHED_OTHER);
	assert_int_equal(start(THREAD_LOOP).policy, SCHED_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_born_with),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
