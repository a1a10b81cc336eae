/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* reload, upgrade: the daemon makes room for another process; done when that one says so. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "ask.h"
#include "base/clock.h"
#include "control/client.h"
#include "control/edge_text.h"
#include "kern/kern.h"

/* The daemon checks all that the next one needs, and may have groups to give up first. */
#define LEAVE_MS 30000
#define COME_NS 10000000000ull
#define RETRY_US 20000
/* A line that came while this program could not read is told again to who asks again. */
#define ASK_AGAIN_NS 1000000000ull

struct change {
	const char *command; /* the edge is called the same */
	char instance[64];
	uint64_t since_ns;
};

/* Is that line the next process's word? Then *ok and the text, if it has one. */
static bool read_word(const struct change *c, const char *line, bool *ok, struct err *text)
{
	struct json_object *o = json_tokener_parse(line), *event, *time, *v;
	bool ours = json_object_object_get_ex(o, "event", &event) &&
		    !strcmp(json_object_get_string(event), c->command) &&
		    json_object_object_get_ex(o, "time_ns", &time) &&
		    json_object_get_uint64(time) > c->since_ns &&
		    json_object_object_get_ex(o, "ok", &v);

	if (ours) {
		*ok = json_object_get_boolean(v);
		(void)err_set(text, 0, "%s: %s", c->command,
			      json_object_object_get_ex(o, "text", &v) ? json_object_get_string(v)
								       : "failed");
	}
	json_object_put(o);
	return ours;
}

/* Listens to one daemon until it hangs up or says the word. */
static bool listen_for(const struct change *c, int fd, uint64_t end_ns, bool *ok, struct err *text)
{
	struct edge_lines lines = {.fd = fd};
	char line[CONTROL_EDGE];
	enum edge_read got = EDGE_READ_NONE;

	while (got != EDGE_READ_END) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		uint64_t now_ns = clock_now_ns();

		if (now_ns >= end_ns)
			return false;
		(void)poll(&pfd, 1, (int)((end_ns - now_ns) / 1000000) + 1);
		while ((got = edge_lines_next(&lines, line)) == EDGE_READ_LINE)
			if (read_word(c, line, ok, text))
				return true;
	}
	return false;
}

static int await_heir(const struct change *c, struct err *e)
{
	uint64_t end_ns = clock_now_ns() + COME_NS;
	bool ok;

	while (clock_now_ns() < end_ns) {
		int fd = client_events(c->instance, CONTROL_KEPT, true);
		uint64_t until_ns = clock_now_ns() + ASK_AGAIN_NS;
		bool heard =
			fd >= 0 && listen_for(c, fd, until_ns < end_ns ? until_ns : end_ns, &ok, e);

		if (fd >= 0)
			close(fd);
		if (heard)
			return ok ? 0 : -EINVAL;
		(void)usleep(RETRY_US);
	}
	return err_set(e, -ETIMEDOUT, "the daemon went away, and none has come in its place");
}

static int change(const struct cmd_ctx *ctx, const char *command, const char *done)
{
	struct change c = {.command = command, .since_ns = clock_now_ns()};
	const struct client_request r = {.command = command};
	struct err e;
	int err;

	if (ctx->argc)
		return CMD_USAGE;
	if (kern_instance(ctx->instance, c.instance, &e))
		return cmd_fail(1, "%s", e.text);
	err = client_ask(c.instance, &r, LEAVE_MS, &e);
	if (err == CLIENT_NO_DAEMON)
		return cmd_fail(1, "'%s' needs the daemon, and none is running", command);
	/* It hangs up without an answer when it is replaced. */
	if (err == -EPIPE)
		err = await_heir(&c, &e);
	return err ? cmd_fail(1, "%s", e.text) : ask_say(ctx, NULL, done);
}

int cmd_reload(const struct cmd_ctx *ctx)
{
	return change(ctx, "reload", "reloaded");
}

int cmd_upgrade(const struct cmd_ctx *ctx)
{
	return change(ctx, "upgrade", "upgraded");
}
