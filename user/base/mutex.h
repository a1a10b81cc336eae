/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A mutex that the loop may share with threads of lower priority. */
#ifndef IPT_MUTEX_H
#define IPT_MUTEX_H

#include <pthread.h>

/* The loop may wait for a thread of lower priority: that runs at the loop's while it holds the lock. */
static inline int mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;
	int err = pthread_mutexattr_init(&attr);

	if (err)
		return -err;
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	err = pthread_mutex_init(mutex, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -err;
}

#endif
