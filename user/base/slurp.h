/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small file, whole in memory. */
#ifndef IPT_SLURP_H
#define IPT_SLURP_H

#include <stddef.h>
#include "err.h"

/* Reads all of the regular file `fd` into fresh memory, NUL appended. 0, or -errno with "PATH: why". */
int slurp(const char *path, int fd, size_t limit, char **ret, size_t *ret_len, struct err *e);

#endif
