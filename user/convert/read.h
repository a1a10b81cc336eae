/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The statements of a host's configuration, read into the model. */
#ifndef IPT_CONVERT_READ_H
#define IPT_CONVERT_READ_H

#include "model.h"

void read_host(struct host *h);
void read_check(struct host *h, void *unused, const struct stmt *s);
void read_instance(struct host *h, void *unused, const struct stmt *s);
void read_sync(struct host *h, void *unused, const struct stmt *s);
/* Of instance or sync group: track_script, notify_master and the like. */
void read_track(struct host *h, void *into, const struct stmt *s);
void read_notify(struct host *h, void *into, const struct stmt *s);
/* A line of virtual_ipaddress. */
void read_vip(struct host *h, struct instance *into, const struct stmt *s);
/* A block of virtual_routes or virtual_rules. */
void read_routes(struct host *h, void *into, const struct stmt *block);

#endif
