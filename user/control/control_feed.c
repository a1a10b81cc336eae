/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Edges: keeps the last ones, and tells those that follow; nobody waits for a follower that does not read. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "control_int.h"

#define FEED_BUFFER 65536

void feed_close(struct follower *f)
{
	close(f->fd);
	f->fd = -1;
}

/* A peer that has hung up is noticed by the thread's poll. */
static void feed_flush(struct follower *f)
{
	ssize_t n = send(f->fd, f->rest + f->done, f->len - f->done, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		f->done += (unsigned int)n;
}

/* False: it has no room, the line is lost to it. */
static bool feed_send(struct follower *f, const char *line)
{
	if (f->done < f->len)
		feed_flush(f);
	if (f->done < f->len)
		return false;
	f->len = (unsigned int)snprintf(f->rest, sizeof(f->rest), "%.*s\n", CONTROL_EDGE - 2, line);
	f->done = 0;
	feed_flush(f);
	if (f->done)
		return true;
	/* Nothing of it has left: better no line than one that comes when it is old. */
	f->len = 0;
	return false;
}

static void lost_line(char ret[CONTROL_EDGE], uint32_t lost)
{
	(void)snprintf(ret, CONTROL_EDGE, "{\"time_ns\":%llu,\"event\":\"lost\",\"lost\":%u}",
		       (unsigned long long)clock_now_ns(), lost);
}

bool feed_waits(const struct follower *f)
{
	return f->lost || f->done < f->len;
}

void feed_more(struct follower *f)
{
	char lost[CONTROL_EDGE];

	if (!f->lost) {
		feed_flush(f);
		return;
	}
	lost_line(lost, f->lost);
	if (feed_send(f, lost))
		f->lost = 0;
}

static void feed_line(struct follower *f, const char *line)
{
	if (f->lost)
		feed_more(f);
	if (f->lost || !feed_send(f, line))
		f->lost++;
}

/* Room for one more line: it takes the place of the oldest, or of the next one if that is the birth. */
static unsigned int keep_place(struct control *c)
{
	unsigned int at = (c->kept_first + c->kept) % CONTROL_KEPT, next = (at + 1) % CONTROL_KEPT;

	if (c->kept < CONTROL_KEPT) {
		c->kept++;
		return at;
	}
	c->kept_first = next;
	if (at == c->birth) {
		memcpy(c->edge[next], c->edge[at], CONTROL_EDGE);
		c->birth = next;
	}
	return at;
}

static void feed_all(struct control *c, char mark, const char *line)
{
	unsigned int at = keep_place(c);

	(void)snprintf(c->edge[at], CONTROL_EDGE, "%s", line);
	if (mark == EDGE_MARK_BIRTH)
		c->birth = at;
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++)
		if (c->follower[i].fd >= 0)
			feed_line(&c->follower[i], line);
}

void feed_fetch(struct control *c)
{
	char line[1 + CONTROL_EDGE], told[CONTROL_EDGE];
	ssize_t n;

	while ((n = recv(c->edge_out_fd, line, sizeof(line) - 1, MSG_DONTWAIT)) > 0) {
		uint32_t lost = __atomic_exchange_n(&c->edges_lost, 0, __ATOMIC_RELAXED);

		line[n] = '\0';
		if (lost) {
			lost_line(told, lost);
			feed_all(c, EDGE_MARK, told);
		}
		feed_all(c, line[0], line + 1);
	}
}

static void feed_kept(const struct control *c, struct follower *f, unsigned int last)
{
	unsigned int i = last < c->kept ? c->kept - last : 0;

	for (; i < c->kept; i++)
		feed_line(f, c->edge[(c->kept_first + i) % CONTROL_KEPT]);
}

bool feed_add(struct control *c, int fd, const struct control_request *req, const char **wrong)
{
	struct follower once = {.fd = fd}, *f = NULL;
	int room = FEED_BUFFER;

	*wrong = NULL;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!req->follow) {
		feed_kept(c, &once, req->last);
		return false;
	}
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS && !f; i++)
		if (c->follower[i].fd < 0)
			f = &c->follower[i];
	if (!f) {
		*wrong = "too many clients follow events";
		return false;
	}
	*f = (struct follower){.fd = fd};
	feed_kept(c, f, req->last);
	return true;
}
