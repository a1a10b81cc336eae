/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps processors busy as services do: some processes compute, some are born, sleep and die; until SIGTERM. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common.h"

#define BYTES (1u << 20) /* more than a first-level cache, so that it competes for memory, too */

static void sleep_some(unsigned int *seed)
{
	struct timespec ts = {.tv_nsec = 200000 + rand_r(seed) % 5000000};

	(void)nanosleep(&ts, NULL);
}

static void compute(void)
{
	static unsigned char bytes[BYTES];
	unsigned int i;

	for (;;)
		for (i = 0; i < BYTES; i += 64)
			((volatile unsigned char *)bytes)[i]++;
}

/* A child that touches pages of its own and is gone: page faults, TLB flushes, the scheduler's work. */
static void breed(unsigned int seed)
{
	char bytes[16384];
	pid_t pid;

	for (;;) {
		pid = fork();
		if (pid < 0)
			die("busy: fork");
		if (!pid) {
			memset(bytes, (int)seed, sizeof(bytes));
			sleep_some(&seed);
			_exit(0);
		}
		(void)waitpid(pid, NULL, 0);
		sleep_some(&seed);
	}
}

static void start(unsigned int index, bool computes)
{
	pid_t pid = fork();

	if (pid < 0)
		die("busy: fork");
	if (pid)
		return;
	/* They end with whoever started them, however that ends. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (computes)
		compute();
	breed(index);
}

int main(int argc, char **argv)
{
	uint64_t i, computing, breeding;

	if (argc != 3)
		die("usage: busy COMPUTING BREEDING");
	computing = parse_u64(argv[1], "COMPUTING");
	breeding = parse_u64(argv[2], "BREEDING");
	for (i = 0; i < computing + breeding; i++)
		start((unsigned int)i, i < computing);
	stop_on_signals();
	while (!stopped())
		(void)pause();
	return 0;
}
