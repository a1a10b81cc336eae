/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line's side of the control socket /run/ip-takeover/INSTANCE.sock. */
#ifndef IPT_CLIENT_H
#define IPT_CLIENT_H

#include <stdbool.h>
#include "base/err.h"

enum client_result {
	CLIENT_NO_DAEMON = 1, /* nobody listens: act on the pinned maps directly */
};

struct client_request {
	const char *command; /* as control_parse() knows them */
	const char *group; /* NULL: none, or all of them */
	const char *to; /* NULL: the daemon chooses */
	bool force;
	bool has_priority;
	unsigned int priority; /* 0: as configured */
};

/* Is a daemon of this instance answering? */
bool client_daemon_alive(const char *instance);

/*
 * Asks the daemon and waits up to `timeout_ms` for the outcome. 0 done, CLIENT_NO_DAEMON, or -errno with the
 * daemon's reason in `e` (0: with its own word for it there, or CONTROL_DONE); -EPIPE: it hung up without a word.
 */
int client_ask(const char *instance, const struct client_request *r, unsigned int timeout_ms,
	       struct err *e);

/* Asks for edges: the last kept ones, and with `follow` those that come. A socket to read lines from, or
 * -errno; -ECONNREFUSED and -ENOENT: nobody listens. */
int client_events(const char *instance, unsigned int last, bool follow);

#endif
