/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Starts the daemon's threads, each in the scheduling class that its work deserves. */
#ifndef IPT_THREAD_H
#define IPT_THREAD_H

#include <pthread.h>

enum thread_class {
	THREAD_ORDINARY, /* may wait behind the host's load */
	/* In the caller's real-time class where it has one, so that what a takeover needs is not held up by
	 * load, but at the lowest priority there: never where it could keep the loop from the lease. */
	THREAD_URGENT,
	THREAD_LOOP, /* as the caller: it does the loop's own work */
};

/* All signals blocked: they are the loop's. 0 or -errno. */
int thread_start(pthread_t *ret, const char *name, enum thread_class class, void *(*fn)(void *arg),
		 void *arg);

#endif
