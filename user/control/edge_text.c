/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Edges as people read them. */
#include "edge_text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum edge_read edge_lines_next(struct edge_lines *l, char line[CONTROL_EDGE])
{
	char *end = memchr(l->bytes, '\n', l->len);
	ssize_t n;
	size_t used;

	if (!end) {
		n = recv(l->fd, l->bytes + l->len, sizeof(l->bytes) - l->len, MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? EDGE_READ_NONE : EDGE_READ_END;
		if (n == 0)
			return EDGE_READ_END;
		l->len += (unsigned int)n;
		end = memchr(l->bytes, '\n', l->len);
	}
	if (!end)
		return l->len < sizeof(l->bytes) ? EDGE_READ_NONE : EDGE_READ_END;
	*end = '\0';
	used = (size_t)(end + 1 - l->bytes);
	(void)snprintf(line, CONTROL_EDGE, "%.*s", CONTROL_EDGE - 1, l->bytes);
	l->len -= (unsigned int)used;
	memmove(l->bytes, l->bytes + used, l->len);
	return EDGE_READ_LINE;
}

static const char *text_of(struct json_object *edge, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(edge, key, &v) ? json_object_get_string(v) : NULL;
}

/* Those that have their own place in the line, or are for programs. */
static bool placed(const char *key)
{
	static const char *const keys[] = {"time_ns", "event", "group",	 "peer",       "from",
					   "to",      "text",  "reason", "silence_ns", "late_ns"};

	for (unsigned int i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

void edge_text_print(FILE *f, struct json_object *edge)
{
	const char *group = text_of(edge, "group"), *peer = text_of(edge, "peer");
	const char *from = text_of(edge, "from"), *to = text_of(edge, "to");
	const char *reason = text_of(edge, "reason"), *text = text_of(edge, "text");
	struct json_object *time;
	int64_t time_ns = 0;

	if (json_object_object_get_ex(edge, "time_ns", &time))
		time_ns = json_object_get_int64(time);
	(void)fprintf(f, "[%lld.%06lld] %s", (long long)(time_ns / 1000000000),
		      (long long)(time_ns / 1000 % 1000000), text_of(edge, "event"));
	if (group)
		(void)fprintf(f, " %s", group);
	if (peer)
		(void)fprintf(f, " %s", peer);
	if (from && to)
		(void)fprintf(f, " %s -> %s", from, to);
	json_object_object_foreach(edge, key, v)
	{
		if (!placed(key))
			(void)fprintf(f, " %s=%s", key, json_object_get_string(v));
	}
	if (reason)
		(void)fprintf(f, ": %s", reason);
	if (text)
		(void)fprintf(f, ": %s", text);
}
