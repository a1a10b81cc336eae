/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one place that creates threads. */
#include "thread.h"

#include <sched.h>
#include <signal.h>

/* Memory is locked as a whole: the usual 8 MB for each of two dozen threads would be real memory. */
#define STACK_BYTES (1024 * 1024)

/* Explicit for every thread: the default is to inherit the loop's own class and priority. */
static int set_class(pthread_attr_t *attr, enum thread_class class)
{
	struct sched_param param = {0};
	int policy = sched_getscheduler(0);

	if (class == THREAD_ORDINARY || (policy != SCHED_FIFO && policy != SCHED_RR))
		policy = SCHED_OTHER;
	else if (class == THREAD_LOOP)
		(void)sched_getparam(0, &param);
	else
		param.sched_priority = sched_get_priority_min(policy);
	(void)pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
	(void)pthread_attr_setschedpolicy(attr, policy);
	return pthread_attr_setschedparam(attr, &param);
}

int thread_start(pthread_t *ret, const char *name, enum thread_class class, void *(*fn)(void *arg),
		 void *arg)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return -err;
	err = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (!err)
		err = set_class(&attr, class);
	if (!err) {
		sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		err = pthread_create(ret, &attr, fn, arg);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (!err)
		(void)pthread_setname_np(*ret, name);
	(void)pthread_attr_destroy(&attr);
	return -err;
}
