/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How members of the monitoring group read the pins, which are root's. */
#ifndef IPT_MONITOR_H
#define IPT_MONITOR_H

#define MONITOR_SOCKET "/run/ip-takeover-monitor.sock"

/* A command that only reads, by somebody who is not root: has it answered by MONITOR_SOCKET. Exit status, or -1: nobody there,
 * or not for this user. */
int monitor_ask(int argc, char **argv);

#endif
