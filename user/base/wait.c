/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waits until a time, or for a file descriptor. */
#include "wait.h"

#include <time.h>
#include "clock.h"

int wait_poll(struct pollfd *fds, nfds_t n, uint64_t until_ns)
{
	uint64_t now_ns = clock_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec ts = {.tv_sec = (time_t)(left_ns / 1000000000),
			      .tv_nsec = (long)(left_ns % 1000000000)};

	return ppoll(fds, n, &ts, NULL);
}

bool wait_until(uint64_t until_ns, int stop_fd)
{
	struct pollfd stop = {.fd = stop_fd, .events = POLLIN};

	do {
		(void)wait_poll(&stop, 1, until_ns);
	} while (!stop.revents && clock_now_ns() < until_ns);
	return stop.revents;
}
