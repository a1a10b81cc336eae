/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who our children are, also across an exec. */
#include "children.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/inherit.h"
#include "base/wait.h"

#define MAX_CHILDREN 64
#define START_WAIT_NS 20000000
#define LOOK_NS 20000000 /* between two, at a child that says nothing */
#define GRACE_NS 1000000000ull /* what is killed is gone by then, or hangs */
#define NAME "children" /* of what is inherited */

/* Whoever starts or collects one waits here, and the loop before an exec, for START_WAIT_NS at most. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned int starting; /* not among `ours` yet */
	bool leaving; /* nothing starts */
	pid_t ours[MAX_CHILDREN];
	pid_t left[MAX_CHILDREN]; /* by the programs that this process ran before */
} children = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Under the mutex. */
static void swap_locked(pid_t *list, pid_t from, pid_t to)
{
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (list[i] == from) {
			list[i] = to;
			break;
		}
}

static void swap_entry(pid_t *list, pid_t from, pid_t to)
{
	pthread_mutex_lock(&children.mutex);
	swap_locked(list, from, to);
	pthread_mutex_unlock(&children.mutex);
}

/* Those that are on their way get on the list, unless a program hangs before its first instruction. */
static void await_starts(void)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += START_WAIT_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	while (children.starting &&
	       !pthread_cond_clockwait(&children.changed, &children.mutex, CLOCK_MONOTONIC, &until))
		;
}

static void append(char *line, size_t size, const pid_t *list)
{
	size_t len = strlen(line);

	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (list[i])
			len += (size_t)snprintf(line + len, size - len, "%d ", list[i]);
}

void children_leave(void)
{
	char line[2 * MAX_CHILDREN * 12] = "";

	pthread_mutex_lock(&children.mutex);
	children.leaving = true;
	await_starts();
	/* One that the program before had left may run still: it is nobody else's to collect. */
	append(line, sizeof(line), children.left);
	append(line, sizeof(line), children.ours);
	pthread_mutex_unlock(&children.mutex);
	inherit_put(NAME, line);
}

void children_stay(void)
{
	pthread_mutex_lock(&children.mutex);
	children.leaving = false;
	pthread_cond_broadcast(&children.changed);
	pthread_mutex_unlock(&children.mutex);
}

void children_take_over(void)
{
	char *all = inherit_take(NAME);
	int pid, len;

	for (const char *line = all; line && sscanf(line, "%d %n", &pid, &len) == 1; line += len)
		if (pid > 1)
			swap_entry(children.left, 0, pid);
	free(all);
}

void children_reap_left(void)
{
	pthread_mutex_lock(&children.mutex);
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (children.left[i] && waitpid(children.left[i], NULL, WNOHANG))
			children.left[i] = 0;
	pthread_mutex_unlock(&children.mutex);
}

/* True: there is something to collect, or no such child. */
static bool has_ended(pid_t pid)
{
	siginfo_t si = {0};

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) || si.si_pid;
}

bool children_await(pid_t pid, int pidfd, uint64_t until_ns, int stop_fd)
{
	struct pollfd fds[] = {
		{.fd = pidfd, .events = POLLIN},
		{.fd = stop_fd, .events = POLLIN},
	};

	while (!has_ended(pid)) {
		uint64_t now_ns = clock_now_ns(), look_ns = now_ns + LOOK_NS;

		if (now_ns >= until_ns || fds[1].revents)
			return false;
		/* Ended, and not to be had yet: somebody traces it. */
		if (fds[0].revents)
			fds[0].fd = -1;
		if (look_ns > until_ns || fds[0].fd >= 0)
			look_ns = until_ns;
		(void)wait_poll(fds, 2, look_ns);
	}
	return true;
}

static bool await_left(pid_t pid, uint64_t until_ns)
{
	int fd = pidfd_open(pid, 0);
	bool gone = children_await(pid, fd, until_ns, -1);

	if (fd >= 0)
		close(fd);
	return gone;
}

void children_await_left(uint64_t timeout_ns)
{
	uint64_t until_ns = clock_now_ns() + timeout_ns;

	for (unsigned int i = 0; i < MAX_CHILDREN; i++) {
		pid_t pid;

		pthread_mutex_lock(&children.mutex);
		pid = children.left[i];
		pthread_mutex_unlock(&children.mutex);
		if (!pid || await_left(pid, until_ns))
			continue;
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
		(void)await_left(pid, until_ns + GRACE_NS);
	}
	children_reap_left();
}

void children_adopt(atomic_int *running, pid_t pid)
{
	bool there = false, ours = false;

	pthread_mutex_lock(&children.mutex);
	for (unsigned int i = 0; i < MAX_CHILDREN && pid; i++) {
		there = there || children.left[i] == pid;
		/* Adopted before, by an attempt of this process that has failed. */
		ours = ours || children.ours[i] == pid;
	}
	if (there) {
		swap_locked(children.left, pid, 0);
		swap_locked(children.ours, 0, pid);
	}
	atomic_store(running, there || ours ? pid : 0);
	pthread_mutex_unlock(&children.mutex);
}

void children_begin(void)
{
	pthread_mutex_lock(&children.mutex);
	while (children.leaving)
		pthread_cond_wait(&children.changed, &children.mutex);
	children.starting++;
	pthread_mutex_unlock(&children.mutex);
}

void children_end(atomic_int *running, pid_t pid)
{
	pthread_mutex_lock(&children.mutex);
	if (pid)
		swap_locked(children.ours, 0, pid);
	atomic_store(running, pid);
	children.starting--;
	pthread_cond_broadcast(&children.changed);
	pthread_mutex_unlock(&children.mutex);
}

void children_gone(pid_t pid)
{
	swap_entry(children.ours, pid, 0);
}
