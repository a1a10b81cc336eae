/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that are new: what was there before is nobody's to overwrite. */
#ifndef IPT_NEW_FILE_H
#define IPT_NEW_FILE_H

#include <sys/types.h>
#include "base/err.h"

struct new_file {
	const char *name, *ending; /* its name is both together */
	const char *text;
	mode_t mode;
};

/* All of them into `dir`, which is made if it is not there, or none. 0, or -errno with which and why. */
int new_files(const char *dir, const struct new_file *files, unsigned int n, struct err *e);

#endif
