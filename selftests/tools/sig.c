/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends a signal and prints the moment on CLOCK_BOOTTIME: `sig NUMBER PID`; `sig 0 0` only reads the clock.
 * `sig NUMBER PID THEN MS` sends a second one so much later and prints both moments: how long it really was.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "common.h"

static void send(pid_t pid, int number)
{
	if (pid && kill(pid, number) < 0)
		die("sig: %s", strerror(errno));
}

static void wait_until(uint64_t at_ns)
{
	struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000),
			      .tv_nsec = (long)(at_ns % 1000000000)};

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

int main(int argc, char **argv)
{
	/* Whoever else wants the processor must not make the time between the two longer. */
	struct sched_param first = {.sched_priority = 60};
	uint64_t now_ns;
	pid_t pid;

	if (argc != 3 && argc != 5)
		die("usage: sig NUMBER PID [THEN MS]");
	pid = (pid_t)parse_u64(argv[2], "PID");
	if (argc == 5)
		(void)sched_setscheduler(0, SCHED_FIFO, &first);
	now_ns = clock_now_ns();
	send(pid, (int)parse_u64(argv[1], "NUMBER"));
	if (argc == 5) {
		wait_until(now_ns + parse_u64(argv[4], "MS") * 1000000);
		send(pid, (int)parse_u64(argv[3], "THEN"));
		printf("%" PRIu64 " ", now_ns);
		now_ns = clock_now_ns();
	}
	printf("%" PRIu64 "\n", now_ns);
	return 0;
}
