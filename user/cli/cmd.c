/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a command ends: what it says, and to whom. */
#include "cmd.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/json_text.h"

bool cmd_json;

static void print_json(const char *key, const char *text)
{
	struct json_object *o = json_object_new_object();

	(void)json_object_object_add(o, key, json_text(text, strlen(text)));
	(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	(void)json_object_put(o);
}

int cmd_fail(int status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "ip-takeover-ctl: %s\n", text);
	if (cmd_json)
		print_json("error", text);
	return status;
}

int cmd_done(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (cmd_json)
		print_json("done", text);
	else
		(void)puts(text);
	return 0;
}

int cmd_usage(const char *name, const char *args)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "usage: ip-takeover-ctl %s%s%s", name, *args ? " " : "",
		       args);
	(void)fprintf(stderr, "%s\n", text);
	if (cmd_json)
		print_json("error", text);
	return 2;
}
