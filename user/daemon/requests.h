/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests that came by the control socket, in the loop's thread. */
#ifndef IPT_REQUESTS_H
#define IPT_REQUESTS_H

#include <stdint.h>
#include "control/control.h"
#include "core/core.h"

struct daemon;

/* A client of the control socket that waits until the core has replied for all of `groups`. */
#define REQUESTS_MAX 32
struct request_wait {
	uint32_t client; /* 0: free */
	uint32_t ask; /* its number */
	enum core_event_type asked;
	uint64_t groups; /* one bit each */
	char refused[128]; /* why, by the first that was; empty: none */
};

struct requests {
	struct request_wait wait[REQUESTS_MAX];
	uint32_t last_ask;
	uint32_t stop_client[REQUESTS_MAX]; /* `detach`es that wait for the end */
	unsigned int nstop;
};

/* Answers at once what needs no outcome or cannot be done; the rest becomes events of the core. */
void requests_take(struct daemon *d, const struct control_request *req);
/* CORE_FX_REPLY: the outcome for one group, to those that wait for it. */
void requests_reply(struct daemon *d, const struct core_effect *fx);

#endif
