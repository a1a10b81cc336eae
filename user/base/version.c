/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Alone, so that a new commit compiles nothing else again. */
#include "version.h"

const char version_name[] = VERSION, version_commit[] = COMMIT;
