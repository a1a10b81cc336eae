/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Strings of JSON from text that others wrote: a program's last line, a word of a configuration. */
#ifndef IPT_JSON_TEXT_H
#define IPT_JSON_TEXT_H

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "utf8.h"

/* At most `len` bytes of it. NULL, which is null, without memory. */
static inline struct json_object *json_text(const char *text, size_t len)
{
	struct json_object *o = NULL;
	char *copy = strndup(text, len);

	if (copy) {
		utf8_clean(copy);
		o = json_object_new_string(copy);
	}
	free(copy);
	return o;
}

#endif
