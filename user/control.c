/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns /run/ip-takeover/INSTANCE.sock: one JSON object a line in, one out. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "thread.h"

#define CONTROL_DIR "/run/ip-takeover"
#define CONTROL_CLIENTS 32
#define CONTROL_LINE 1024

struct client {
	int fd; /* -1: free */
	uint32_t id;
	unsigned int len;
	char line[CONTROL_LINE];
};

struct control {
	pthread_t thread;
	bool serving;
	int listen_fd, lock_fd;
	int loop_fd, thread_fd; /* two ends of one packet socket */
	uint32_t next_id;
	char path[108];
	struct client client[CONTROL_CLIENTS];
};

static const char *const command_names[] = {
	[CONTROL_TAKE] = "take",
	[CONTROL_RELEASE] = "release",
	[CONTROL_ANNOUNCE] = "announce",
	[CONTROL_DETACH] = "detach",
};

int control_path(const char *instance, char *path, unsigned int size)
{
	int n = snprintf(path, size, CONTROL_DIR "/%s.sock", instance);

	return n < 0 || (unsigned int)n >= size ? -ENAMETOOLONG : 0;
}

static void client_close(struct client *cl)
{
	close(cl->fd);
	cl->fd = -1;
}

static void client_answer(struct client *cl, bool ok, const char *text)
{
	struct json_object *o = json_object_new_object();
	char line[512];
	int n;

	json_object_object_add(o, "ok", json_object_new_boolean(ok));
	json_object_object_add(o, "text", json_object_new_string(text));
	n = snprintf(line, sizeof(line), "%s\n",
		     json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	/* A client that does not read its one line has lost it. */
	(void)send(cl->fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	client_close(cl);
}

/* NULL, or what is wrong with the line. */
static const char *parse_request(const char *line, struct control_request *req)
{
	struct json_object *o = json_tokener_parse(line), *v;
	const char *wrong = NULL;

	if (!o || !json_object_is_type(o, json_type_object)) {
		wrong = "not a JSON object";
	} else if (!json_object_object_get_ex(o, "command", &v)) {
		wrong = "\"command\" is missing";
	} else {
		const char *name = json_object_get_string(v);

		wrong = "unknown command";
		for (unsigned int i = 0; i < sizeof(command_names) / sizeof(*command_names); i++)
			if (name && !strcmp(name, command_names[i])) {
				req->command = (enum control_command)i;
				wrong = NULL;
			}
	}
	if (!wrong && json_object_object_get_ex(o, "group", &v) && json_object_get_string(v)) {
		if (json_object_get_string_len(v) >= IPT_NAME_LEN)
			wrong = "group name too long";
		else
			strcpy(req->group, json_object_get_string(v));
	}
	if (!wrong && json_object_object_get_ex(o, "force", &v))
		req->force = json_object_get_boolean(v);
	json_object_put(o);
	return wrong;
}

static void client_line(struct control *c, struct client *cl)
{
	struct control_request req = {.client = cl->id};
	const char *wrong = parse_request(cl->line, &req);

	if (wrong)
		client_answer(cl, false, wrong);
	else if (send(c->thread_fd, &req, sizeof(req), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		client_answer(cl, false, "the daemon is busy");
}

static void client_read(struct control *c, struct client *cl)
{
	ssize_t n = recv(cl->fd, cl->line + cl->len, CONTROL_LINE - 1 - cl->len, MSG_DONTWAIT);
	char *end;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			client_close(cl);
		return;
	}
	cl->len += (unsigned int)n;
	cl->line[cl->len] = '\0';
	end = memchr(cl->line, '\n', cl->len);
	if (end) {
		*end = '\0';
		cl->len = 0;
		client_line(c, cl);
	} else if (cl->len == CONTROL_LINE - 1) {
		client_answer(cl, false, "request too long");
	}
}

static void client_accept(struct control *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd < 0) {
			c->client[i] = (struct client){.fd = fd, .id = ++c->next_id};
			return;
		}
	close(fd);
}

/* False: the loop has hung up. */
static bool pass_answers(struct control *c)
{
	struct control_answer answer;
	ssize_t n;

	while ((n = recv(c->thread_fd, &answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
			if (c->client[i].fd >= 0 && c->client[i].id == answer.client)
				client_answer(&c->client[i], answer.ok, answer.text);
	return n < 0;
}

static void *control_thread(void *arg)
{
	struct control *c = arg;
	struct pollfd fds[CONTROL_CLIENTS + 2];

	for (;;) {
		fds[0] = (struct pollfd){.fd = c->thread_fd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = c->listen_fd, .events = POLLIN};
		for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
			fds[i + 2] = (struct pollfd){.fd = c->client[i].fd, .events = POLLIN};
		if (poll(fds, CONTROL_CLIENTS + 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents && !pass_answers(c))
			return NULL;
		for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
			if (fds[i + 2].revents && c->client[i].fd == fds[i + 2].fd &&
			    c->client[i].fd >= 0)
				client_read(c, &c->client[i]);
		if (fds[1].revents)
			client_accept(c);
	}
}

/* Held as long as the daemon lives. A file that was unlinked between open and lock protects nothing. */
static int control_lock(struct control *c, const char *lock)
{
	struct stat mine, there;

	for (;;) {
		c->lock_fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		if (c->lock_fd < 0)
			return -errno;
		if (flock(c->lock_fd, LOCK_EX | LOCK_NB))
			return -EADDRINUSE;
		if (!fstat(c->lock_fd, &mine) && !stat(lock, &there) && mine.st_ino == there.st_ino)
			return 0;
		close(c->lock_fd);
	}
}

static int control_listen(struct control *c, const char *instance, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char lock[120];
	int err;

	if (control_path(instance, c->path, sizeof(c->path)))
		return err_set(e, -ENAMETOOLONG, "instance name too long: '%s'", instance);
	if (mkdir(CONTROL_DIR, 0700) && errno != EEXIST)
		return err_set(e, -errno, CONTROL_DIR ": %s", strerror(errno));
	(void)snprintf(lock, sizeof(lock), "%s.lock", c->path);
	err = control_lock(c, lock);
	if (err == -EADDRINUSE)
		return err_set(e, err, "a daemon of instance '%s' is running already", instance);
	if (err)
		return err_set(e, err, "%s: %s", lock, strerror(-err));
	strcpy(sa.sun_path, c->path);
	/* Ours by the lock: what lies there belongs to a daemon that died. */
	(void)unlink(c->path);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listen_fd < 0)
		return err_set(e, -errno, "control socket: %s", strerror(errno));
	if (bind(c->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) || chmod(c->path, 0600) ||
	    listen(c->listen_fd, 16)) {
		err = errno;
		return err_set(e, -err, "%s: %s", c->path, strerror(err));
	}
	return 0;
}

void control_leave(struct control *c)
{
	char lock[120];

	/* Listening means that the lock was ours. */
	if (c->listen_fd >= 0 && c->lock_fd >= 0) {
		(void)unlink(c->path);
		(void)snprintf(lock, sizeof(lock), "%s.lock", c->path);
		(void)unlink(lock);
	}
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	c->lock_fd = -1;
}

static void control_free(struct control *c)
{
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			client_close(&c->client[i]);
	control_leave(c);
	if (c->listen_fd >= 0)
		close(c->listen_fd);
	if (c->thread_fd >= 0)
		close(c->thread_fd);
	if (c->loop_fd >= 0)
		close(c->loop_fd);
	free(c);
}

int control_open(struct control **ret, const char *instance, struct err *e)
{
	struct control *c = calloc(1, sizeof(*c));
	int err, pair[2];

	if (!c)
		return err_set(e, -ENOMEM, "control socket: out of memory");
	c->listen_fd = c->lock_fd = c->loop_fd = c->thread_fd = -1;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	err = control_listen(c, instance, e);
	if (err)
		goto out;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)) {
		err = err_set(e, -errno, "control socket: %s", strerror(errno));
		goto out;
	}
	c->loop_fd = pair[0];
	c->thread_fd = pair[1];
	*ret = c;
	return 0;
out:
	control_free(c);
	return err;
}

int control_serve(struct control *c, struct err *e)
{
	int err = thread_start(&c->thread, "ipt-control", THREAD_ORDINARY, control_thread, c);

	if (err)
		return err_set(e, err, "control thread: %s", strerror(-err));
	c->serving = true;
	return 0;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	/* The thread passes what has been answered, then sees the end. */
	(void)shutdown(c->loop_fd, SHUT_RDWR);
	if (c->serving)
		pthread_join(c->thread, NULL);
	control_free(c);
}

int control_fd(struct control *c)
{
	return c->loop_fd;
}

bool control_next(struct control *c, struct control_request *ret)
{
	return recv(c->loop_fd, ret, sizeof(*ret), MSG_DONTWAIT) == (ssize_t)sizeof(*ret);
}

void control_answer(struct control *c, const struct control_answer *answer)
{
	(void)send(c->loop_fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_NOSIGNAL);
}
