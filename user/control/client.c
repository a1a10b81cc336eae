/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks a running daemon, one request a connection. */
#include "client.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "control.h"

/* fd, or -errno; -ECONNREFUSED and -ENOENT: nobody listens; -EAGAIN: too many wait already. */
static int client_connect(const char *instance, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd, err, dir;

	if (control_path(instance, sa.sun_path, sizeof(sa.sun_path)))
		return -ENOENT;
	dir = control_dir(false, e);
	if (dir < 0)
		return dir;
	(void)close(dir);
	/* A daemon that is stopped accepts nobody: once enough of us wait, a blocking connect() would never end. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, -errno, "control socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		err = err_set(e, -errno, "control socket: %s", strerror(errno));
		close(fd);
		return err;
	}
	return fd;
}

bool client_daemon_alive(const char *instance)
{
	struct err ignored;
	int fd = client_connect(instance, &ignored);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EAGAIN;
}

static int send_line(int fd, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	int err = 0;

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		err = -errno;
	json_object_put(o);
	return err;
}

static int client_send(int fd, const struct client_request *r)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "command", json_object_new_string(r->command));
	if (r->group)
		json_object_object_add(o, "group", json_object_new_string(r->group));
	if (r->to)
		json_object_object_add(o, "to", json_object_new_string(r->to));
	if (r->force)
		json_object_object_add(o, "force", json_object_new_boolean(true));
	if (r->has_priority)
		json_object_object_add(o, "priority", json_object_new_int((int)r->priority));
	return send_line(fd, o);
}

int client_events(const char *instance, unsigned int last, bool follow)
{
	struct json_object *o;
	struct err ignored;
	int err, fd = client_connect(instance, &ignored);

	if (fd < 0)
		return fd;
	o = json_object_new_object();
	json_object_object_add(o, "command", json_object_new_string("events"));
	json_object_object_add(o, "last", json_object_new_int((int)last));
	json_object_object_add(o, "follow", json_object_new_boolean(follow));
	err = send_line(fd, o);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Reads up to the end of the line or of the connection. Length, or -errno. */
static int client_receive(int fd, char *line, size_t size, unsigned int timeout_ms)
{
	uint64_t end_ns = clock_now_ns() + timeout_ms * 1000000ull;
	size_t len = 0;

	while (len + 1 < size) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		uint64_t now_ns = clock_now_ns();
		ssize_t n;

		if (now_ns >= end_ns)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, (int)((end_ns - now_ns) / 1000000) + 1) <= 0)
			continue;
		n = recv(fd, line + len, size - 1 - len, 0);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
		if (len && line[len - 1] == '\n')
			break;
	}
	line[len] = '\0';
	return (int)len;
}

static int client_result(const char *line, struct err *e)
{
	struct json_object *o = json_tokener_parse(line), *ok, *text;
	int err = -EPIPE;

	if (o && json_object_object_get_ex(o, "ok", &ok) &&
	    json_object_object_get_ex(o, "text", &text)) {
		err = json_object_get_boolean(ok) ? 0 : -EPERM;
		(void)err_set(e, err, "%s", json_object_get_string(text));
	} else {
		(void)err_set(e, err, "the daemon hung up without an answer");
	}
	json_object_put(o);
	return err;
}

int client_ask(const char *instance, const struct client_request *r, unsigned int timeout_ms,
	       struct err *e)
{
	char line[4096];
	int fd, err;

	fd = client_connect(instance, e);
	if (fd == -ECONNREFUSED || fd == -ENOENT)
		return CLIENT_NO_DAEMON;
	if (fd == -EAGAIN)
		return err_set(e, fd, "the daemon answers nobody: stopped or starved");
	if (fd < 0)
		return fd;
	err = client_send(fd, r);
	if (err) {
		(void)err_set(e, err, "control socket: %s", strerror(-err));
		goto out;
	}
	err = client_receive(fd, line, sizeof(line), timeout_ms);
	if (err == -ETIMEDOUT)
		(void)err_set(e, err, "the daemon did not finish within %u s", timeout_ms / 1000);
	else if (err < 0)
		(void)err_set(e, err, "control socket: %s", strerror(-err));
	else
		err = client_result(line, e);
out:
	close(fd);
	return err;
}
