/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line's side of the control socket /run/ip-takeover/INSTANCE.sock. */
#ifndef IPT_CLIENT_H
#define IPT_CLIENT_H

#include <stdbool.h>
#include "err.h"

enum client_result {
	CLIENT_NO_DAEMON = 1, /* nobody listens: act on the pinned maps directly */
};

/* Is a daemon of this instance answering? */
bool client_daemon_alive(const char *instance);

/*
 * Asks the daemon: `command` is "take", "release", "announce" or "detach" (close gates, remove addresses, exit;
 * answered when that is done), `group` may be NULL. Waits up to `timeout_ms` for the outcome.
 * 0 done, CLIENT_NO_DAEMON, or -errno with the daemon's reason in `e`.
 */
int client_request(const char *instance, const char *command, const char *group, bool force,
		   unsigned int timeout_ms, struct err *e);

#endif
