/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts that collect the status share. */
#ifndef IPT_STATUS_INT_H
#define IPT_STATUS_INT_H

#include "core/frame.h"
#include "status.h"

/* The peers as they were at s->now_ns, with their newest accepted frame read. */
struct heard {
	bool up, decoded;
	bool proven; /* it has heard us, a moment ago */
	bool hello; /* a frame of it that proves nothing has come, a moment ago */
	struct beat beat;
};

struct collect {
	struct kern *k;
	struct status *s;
	struct ipt_self self;
	struct heard heard[IPT_MAX_PEERS]; /* as s->peers */
};

/* peer.c */
void status_collect_peers(struct collect *c);
void status_collect_keys(struct collect *c);

/* alarm.c: what a person should look at. */
__attribute__((format(printf, 4, 5))) void status_alarm(struct status *s,
							enum status_alarm_kind kind,
							const char *group, const char *fmt, ...);
void status_alarms_of(struct status *s, const struct status_group *g);
void status_alarm_refused(struct status *s);
void status_alarm_port(struct collect *c);
void status_alarm_paths(struct status *s);
void status_alarm_members(struct collect *c);
void status_alarm_odd(struct status *s);

#endif
