/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the socket that holds the heartbeats' UDP port, from one process to the next. */
#include "port.h"

#include <arpa/inet.h>
#include <unistd.h>
#include "base/inherit.h"
#include "edge.h"

#define NAME "port" /* of what is inherited */

void port_open(struct daemon *d)
{
	struct err ignored;

	d->port_fd = inherit_take_fd(NAME);
	if (d->port_fd >= 0 && beat_holds_port(d->port_fd, htons((uint16_t)d->cfg.port)))
		return;
	/* The configuration has another one now. */
	if (d->port_fd >= 0)
		(void)close(d->port_fd);
	d->port_fd = beat_hold_port(htons((uint16_t)d->cfg.port), &ignored);
}

static void tell_status(const struct daemon *d)
{
	struct ipt_self self;

	if (kern_self_get(d->k, &self))
		return;
	self.flags = (uint8_t)((self.flags & ~IPT_SELF_NO_PORT) |
			       (d->port_fd < 0 ? IPT_SELF_NO_PORT : 0));
	(void)kern_self_set(d->k, &self);
}

void port_look(struct daemon *d)
{
	struct err e;

	if (d->port_fd >= 0)
		return;
	d->port_fd = beat_hold_port(htons((uint16_t)d->cfg.port), &e);
	if (d->port_fd < 0 && !d->port_told)
		edge_alarm(d, NULL, "%s: another program has it; tried again each second", e.text);
	else if (d->port_fd >= 0 && d->port_told)
		edge_over(d, NULL, "the heartbeat port is ours");
	if (d->port_told != (d->port_fd < 0))
		tell_status(d);
	d->port_told = d->port_fd < 0;
}

void port_pass(const struct daemon *d)
{
	if (d->port_fd >= 0)
		inherit_put_fd(NAME, d->port_fd);
}

void port_close(struct daemon *d)
{
	/* The next attempt goes on with it. */
	if (d->keep_socket)
		port_pass(d);
	else if (d->port_fd >= 0)
		(void)close(d->port_fd);
	d->port_fd = -1;
}
