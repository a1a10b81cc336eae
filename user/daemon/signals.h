/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signals come by signalfd only, and none that somebody sends by mistake ends an owner without release. */
#ifndef IPT_SIGNALS_H
#define IPT_SIGNALS_H

struct daemon;

/* Before any thread exists, so that all inherit it. */
void signals_block(void);
/* fd or -1. */
int signals_open(void);
/* What they ask for is begun. */
void signals_fetch(struct daemon *d, int fd);

#endif
