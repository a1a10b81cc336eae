/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waits until a time, or for a file descriptor. Times are CLOCK_BOOTTIME. */
#ifndef IPT_WAIT_H
#define IPT_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* As ppoll(), until `until_ns`; 0: it has passed. */
int wait_poll(struct pollfd *fds, nfds_t n, uint64_t until_ns);
/* True: `stop_fd` became readable before `until_ns`. */
bool wait_until(uint64_t until_ns, int stop_fd);

#endif
