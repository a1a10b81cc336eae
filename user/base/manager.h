/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The service manager that has started this process, as sd_notify(3) has it: words in datagrams to the socket that
 * NOTIFY_SOCKET names. Where nobody asks for them all of this does nothing.
 */
#ifndef IPT_MANAGER_H
#define IPT_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

struct manager {
	int fd; /* -1: nobody is to be told */
	uint64_t watchdog_ns; /* a sign of life is wanted within that; 0: it is not */
};

void manager_open(struct manager *ret);
void manager_close(struct manager *m);
/* Never blocks. False: not now, so try again. */
bool manager_tell(const struct manager *m, const char *words);

#endif
