/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a metric is written: its family first, then its samples. */
#ifndef IPT_METRICS_INT_H
#define IPT_METRICS_INT_H

#include "metrics.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO };

struct metric_out {
	FILE *f;
	bool classic;
	const char *name; /* of the family */
	enum metric_type type;
};

/* A name that ends in "_seconds" has that unit. */
void metric_family(struct metric_out *m, const char *name, enum metric_type type, const char *help);
/* Of the family: "_total" and "_info" come by its type. Pairs of label and value end with NULL. */
void metric_number(const struct metric_out *m, uint64_t value, ...) __attribute__((sentinel));
void metric_seconds(const struct metric_out *m, uint64_t ns, ...) __attribute__((sentinel));
/* `buckets` are as in struct ipt_tally, not yet summed up. */
void metric_histogram(const struct metric_out *m, const uint64_t *buckets, uint64_t sum_ns,
		      const char *instance);

/* metrics_peers.c */
void metrics_print_peers(struct metric_out *m, const struct metrics_host *host);
void metrics_print_counts(struct metric_out *m, const struct metrics_host *host);

#endif
