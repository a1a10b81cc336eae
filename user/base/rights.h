/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities, asked for before the work begins: a library that meets a refusal half way may not survive it. */
#ifndef IPT_RIGHTS_H
#define IPT_RIGHTS_H

#include "err.h"

/* Has this process these capabilities (CAP_..., closed by -1)? 0, or -EPERM with the first that is missing by name. */
int rights_need(const int caps[], const char *what, struct err *e);

#endif
