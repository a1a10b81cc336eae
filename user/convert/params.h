/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parameters of a keepalived configuration: $NAME=VALUE, $NAME, ${NAME}. */
#ifndef IPT_CONVERT_PARAMS_H
#define IPT_CONVERT_PARAMS_H

#include "lines.h"

/* Takes "$NAME=VALUE" in; false: it is none. */
bool params_define(struct lines *l, const char *text);
void params_set(struct lines *l, const char *name, size_t len, const char *value);
/* The text with each parameter that is known replaced once; NULL: there is none in it. */
char *params_replace(struct lines *l, const char *text);

#endif
