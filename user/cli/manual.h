/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ownership by hand, on the pinned maps, where no daemon runs: no dead-man switch, no refresh. */
#ifndef IPT_MANUAL_H
#define IPT_MANUAL_H

#include <stdbool.h>
#include "addr/addrs.h"
#include "base/err.h"
#include "kern/kern.h"

struct manual {
	struct kern *k;
	const char *instance, *name; /* the caller's */
	/* Looked up by each of the steps below. */
	uint32_t group;
	struct vip_list vips;
};

enum manual_result {
	MANUAL_ALREADY = 1, /* held by hand before: nothing was done */
};

/* Opens the instance. */
int manual_open(struct manual *ret, const char *instance, const char *group, struct err *e);
void manual_close(struct manual *m);

/*
 * Probes every address and refuses if anybody answers, then addresses, gate and one whole burst. 0,
 * MANUAL_ALREADY, or -errno; then nothing is held, unless the text says so. `force`: no probes, and a
 * group that a configuration manages is taken too.
 */
int manual_take(struct manual *m, bool force, struct err *e);
/* Gate first, then, after the settle time, the addresses that we added. -ENOENT: there was nothing. */
int manual_release(struct manual *m, struct err *e);
/* One round for a group that is held, by whatever means. -ENOENT: it is not. */
int manual_announce(struct manual *m, struct err *e);

#endif
