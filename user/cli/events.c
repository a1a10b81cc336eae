/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events: edges from the daemon as they happen, also when another daemon takes its place. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "cmd.h"
#include "control/client.h"
#include "control/edge_text.h"
#include "kern/kern.h"

#define EVENTS_GONE_NS 5000000000ull
#define EVENTS_RETRY_US 50000

struct events {
	const struct cmd_ctx *ctx;
	char instance[64];
	unsigned int last;
	bool again; /* a daemon was there before: of the next one, which has told nothing yet, all is news */
};

static bool parse_last(const char *word, unsigned int *ret)
{
	unsigned long n;
	char *end;

	n = strtoul(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end || n > CONTROL_KEPT)
		return false;
	*ret = (unsigned int)n;
	return true;
}

/* Exit status to end with, or -1 to go on. */
static int tell(struct events *ev, const char *line)
{
	struct json_object *o = json_tokener_parse(line), *v;

	if (!json_object_object_get_ex(o, "event", NULL)) {
		bool refused = json_object_object_get_ex(o, "text", &v);

		(void)cmd_fail(1, "%s",
			       refused ? json_object_get_string(v) : "the daemon talks nonsense");
		json_object_put(o);
		return 1;
	}
	if (ev->ctx->json) {
		(void)puts(line);
	} else {
		edge_text_print(stdout, o);
		(void)putchar('\n');
	}
	json_object_put(o);
	/* Whoever reads this wants it now; if nobody does any more, that is the end. */
	return fflush(stdout) ? 0 : -1;
}

/* Until the daemon hangs up. Exit status, or -1. */
static int follow(struct events *ev, int fd)
{
	struct edge_lines lines = {.fd = fd};
	char line[CONTROL_EDGE];
	int status = -1;

	while (status < 0) {
		struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
		enum edge_read got;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cmd_fail(1, "poll: %s", strerror(errno));
		if (fds[1].revents & POLLERR)
			return 0;
		while (status < 0 && (got = edge_lines_next(&lines, line)) == EDGE_READ_LINE)
			status = tell(ev, line);
		if (status < 0 && got == EDGE_READ_END)
			break;
	}
	return status;
}

/* A daemon that is being replaced is away for a moment. fd, or -errno. */
static int reach(const struct events *ev)
{
	uint64_t end_ns = clock_now_ns() + EVENTS_GONE_NS;
	int fd;

	for (;;) {
		if (ev->again)
			(void)usleep(EVENTS_RETRY_US);
		fd = client_events(ev->instance, ev->again ? CONTROL_KEPT : ev->last, true);
		if (fd >= 0 || !ev->again || clock_now_ns() > end_ns)
			return fd;
	}
}

int cmd_events(const struct cmd_ctx *ctx)
{
	struct events ev = {.ctx = ctx};
	int fd, status = -1;
	struct err e;

	if (ctx->argc && (ctx->argc != 2 || strcmp(ctx->argv[0], "--last")))
		return CMD_USAGE;
	if (ctx->argc && !parse_last(ctx->argv[1], &ev.last))
		return cmd_fail(2, "--last '%s' is not 0 to %d", ctx->argv[1], CONTROL_KEPT);
	if (kern_instance(ctx->instance, ev.instance, &e))
		return cmd_fail(1, "%s", e.text);
	while (status < 0) {
		fd = reach(&ev);
		if (fd < 0 && ev.again)
			return cmd_fail(1, "the daemon is gone");
		if (fd == -ECONNREFUSED || fd == -ENOENT)
			return cmd_fail(1, "'events' needs the daemon, and none is running");
		if (fd < 0)
			return cmd_fail(1, "control socket: %s", strerror(-fd));
		ev.again = true;
		status = follow(&ev, fd);
		close(fd);
	}
	return status;
}
