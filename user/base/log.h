/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's log: lines go through a ring to a thread, so that a full pipe never holds up a lease. */
#ifndef IPT_LOG_H
#define IPT_LOG_H

#include "err.h"

/* Before log_start() and after log_stop() lines are written directly. */
int log_start(struct err *e);
/* What was said is written, as far as somebody reads it within two seconds. */
void log_stop(void);
/* Waits until what was said has been written, but not long: before a process is replaced. */
void log_flush(void);
/* One line, "[SECONDS of CLOCK_BOOTTIME] TEXT", to standard error. When the ring is full the line is
 * counted and the count is logged later. */
__attribute__((format(printf, 1, 2))) void log_line(const char *fmt, ...);

#endif
