/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `status` tells: collected from the pinned maps once, then written as JSON or as text. */
#ifndef IPT_STATUS_H
#define IPT_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "cmd.h"
#include "kern.h"
#include "vips.h"

#define STATUS_MAX_ALARMS 64

struct status_group {
	char name[IPT_NAME_LEN];
	const char *state; /* owner, standby, fault */
	const char *phase; /* of the protocol; "manual"; "none" while no daemon runs */
	const char *lease; /* live, none, manual */
	char owner[IPT_NAME_LEN]; /* empty: not known */
	uint64_t term;
	uint64_t remaining_ns; /* of a live lease */
	bool managed;
	bool drained;
	struct ipt_report report;
	struct vip_list list;
};

struct status_peer {
	char name[IPT_NAME_LEN];
	bool up;
	uint64_t last_ns; /* CLOCK_BOOTTIME of the last authentic heartbeat; 0: none yet */
	uint64_t silence_ns;
};

struct status_iface {
	struct ipt_iface record;
	bool healthy; /* program and filter are still there */
};

struct status_alarm {
	char group[IPT_NAME_LEN]; /* empty: not one group's */
	char text[160];
};

struct status {
	char instance[64];
	char node[IPT_NAME_LEN];
	bool daemon;
	uint64_t now_ns;
	uint32_t ngroups, npeers, nifaces, nalarms;
	struct status_group groups[IPT_MAX_GROUPS];
	struct status_peer peers[IPT_MAX_PEERS];
	struct status_iface ifaces[IPT_MAX_IFACES];
	struct status_alarm alarms[STATUS_MAX_ALARMS];
	uint64_t counters[CNT_MAX];
};

/* 0 or -errno; to be freed in both cases. */
int status_collect(struct kern *k, const char *instance, struct status *ret, struct err *e);
void status_free(struct status *s);

/* "198.18.1.1/16" */
#define STATUS_ADDR_LEN 20
void status_addr(const struct vip_list *list, uint32_t i, char ret[STATUS_ADDR_LEN]);

void status_print_json(const struct status *s);

#endif
