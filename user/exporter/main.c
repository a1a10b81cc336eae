/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ip-takeover-exporter: answers one HTTP connection, its standard input, with the metrics of this host, and ends. A socket unit
 * starts it, so no daemon speaks HTTP and nothing runs between two scrapes. libmicrohttpd does the HTTP.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include "status/metrics.h"

#define IDLE_SECONDS 10
#define WHOLE_SECONDS 30 /* whatever the other side does */
#define MEMORY 16384 /* of the request */

#define OPENMETRICS "application/openmetrics-text"

static int usage(const char *why)
{
	(void)fprintf(stderr,
		      "ip-takeover-exporter: %s\nusage: ip-takeover-exporter, with a connection as "
		      "standard input: ip-takeover-exporter.socket starts it, see "
		      "ip-takeover-ctl(8)\n",
		      why);
	return 2;
}

static enum MHD_Result reply(struct MHD_Connection *to, unsigned int status, const char *type,
			     char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(to, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result reply_line(struct MHD_Connection *to, unsigned int status, const char *line)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%s\n", line);

	return reply(to, status, "text/plain; charset=utf-8", text,
		     (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1,
		     MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result reply_metrics(struct MHD_Connection *to)
{
	const char *accept =
		MHD_lookup_connection_value(to, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	bool classic = !accept || !strstr(accept, OPENMETRICS);
	struct metrics_host host;
	struct err e = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (metrics_collect(NULL, &host, &e)) {
		metrics_free(&host);
		return reply_line(to, MHD_HTTP_INTERNAL_SERVER_ERROR, e.text);
	}
	f = open_memstream(&text, &len);
	if (f)
		metrics_print(f, &host, classic);
	metrics_free(&host);
	if (!f || fclose(f)) {
		free(text);
		return reply_line(to, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory");
	}
	return reply(to, MHD_HTTP_OK,
		     classic ? "text/plain; version=0.0.4; charset=utf-8"
			     : OPENMETRICS "; version=1.0.0; charset=utf-8",
		     text, len, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *to, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **seen)
{
	(void)cls;
	(void)version;
	(void)upload;
	/* The library asks once for the head alone, then for each piece of a body, then for the answer. */
	if (!*seen) {
		*seen = to;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return reply_line(to, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
	if (!strcmp(url, "/metrics"))
		return reply_metrics(to);
	return reply_line(to, MHD_HTTP_NOT_FOUND, "/metrics is here, and nothing else");
}

static void on_connection(void *done, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	(void)connection;
	(void)context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		*(bool *)done = true;
}

/* Until the connection is closed. */
static int serve(struct MHD_Daemon *http, const bool *done)
{
	while (!*done) {
		MHD_UNSIGNED_LONG_LONG wait_ms;
		struct timeval wait = {.tv_sec = 1};
		fd_set in, out, bad;
		int most = 0;

		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_ZERO(&bad);
		if (MHD_get_fdset(http, &in, &out, &bad, &most) != MHD_YES)
			return 1;
		if (MHD_get_timeout(http, &wait_ms) == MHD_YES && wait_ms < 1000)
			wait = (struct timeval){.tv_usec = (suseconds_t)wait_ms * 1000};
		if (select(most + 1, &in, &out, &bad, &wait) < 0 && errno != EINTR)
			return 1;
		(void)MHD_run_from_select(http, &in, &out, &bad);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage from = {0};
	socklen_t len = sizeof(from);
	struct MHD_Daemon *http;
	bool done = false;
	int status;

	if (argc > 1)
		return usage(argv[1]);
	if (getpeername(STDIN_FILENO, (struct sockaddr *)&from, &len))
		return usage("standard input is no connection");
	(void)alarm(WHOLE_SECONDS);
	http = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, NULL,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, &done, MHD_OPTION_END);
	if (!http ||
	    MHD_add_connection(http, STDIN_FILENO, (struct sockaddr *)&from, len) != MHD_YES) {
		(void)fprintf(stderr, "ip-takeover-exporter: the HTTP library refuses\n");
		return 1;
	}
	status = serve(http, &done);
	MHD_stop_daemon(http);
	return status;
}
