/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a host's instances for those who keep figures: OpenMetrics, or Prometheus's older text format. */
#ifndef IPT_METRICS_H
#define IPT_METRICS_H

#include <stdbool.h>
#include <stdio.h>
#include "status.h"

#define METRICS_MAX_INSTANCES 32

struct metrics_instance {
	char name[64];
	bool readable; /* else `status` says nothing */
	struct status status;
};

struct metrics_host {
	uint32_t n;
	struct metrics_instance *instance[METRICS_MAX_INSTANCES]; /* from malloc */
};

/* All instances that are pinned for this network namespace, or the one of that name. Those that cannot be read are in it and
 * not readable, and a line on standard error says why. -errno: there is nothing to tell. */
int metrics_collect(const char *instance, struct metrics_host *ret, struct err *e);
void metrics_free(struct metrics_host *host);
/* `classic`: text format 0.0.4, for a textfile directory or promtool; else OpenMetrics 1.0. */
void metrics_print(FILE *f, const struct metrics_host *host, bool classic);

#endif
