/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our configuration of a host. */
#ifndef IPT_CONVERT_WRITE_H
#define IPT_CONVERT_WRITE_H

#include <stdio.h>
#include "model.h"

void write_host(struct host *h, FILE *f);

#endif
