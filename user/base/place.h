/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directories in which others may have put something before us: entered one level at a time, no link followed, and
 * believed only where nobody but root and ourselves can have made what lies there.
 */
#ifndef IPT_PLACE_H
#define IPT_PLACE_H

#include <stdbool.h>
#include "err.h"

/* Directory `name` of `parent`, an absolute path, where the others may write if it is sticky. With `make` it is made,
 * 0700, if it is not there. An fd, or -errno; -ENOENT: no such directory. */
int place_enter(const char *parent, const char *name, bool make, struct err *e);
/* Directory `name` below the one that is open as `at`; `path` is for the error. */
int place_open(int at, const char *name, const char *path, struct err *e);
/* Takes its lock. Each process that has it may keep it for `seconds`; one that does so longer is named. 0 or -EBUSY. */
int place_lock(int fd, const char *path, unsigned int seconds, struct err *e);
/* Unlinks the files whose names are `ours`, nothing else, and the directory. Not there: 0. */
int place_remove(int at, const char *name, const char *path, bool (*ours)(const char *name),
		 struct err *e);

#endif
