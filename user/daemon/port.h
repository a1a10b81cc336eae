/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The UDP port of the heartbeats, held so that nobody else speaks from it by chance. XDP takes heartbeats in and packet
 * sockets send them, so they flow without it too: a stranger who has it is an alarm, and no reason to end.
 */
#ifndef IPT_PORT_H
#define IPT_PORT_H

#include "daemon.h"

/* The socket that a process before has left, or a new one; without a word where neither is to be had. */
void port_open(struct daemon *d);
/* Once a second: tells that it is missing, and tries again. */
void port_look(struct daemon *d);
/* It stays open in the next process, so that nobody takes it in between. */
void port_pass(const struct daemon *d);
void port_close(struct daemon *d);

#endif
