/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The thread of /run/ip-takeover/INSTANCE.sock: one JSON object a line in, one out, or edges as they come. */
#include "control.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json_text.h"
#include "control_int.h"

/* A connection that has not sent its whole line by then is closed. */
#define CONTROL_IDLE_NS 3000000000ull

static void client_close(struct client *cl)
{
	close(cl->fd);
	cl->fd = -1;
}

static void answer_fd(int fd, bool ok, const char *text)
{
	struct json_object *o = json_object_new_object();
	const char *line;

	json_object_object_add(o, "ok", json_object_new_boolean(ok));
	json_object_object_add(o, "text", json_text(text, strlen(text)));
	line = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	/* A client that does not read its one line has lost it. */
	if (send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		(void)send(fd, "\n", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	json_object_put(o);
}

static void client_answer(struct client *cl, bool ok, const char *text)
{
	answer_fd(cl->fd, ok, text);
	client_close(cl);
}

static void client_events(struct control *c, struct client *cl, const struct control_request *req)
{
	const char *wrong;

	if (feed_add(c, cl->fd, req, &wrong))
		cl->fd = -1;
	else if (wrong)
		client_answer(cl, false, wrong);
	else
		client_close(cl);
}

static void client_line(struct control *c, struct client *cl)
{
	struct control_request req = {.client = cl->id};
	const char *wrong = control_parse(cl->line, &req);

	cl->asked = true;
	if (wrong)
		client_answer(cl, false, wrong);
	else if (req.command == CONTROL_EVENTS)
		client_events(c, cl, &req);
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
	end = memchr(cl->line, '\n', cl->len);
	if (end && memchr(cl->line, '\0', (size_t)(end - cl->line))) {
		client_answer(cl, false, "not a JSON object");
	} else if (end) {
		*end = '\0';
		client_line(c, cl);
	} else if (cl->len == CONTROL_LINE - 1) {
		client_answer(cl, false, "request too long");
	}
}

/* Whoever says nothing gives way: idle connections must not keep out one that has something to ask. */
static struct client *find_room(struct control *c)
{
	struct client *oldest = NULL;

	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *cl = &c->client[i];

		if (cl->fd < 0)
			return cl;
		if (!cl->asked && (!oldest || cl->since_ns < oldest->since_ns))
			oldest = cl;
	}
	if (oldest)
		client_close(oldest);
	return oldest;
}

static void client_accept(struct control *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *cl;

	if (fd < 0)
		return;
	cl = find_room(c);
	if (cl) {
		*cl = (struct client){.fd = fd, .id = ++c->next_id, .since_ns = clock_now_ns()};
		return;
	}
	answer_fd(fd, false, "too many clients wait for an answer");
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

enum { FD_ANSWERS, FD_EDGES, FD_LISTEN, FD_CLIENTS, FD_FOLLOWERS = FD_CLIENTS + CONTROL_CLIENTS };
#define FDS (FD_FOLLOWERS + CONTROL_FOLLOWERS)

/* Fills the set; returns poll's time-out. */
static int watch_all(const struct control *c, struct pollfd fds[FDS])
{
	uint64_t now_ns = clock_now_ns(), wait_ns = UINT64_MAX;

	fds[FD_ANSWERS] = (struct pollfd){.fd = c->thread_fd, .events = POLLIN};
	fds[FD_EDGES] = (struct pollfd){.fd = c->edge_out_fd, .events = POLLIN};
	fds[FD_LISTEN] = (struct pollfd){.fd = c->listen_fd, .events = POLLIN};
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *cl = &c->client[i];
		uint64_t end_ns = cl->since_ns + CONTROL_IDLE_NS;

		/* One that waits for its answer has nothing more to say; if it goes, poll tells. */
		fds[FD_CLIENTS + i] =
			(struct pollfd){.fd = cl->fd, .events = cl->asked ? 0 : POLLIN};
		if (cl->fd < 0 || cl->asked)
			continue;
		if (end_ns <= now_ns)
			wait_ns = 0;
		else if (end_ns - now_ns < wait_ns)
			wait_ns = end_ns - now_ns;
	}
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++)
		fds[FD_FOLLOWERS + i] = (struct pollfd){
			.fd = c->follower[i].fd,
			.events = feed_waits(&c->follower[i]) ? POLLOUT : 0,
		};
	return wait_ns == UINT64_MAX ? -1 : (int)(wait_ns / 1000000) + 1;
}

static void serve_clients(struct control *c, const struct pollfd *fds)
{
	uint64_t now_ns = clock_now_ns();

	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *cl = &c->client[i];

		if (cl->fd < 0 || cl->fd != fds[i].fd)
			continue;
		if (fds[i].revents & POLLIN)
			client_read(c, cl);
		else if (fds[i].revents)
			client_close(cl);
		else if (!cl->asked && now_ns >= cl->since_ns + CONTROL_IDLE_NS)
			client_close(cl);
	}
}

static void serve_followers(struct control *c, const struct pollfd *fds)
{
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++) {
		struct follower *f = &c->follower[i];

		if (f->fd < 0 || f->fd != fds[i].fd || !fds[i].revents)
			continue;
		if (fds[i].revents & (POLLHUP | POLLERR))
			feed_close(f);
		else
			feed_more(f);
	}
}

bool control_turn(struct control *c, bool wait)
{
	struct pollfd fds[FDS];
	int timeout_ms = watch_all(c, fds);

	if (poll(fds, FDS, wait ? timeout_ms : 0) < 0)
		return errno == EINTR;
	if (fds[FD_EDGES].revents)
		feed_fetch(c);
	if (fds[FD_ANSWERS].revents && !pass_answers(c)) {
		feed_fetch(c); /* the last ones come just before the end */
		return false;
	}
	serve_clients(c, fds + FD_CLIENTS);
	serve_followers(c, fds + FD_FOLLOWERS);
	if (fds[FD_LISTEN].revents)
		client_accept(c);
	return true;
}

void *control_thread(void *control)
{
	while (control_turn(control, true))
		;
	return NULL;
}
