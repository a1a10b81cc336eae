/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A key for the heartbeats. */
#ifndef IPT_GENKEY_H
#define IPT_GENKEY_H

#define GENKEY_LINE 48

/* A line of the key file, for number 1 to 255; the caller wipes it. 0, or -errno. */
int genkey_line(unsigned int number, char line[GENKEY_LINE]);

#endif
