/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which build this is: scripts/version.sh. */
#ifndef IPT_VERSION_H
#define IPT_VERSION_H

extern const char version_name[], version_commit[];

#endif
