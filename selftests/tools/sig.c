/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends a signal and prints the moment on CLOCK_BOOTTIME: `sig NUMBER PID`; `sig 0 0` only reads the clock. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "common.h"

int main(int argc, char **argv)
{
	uint64_t now_ns;
	pid_t pid;

	if (argc != 3)
		die("usage: sig NUMBER PID");
	pid = (pid_t)parse_u64(argv[2], "PID");
	now_ns = clock_now_ns();
	if (pid && kill(pid, (int)parse_u64(argv[1], "NUMBER")) < 0)
		die("sig: %s", strerror(errno));
	printf("%" PRIu64 "\n", now_ns);
	return 0;
}
