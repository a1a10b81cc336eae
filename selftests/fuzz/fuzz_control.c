/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The control socket's server, turn by turn: many clients that connect, write pieces of requests, read or not,
 * hang up, and a loop that answers, or does not. What reaches the loop is well formed, and nothing leaks.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/control_int.h"
#include "fuzz.h"

#define PEOPLE 48 /* more than the server has room for */
#define ACTS 400

struct room {
	struct control *c;
	int fd[PEOPLE];
	uint32_t waiting[CONTROL_CLIENTS]; /* requests that the loop has and has not answered */
	unsigned int nwaiting;
};

static char address[32];

static void connect_one(struct room *r, unsigned int who)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (r->fd[who] >= 0)
		close(r->fd[who]);
	r->fd[who] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	FUZZ_MUST(r->fd[who] >= 0);
	memcpy(sa.sun_path, address, sizeof(address));
	(void)connect(r->fd[who], (struct sockaddr *)&sa, sizeof(sa));
}

static void write_some(struct room *r, unsigned int who, struct fuzz_in *in)
{
	size_t len = fuzz_byte(in);

	len = len > in->left ? in->left : len;
	if (r->fd[who] >= 0)
		(void)send(r->fd[who], in->at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	in->at += len;
	in->left -= len;
}

/* A name that its commands could not have: the parser let something through. */
static void must_be_request(const struct control_request *req)
{
	FUZZ_MUST(req->command < CONTROL_COMMANDS && req->command != CONTROL_EVENTS);
	FUZZ_MUST(memchr(req->group, '\0', sizeof(req->group)));
	FUZZ_MUST(memchr(req->to, '\0', sizeof(req->to)));
	FUZZ_MUST(req->priority <= 254);
}

static void loop_reads(struct room *r)
{
	struct control_request req;

	while (r->nwaiting < CONTROL_CLIENTS && control_next(r->c, &req)) {
		must_be_request(&req);
		r->waiting[r->nwaiting++] = req.client;
	}
}

static void loop_answers(struct room *r, struct fuzz_in *in)
{
	struct control_answer answer = {.ok = fuzz_byte(in) & 1};
	unsigned int which;

	if (!r->nwaiting)
		return;
	which = fuzz_below(in, r->nwaiting);
	answer.client = r->waiting[which];
	r->waiting[which] = r->waiting[--r->nwaiting];
	memset(answer.text, fuzz_byte(in), fuzz_byte(in));
	control_answer(r->c, &answer);
}

static void tell(struct room *r, struct fuzz_in *in)
{
	char line[CONTROL_EDGE + 64];

	memset(line, 'e', sizeof(line));
	line[fuzz_bytes(in, 2) % sizeof(line)] = '\0';
	line[sizeof(line) - 1] = '\0';
	control_tell(r->c, line);
}

static void read_some(struct room *r, unsigned int who)
{
	char sink[4096];

	if (r->fd[who] >= 0)
		(void)recv(r->fd[who], sink, sizeof(sink), MSG_DONTWAIT);
}

static void hang_up(struct room *r, unsigned int who)
{
	if (r->fd[who] >= 0)
		close(r->fd[who]);
	r->fd[who] = -1;
}

/* The sanitizer does not see one field of a struct run over into the next. */
static void must_be_sound(const struct control *c)
{
	FUZZ_MUST(c->kept <= CONTROL_KEPT && c->kept_first < CONTROL_KEPT);
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		FUZZ_MUST(c->client[i].len < CONTROL_LINE && c->client[i].fd >= -1);
	for (unsigned int i = 0; i < CONTROL_FOLLOWERS; i++) {
		const struct follower *f = &c->follower[i];

		FUZZ_MUST(f->fd >= -1 && f->done <= f->len && f->len < CONTROL_EDGE);
	}
}

static void act(struct room *r, struct fuzz_in *in)
{
	uint8_t what = fuzz_byte(in);
	unsigned int who = fuzz_below(in, PEOPLE);

	switch (what % 8) {
	case 0:
		connect_one(r, who);
		break;
	case 1:
	case 2:
		write_some(r, who, in);
		break;
	case 3:
		hang_up(r, who);
		break;
	case 4:
		read_some(r, who);
		break;
	case 5:
		loop_reads(r);
		break;
	case 6:
		loop_answers(r, in);
		break;
	case 7:
		tell(r, in);
		break;
	}
	if (!(what & 0x80)) /* some of the time several things have happened when it wakes */
		return;
	FUZZ_MUST(control_turn(r->c, false));
	must_be_sound(r->c);
}

/* Names of abstract sockets are in nobody's way, and gone with the process. */
static void room_open(struct room *r)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct err e;

	FUZZ_MUST(control_new(&r->c, &e) == 0);
	r->c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	FUZZ_MUST(r->c->listen_fd >= 0);
	(void)snprintf(address + 1, sizeof(address) - 1, "ipt-fuzz-%d", getpid());
	memcpy(sa.sun_path, address, sizeof(address));
	FUZZ_MUST(bind(r->c->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	FUZZ_MUST(listen(r->c->listen_fd, 16) == 0);
	for (unsigned int i = 0; i < PEOPLE; i++)
		r->fd[i] = -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_in in = {bytes, size};
	struct room r = {.c = NULL};

	room_open(&r);
	for (unsigned int i = 0; i < ACTS && in.left; i++)
		act(&r, &in);
	loop_reads(&r);
	FUZZ_MUST(control_turn(r.c, false));
	for (unsigned int i = 0; i < PEOPLE; i++)
		hang_up(&r, i);
	control_stop(r.c);
	return 0;
}
