/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The running daemon, whole. */
#ifndef IPT_RUN_H
#define IPT_RUN_H

#include "base/err.h"

/* Runs the configuration at `path` until SIGTERM or `detach`. 0: ended in good order; else -errno. */
int run_daemon(const char *path, const char *instance, struct err *e);

#endif
