/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the service manager is told of the daemon: that it is ready, that its loop goes on, that it ends. */
#ifndef IPT_SERVICE_H
#define IPT_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/manager.h"

struct daemon;

struct service {
	struct manager manager;
	bool ready, ending; /* it knows */
	uint64_t patience_ns; /* until when a group may keep it waiting */
	uint64_t alive_ns; /* of the last sign of life */
};

void service_open(struct service *ret);
void service_close(struct service *s);
/* Once a wake-up, by whoever has the loop's turn. Never blocks. */
void service_look(struct service *s, const struct daemon *d, uint64_t now_ns);

#endif
