/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* watch: the status again and again, with rates and the last events; one screen, or one block a time. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "cmd.h"
#include "control/client.h"
#include "control/edge_text.h"
#include "core/names.h"
#include "kern/kern.h"
#include "status/status.h"

#define WATCH_EVENTS 8
#define WATCH_EVENTS_MS 200

struct watch {
	const struct cmd_ctx *ctx;
	char instance[64];
	unsigned int interval_ms;
	unsigned long count; /* 0: for ever */
	bool screen;
	uint64_t before_ns; /* of these counters; 0: none yet */
	uint64_t before[CNT_MAX];
	struct status now;
};

static bool parse_interval(const char *word, unsigned int *ret_ms)
{
	char *end;
	double seconds = strtod(word, &end);

	if (word[0] < '0' || word[0] > '9' || *end || !(seconds >= 0.1 && seconds <= 3600))
		return false;
	*ret_ms = (unsigned int)(seconds * 1000);
	return true;
}

static bool parse_count(const char *word, unsigned long *ret)
{
	char *end;

	*ret = strtoul(word, &end, 10);
	return word[0] >= '0' && word[0] <= '9' && !*end && strlen(word) < 10 && *ret;
}

/* 0, or the exit status. */
static int parse_words(struct watch *w)
{
	char **argv = w->ctx->argv;

	w->interval_ms = 1000;
	for (int i = 0; i < w->ctx->argc; i += 2) {
		bool interval = !strcmp(argv[i], "--interval");

		if ((!interval && strcmp(argv[i], "--count")) || i + 1 == w->ctx->argc)
			return CMD_USAGE;
		if (interval && !parse_interval(argv[i + 1], &w->interval_ms))
			return cmd_fail(2, "--interval '%s' is not 0.1 to 3600 seconds",
					argv[i + 1]);
		if (!interval && !parse_count(argv[i + 1], &w->count))
			return cmd_fail(2, "--count '%s' is not a number above 0", argv[i + 1]);
	}
	return 0;
}

static void print_events(FILE *f, const char *instance)
{
	struct edge_lines lines = {.fd = client_events(instance, WATCH_EVENTS, false)};
	struct pollfd pfd = {.fd = lines.fd, .events = POLLIN};
	char line[CONTROL_EDGE];
	enum edge_read got = EDGE_READ_NONE;

	if (lines.fd < 0)
		return;
	(void)fprintf(f, "\nEVENTS\n");
	/* A daemon that is stopped listens, and says nothing. */
	while (got != EDGE_READ_END && poll(&pfd, 1, WATCH_EVENTS_MS) > 0)
		while ((got = edge_lines_next(&lines, line)) == EDGE_READ_LINE) {
			struct json_object *edge = json_tokener_parse(line);

			edge_text_print(f, edge);
			(void)fputc('\n', f);
			json_object_put(edge);
		}
	close(lines.fd);
}

static void print_counters(FILE *f, struct watch *w)
{
	double seconds = (double)(w->now.now_ns - w->before_ns) / 1e9;

	(void)fprintf(f, "\n%12s %12s  COUNTER\n", "TOTAL", "PER SECOND");
	for (uint32_t i = 0; i < CNT_MAX; i++) {
		uint64_t n = w->now.counters[i];

		if (!n)
			continue;
		(void)fprintf(f, "%12" PRIu64 " ", n);
		/* Detached and attached again, it counts from 0. */
		if (w->before_ns && n >= w->before[i])
			(void)fprintf(f, "%12.1f", (double)(n - w->before[i]) / seconds);
		else
			(void)fprintf(f, "%12s", "-");
		(void)fprintf(f, "  %s\n", names_counter_text(i));
	}
	memcpy(w->before, w->now.counters, sizeof(w->before));
	w->before_ns = w->now.now_ns;
}

static void print_block(FILE *f, struct watch *w)
{
	status_text_head(f, &w->now);
	if (w->now.ngroups)
		status_text_groups(f, &w->now);
	if (w->now.npeers)
		status_text_peers(f, &w->now);
	if (w->now.nalarms)
		(void)fputc('\n', f);
	status_text_alarms(f, &w->now);
	print_events(f, w->instance);
	print_counters(f, w);
	(void)fputc('\n', f);
}

/* From the top, as far as the screen goes; what was there before is wiped line by line, so nothing flickers. */
static void put_screen(const char *text)
{
	struct winsize size = {0};
	unsigned int rows;

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = size.ws_row > 1 ? size.ws_row : 24;
	(void)fputs("\033[H", stdout);
	while (*text && --rows) {
		size_t len = strcspn(text, "\n");
		size_t shown = size.ws_col && len > size.ws_col ? size.ws_col : len;

		(void)printf("%.*s\033[K\n", (int)shown, text);
		text += len + (text[len] == '\n');
	}
	(void)fputs("\033[J", stdout);
}

static int show(struct watch *w)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (w->ctx->json) {
		status_print_json(&w->now);
		return 0;
	}
	f = open_memstream(&text, &size);
	if (!f)
		return cmd_fail(1, "out of memory");
	print_block(f, w);
	if (fclose(f)) {
		free(text);
		return cmd_fail(1, "out of memory");
	}
	if (w->screen)
		put_screen(text);
	else
		(void)fputs(text, stdout);
	free(text);
	return 0;
}

/* 0 or -errno. The maps are opened each time: the instance may come and go. */
static int collect(struct watch *w, struct err *e)
{
	struct kern *k = NULL;
	int err = kern_open(&k, w->instance, e);

	if (err)
		return err;
	err = status_collect(k, w->instance, &w->now, e);
	kern_close(k);
	return err;
}

static int look(struct watch *w, bool first)
{
	struct err e = {0};
	int status = 0;

	memset(&w->now, 0, sizeof(w->now));
	if (!collect(w, &e))
		status = show(w);
	else if (first)
		status = cmd_fail(1, "%s", e.text);
	else if (w->ctx->json)
		status = cmd_fail(0, "%s", e.text);
	else
		(void)printf("%s%s%s\n", w->screen ? "\033[H" : "", e.text,
			     w->screen ? "\033[J" : "\n");
	status_free(&w->now);
	return fflush(stdout) ? 1 : status;
}

int cmd_watch(const struct cmd_ctx *ctx)
{
	static struct watch w;
	struct pollfd out = {.fd = STDOUT_FILENO};
	struct err e;
	int status;

	w.ctx = ctx;
	status = parse_words(&w);
	if (status)
		return status;
	if (kern_instance(ctx->instance, w.instance, &e))
		return cmd_fail(1, "%s", e.text);
	w.screen = !ctx->json && isatty(STDOUT_FILENO);
	for (unsigned long n = 1;; n++) {
		status = look(&w, n == 1);
		if (status || n == w.count)
			return status;
		/* Nobody reads it any more: the end. */
		if (poll(&out, 1, (int)w.interval_ms) > 0 && out.revents & (POLLERR | POLLHUP))
			return 0;
	}
}
