/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests that came by the control socket, in the loop's thread. */
#ifndef IPT_REQUESTS_H
#define IPT_REQUESTS_H

#include "daemon.h"

/* Answers at once what needs no outcome or cannot be done; the rest becomes events of the core. */
void requests_take(struct daemon *d, const struct control_request *req);
/* CORE_FX_REPLY: the outcome for one group, to those that wait for it. */
void requests_reply(struct daemon *d, const struct core_effect *fx);

#endif
