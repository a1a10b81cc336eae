/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One error text on its way up: doors fill it, the command that asked prints it, once. */
#ifndef IPT_ERR_H
#define IPT_ERR_H

#include <stdarg.h>
#include <stdio.h>

struct err {
	char text[512];
};

/* Stores the text and returns `code` (a -errno), so that `return err_set(e, -EINVAL, ...)` reads well. */
__attribute__((format(printf, 3, 4))) static inline int err_set(struct err *e, int code,
								const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

#endif
