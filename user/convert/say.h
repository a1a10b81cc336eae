/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report: what became of each line. */
#ifndef IPT_CONVERT_SAY_H
#define IPT_CONVERT_SAY_H

#include <stdio.h>
#include "model.h"

/* Of the statement `s`, whose words are quoted. */
__attribute__((format(printf, 4, 5))) void say(struct host *h, const struct stmt *s,
					       enum verdict verdict, const char *fmt, ...);
/* The same, with only its first word: the others may be secret. */
__attribute__((format(printf, 4, 5))) void say_word(struct host *h, const struct stmt *s,
						    enum verdict verdict, const char *fmt, ...);
/* Of the host as a whole. */
__attribute__((format(printf, 3, 4))) void say_host(struct host *h, enum verdict verdict,
						    const char *fmt, ...);
/* All of it, in the order of the lines. */
void say_print(const struct host *h, FILE *f);

#endif
